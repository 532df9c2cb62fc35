import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalsOf, wilson } from './interval.ts';

describe('the Wilson score interval', () => {
  // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is as the literature has it', (k, n, low, high) => {
    const interval = wilson(k / n, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('holds the proportion, lies in its range, is the same from the other side, and narrows with n', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 1e9 }), (p, n) => {
        const { low, high } = wilson(p, n);
        expect(low).toBeLessThanOrEqual(p);
        expect(high).toBeGreaterThanOrEqual(p);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        const other = wilson(1 - p, n);
        expect(1 - other.high).toBeCloseTo(low, 9);
        const larger = wilson(p, 4 * n);
        expect(larger.high - larger.low).toBeLessThanOrEqual(high - low);
      }),
    );
  });
});

describe('the metrics that have one', () => {
  it('are shares of all n, behind prefixes too, and no others', () => {
    const metrics = {
      accuracy: 0.9,
      val_accuracy_score: 0.8,
      error_rate: 0.1,
      auc: 0.9,
      recall: 0.9,
      f1: 0.9,
      exact_match: 'NaN',
      acc: 90,
    } as const;
    expect(Object.keys(intervalsOf(metrics, 100)).sort()).toEqual(['accuracy', 'error_rate', 'val_accuracy_score']);
    expect(intervalsOf(metrics, null)).toEqual({});
  });
});
