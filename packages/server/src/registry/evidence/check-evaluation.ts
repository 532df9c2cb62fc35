import type { Curves, NewEvaluation } from '../../contract/evaluation.ts';
import { assertTags } from '../metadata.ts';
import { assertMetricName, problemOfDatasetText } from '../names.ts';
import { refuseField } from '../refusals.ts';

/** Refuses what the schema cannot: slices told twice, curves that go back, a confusion matrix that is not square. */
export function assertEvaluation({ dataset, metrics, slices = [], curves, tags, n }: NewEvaluation): void {
  for (const member of ['name', 'digest'] as const) {
    const problem = problemOfDatasetText(dataset[member]);
    if (problem) refuseField(`/dataset/${member}`, problem);
  }
  for (const name of Object.keys(metrics)) assertMetricName(name, `/metrics/${name}`);
  assertTags(tags);
  const names = new Set<string>();
  for (const [i, slice] of slices.entries()) {
    if (names.has(slice.slice)) refuseField(`/slices/${i}/slice`, `names ${slice.slice} a second time`);
    names.add(slice.slice);
    for (const name of Object.keys(slice.metrics)) assertMetricName(name, `/slices/${i}/metrics/${name}`);
    if (n !== undefined && slice.n !== undefined && slice.n > n)
      refuseField(`/slices/${i}/n`, `must be at most n, which is ${n}: a slice is a part of the data set`);
  }
  if (curves) assertCurves(curves);
}

function assertCurves({ roc, precision_recall, confusion }: Curves): void {
  if (roc) {
    assertMonotone('/curves/roc', roc, 'fpr', 1);
    assertMonotone('/curves/roc', roc, 'tpr', 1);
  }
  if (precision_recall) {
    // From recall 0 to 1, or from 1 to 0 as scikit-learn has it.
    const [first, last] = [precision_recall[0], precision_recall.at(-1)];
    assertMonotone('/curves/precision_recall', precision_recall, 'recall', first!.recall <= last!.recall ? 1 : -1);
  }
  if (!confusion) return;
  const { labels, counts } = confusion;
  if (new Set(labels).size < labels.length) refuseField('/curves/confusion/labels', 'must not name a label twice');
  if (counts.length !== labels.length)
    refuseField(
      '/curves/confusion/counts',
      `must have a row for each of the ${labels.length} labels, not ${counts.length}`,
    );
  for (const [i, row] of counts.entries())
    if (row.length !== labels.length)
      refuseField(
        `/curves/confusion/counts/${i}`,
        `must have a column for each of the ${labels.length} labels, not ${row.length}`,
      );
}

function assertMonotone<K extends string>(
  path: string,
  points: readonly Record<K, number>[],
  member: K,
  sign: 1 | -1,
): void {
  for (let i = 1; i < points.length; i += 1)
    if (sign * (points[i]![member] - points[i - 1]![member]) < 0)
      refuseField(`${path}/${i}/${member}`, 'must not go back: give the points of a curve in order of its thresholds');
}
