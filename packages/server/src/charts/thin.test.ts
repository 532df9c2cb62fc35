import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thin } from './thin.ts';

const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -5, max: 5 }));
const series = fc.array(fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: fc.constant(Number.NaN) }), {
  minLength: 1,
  maxLength: 400,
});
const steps = (ys: readonly number[]) => ys.map((_, i) => i * 3);

describe('thinning', () => {
  it('keeps at most as many points, in order, with the first and last, and the least and greatest value', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 4, max: 120 }), (ys, most) => {
        const kept = thin(steps(ys), ys, most);
        expect(kept.length).toBeLessThanOrEqual(most);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
        const finite = ys.map((y, i) => ({ y, i })).filter(({ y }) => Number.isFinite(y));
        if (finite.length === 0) return;
        const values = kept.map((i) => ys[i]!).filter(Number.isFinite);
        expect(kept).toEqual(expect.arrayContaining([finite[0]!.i, finite.at(-1)!.i]));
        expect(Math.min(...values)).toBe(Math.min(...finite.map(({ y }) => y)));
        expect(Math.max(...values)).toBe(Math.max(...finite.map(({ y }) => y)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves alone what is few', () => {
    fc.assert(
      fc.property(series, (ys) => {
        expect(thin(steps(ys), ys, ys.length)).toEqual(ys.map((_, i) => i));
      }),
    );
  });

  it('keeps as many as it may of a long curve, and every lone peak of a flat one', () => {
    const ys = Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 300));
    expect(thin(steps(ys), ys, 500).length).toBeGreaterThan(490);
    const flat = ys.map(() => 1);
    const peaks = [77, 3_210, 5_555, 8_888];
    for (const [n, at] of peaks.entries()) flat[at] = 2 + n;
    expect(thin(steps(flat), flat, 200)).toEqual(expect.arrayContaining(peaks));
  });

  it('keeps a gap that is long', () => {
    const ys = Array.from({ length: 5_000 }, (_, i) => (i > 2_000 && i < 3_000 ? Number.NaN : i % 7));
    const kept = thin(steps(ys), ys, 100);
    const gap = kept.findIndex((i) => Number.isNaN(ys[i]));
    expect([kept[gap - 1]! <= 2_000, kept[gap + 1]! >= 3_000]).toEqual([true, true]);
  });

  it('holds where values are as far apart as doubles go', () => {
    const ys = Array.from({ length: 300 }, (_, i) => (i % 2 ? Number.MAX_VALUE : -Number.MAX_VALUE));
    expect(thin(steps(ys), ys, 50).length).toBeLessThanOrEqual(50);
    expect(thin(steps(ys), ys, 50).at(-1)).toBe(299);
  });
});
