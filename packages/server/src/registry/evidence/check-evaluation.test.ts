import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assertEvaluation } from './check-evaluation.ts';

const of = (curves: object) => ({ dataset: { name: 'a', digest: 'b' }, metrics: { auc: 1 }, curves }) as never;

it('takes a curve exactly where it does not go back', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 20 }), (values) => {
      const isRising = values.every((value, i) => i === 0 || value >= values[i - 1]!);
      const isFalling = values.every((value, i) => i === 0 || value <= values[i - 1]!);
      const roc = values.map((fpr, i) => ({ fpr, tpr: i / values.length }));
      const precision_recall = values.map((recall) => ({ recall, precision: Math.random() }));
      if (isRising) assertEvaluation(of({ roc }));
      else expect(() => assertEvaluation(of({ roc }))).toThrow('must not go back');
      if (isRising || isFalling) assertEvaluation(of({ precision_recall }));
      else expect(() => assertEvaluation(of({ precision_recall }))).toThrow('must not go back');
    }),
  );
});

it('takes a confusion matrix exactly where it is square, and as large as its labels are many', () => {
  const size = fc.integer({ min: 2, max: 4 });
  fc.assert(
    fc.property(size, fc.array(size, { minLength: 2, maxLength: 4 }), (labels, rows) => {
      const names = Array.from({ length: labels }, (_, i) => `l${i}`);
      const confusion = { labels: names, counts: rows.map((columns) => Array(columns).fill(1)) };
      if (rows.length === labels && rows.every((columns) => columns === labels)) assertEvaluation(of({ confusion }));
      else expect(() => assertEvaluation(of({ confusion }))).toThrow('labels');
    }),
  );
});
