import type { CurveChart } from '../contract/chart.ts';
import { emptySpec, fitted, frame, said } from './frame.ts';
import { ofVersions, toDistinct, versionLabels } from './labels.ts';
import { labelRoom, placeLegend, seriesEncoding } from './series.ts';
import type { Spec } from './spec.ts';
import { COLOURS, type Look, SIZE } from './theme.ts';

const AXES = {
  roc: { x: 'false positive rate', y: 'true positive rate' },
  'precision-recall': { x: 'recall', y: 'precision' },
};

/** A curve for each evaluation that came with one; of ROC with the line of guessing. */
export function curveSpec(chart: CurveChart, asked: Look): Spec {
  const { title, summary, series } = chart;
  const [first] = series;
  const subtitle = said(
    ofVersions(series.map(({ evaluation }) => evaluation)),
    first && `on ${first.evaluation.dataset.name}`,
    chart.chart === 'roc' && first && 'dashed grey: guessing',
  );
  if (!first)
    return emptySpec(asked, { title, subtitle, summary }, 'no points of this curve were given with an evaluation');
  const labels = toDistinct(
    versionLabels(
      series.map(({ evaluation }) => evaluation),
      labelRoom(asked),
      SIZE.label,
    ),
  );
  const { legend, look } = placeLegend(labels, asked);
  const rows = series.flatMap(({ points }, i) =>
    points.map(({ x, y }, order) => ({ series: labels[i] as string, x, y, order })),
  );
  const rate = (field: 'x' | 'y'): Spec => ({
    field,
    type: 'quantitative',
    title: AXES[chart.chart][field],
    scale: { domain: [0, 1], nice: false },
    axis: { tickCount: 6 },
  });
  const guessing = {
    data: { values: [{ x: 0, y: 0, x2: 1, y2: 1 }] },
    mark: { type: 'rule', strokeDash: [4, 4], color: COLOURS[look.theme].muted },
    encoding: { x: rate('x'), y: rate('y'), x2: { field: 'x2' }, y2: { field: 'y2' } },
  };
  return frame(
    look,
    { title, subtitle, summary },
    {
      ...fitted(look),
      layer: [
        ...(chart.chart === 'roc' ? [guessing] : []),
        {
          data: { values: rows },
          mark: { type: 'line', strokeWidth: 1.8, strokeJoin: 'round' },
          encoding: {
            x: rate('x'),
            y: rate('y'),
            order: { field: 'order', type: 'quantitative' },
            ...seriesEncoding(labels, look.theme, legend),
          },
        },
      ],
    },
  );
}
