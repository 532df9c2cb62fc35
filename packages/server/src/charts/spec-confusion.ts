import type { ConfusionChart } from '../contract/chart.ts';
import { emptySpec, frame, said } from './frame.ts';
import { gridBody } from './grid.ts';
import { nameOf } from './labels.ts';
import { toText } from './numbers.ts';
import type { Spec } from './spec.ts';
import type { Look } from './theme.ts';

/** How often each label was taken for each; colour is the share of the actual label. */
export function confusionSpec(chart: ConfusionChart, look: Look): Spec {
  const { title, summary, evaluation, labels, counts } = chart;
  const subtitle = said(
    evaluation && `${nameOf(evaluation)} on ${evaluation.dataset.name}`,
    labels.length > 0 && 'colour: share of the actual label',
  );
  if (labels.length === 0)
    return emptySpec(look, { title, subtitle, summary }, 'no confusion matrix was given with an evaluation');
  const cells = counts.map((row) => {
    const all = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => ({ shade: all === 0 ? 0 : count / all, told: toText(count) }));
  });
  const legend = { orient: 'right', format: '.0%', title: null };
  return frame(
    look,
    { title, subtitle, summary },
    gridBody(look, {
      rows: labels.map((name) => ({ name })),
      columns: labels,
      cells,
      rowTitle: 'actual',
      columnTitle: 'predicted',
      legend,
    }),
  );
}
