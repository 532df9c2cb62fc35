import type { Interval } from '../../contract/evaluation.ts';
import type { Metrics, MetricValue } from '../../contract/shapes.ts';
import { builtIn } from './built-in.ts';

/** The standard normal quantile of 0.975, so that the level is 0.95. */
const Z = 1.959963984540054;

/**
 * The score interval of a proportion `p` of `n` at 0.95 (E. B. Wilson, "Probable inference, the law of succession, and
 * statistical inference", JASA 22, 1927; recommended by Brown, Cai and DasGupta, "Interval estimation for a binomial
 * proportion", Statistical Science 16, 2001). `p` times `n` need not be whole.
 */
export function wilson(p: number, n: number): Interval {
  const z2 = Z * Z;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  // Rounding must not put a bound beyond the proportion or its range: at 0 and 1 the bound is the proportion itself.
  const low = p === 0 ? 0 : Math.max(0, Math.min(p, centre - half));
  const high = p === 1 ? 1 : Math.min(1, Math.max(p, centre + half));
  return { low, high, level: 0.95, method: 'wilson' };
}

/** Intervals of those metrics that are shares of all n: of others n alone does not tell how sure they are. */
export function intervalsOf(metrics: Metrics, n: number | null | undefined): Record<string, Interval> {
  if (!n) return {};
  return Object.fromEntries(
    Object.entries(metrics)
      .filter(([name, value]) => builtIn(name)?.isShareOfN && isShare(value))
      .map(([name, value]) => [name, wilson(value as number, n)]),
  );
}

function isShare(value: MetricValue): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
