import type { SlicesChart } from '../contract/chart.ts';
import { betterOf, emptySpec, frame, said, withUnit } from './frame.ts';
import { gridBody } from './grid.ts';
import { nameOf } from './labels.ts';
import { rangeOf, toDrawn, toText } from './numbers.ts';
import type { Spec } from './spec.ts';
import type { Look } from './theme.ts';

/** Slices in rows; metrics, or versions, in columns. Metrics have scales of their own, so colour tells within one only. */
export function slicesSpec(chart: SlicesChart, look: Look): Spec {
  const { title, summary, evaluations, slices, slice_count, columns, values } = chart;
  const [first] = columns;
  const ofVersions = evaluations.length > 1;
  const dataset = evaluations[0]?.dataset.name;
  const subtitle = said(
    !ofVersions && evaluations[0] && nameOf(evaluations[0]),
    dataset && `on ${dataset}`,
    ofVersions && first && betterOf(first.metric),
    slices.length < slice_count && `the largest ${slices.length} of ${slice_count} slices`,
  );
  if (slices.length === 0 || !first)
    return emptySpec(look, { title, subtitle, summary }, 'no slices were given with an evaluation');
  const numbers = values.map((row) => row.map(toDrawn));
  const column = (j: number) => numbers.map((row) => row[j] ?? null).filter((value) => value !== null);
  const together = ofVersions ? rangeOf(columns.flatMap((_, j) => column(j))) : undefined;
  const ranges = columns.map((_, j) => together ?? rangeOf(column(j)));
  const cells = numbers.map((row, i) =>
    row.map((value, j) => ({
      shade: shadeOf(value, ranges[j], columns[j]?.metric.direction ?? null),
      told: toText(values[i]?.[j] ?? null),
    })),
  );
  const directed = columns.some(({ metric }) => metric.direction);
  const legend = {
    orient: 'right',
    title: null,
    values: [0, 1],
    labelExpr: directed ? "datum.value < 0.5 ? 'worst' : 'best'" : "datum.value < 0.5 ? 'least' : 'most'",
  };
  return frame(
    look,
    { title, subtitle, summary },
    gridBody(look, {
      rows: slices.map(({ slice, n }) => ({
        name: slice,
        ...(n !== null && { suffix: ` (n=${n.toLocaleString('en-US')})` }),
      })),
      columns: columns.map((one) => (ofVersions ? nameOf(one) : withUnit(one.metric))),
      cells,
      rowTitle: 'slice',
      columnTitle: ofVersions ? 'version' : 'metric',
      legend,
    }),
  );
}

/** 0 for the worst (or the least), 1 for the best. */
function shadeOf(
  value: number | null,
  range: [number, number] | undefined,
  direction: 'higher' | 'lower' | null,
): number | null {
  if (value === null || !range) return null;
  const half = range[1] / 2 - range[0] / 2;
  const share = half === 0 ? 0.5 : (value / 2 - range[0] / 2) / half;
  return direction === 'lower' ? 1 - share : share;
}
