import { barsInWords } from '../../charts/spec-bars.ts';
import type { BarsChart } from '../../contract/chart.ts';
import type { MetricValue } from '../../contract/shapes.ts';
import { valuesOf } from '../evidence/metrics-of.ts';
import { startClock } from '../paging/clock.ts';
import { type Asked, chartMetrics, listed, nameOf, type Reading } from './asked.ts';

/** Metrics that are drawn together where none is named, at most. */
const UNASKED = 8;

/** Latest values of metrics in several versions. Without names: those that most of the versions have. */
export async function barsChart(
  { read, dialect }: Reading,
  versions: readonly Asked[],
  names: readonly string[],
): Promise<BarsChart> {
  const clock = startClock(dialect);
  const values: Map<string, MetricValue>[] = [];
  for (const { row } of versions) {
    values.push(await valuesOf(read, row, names));
    await clock.rest();
  }
  const chosen = names.length > 0 ? [...new Set(names)] : mostShared(values).slice(0, UNASKED);
  const metrics = (await chartMetrics(read, chosen)).map((metric) => {
    const bars = versions.map(({ model, row }, i) => ({
      model,
      number: row.number,
      value: values[i]!.get(metric.name) ?? null,
    }));
    const best = bestOf(
      bars.map(({ value }) => value),
      metric.direction,
    );
    return { metric, bars: bars.map((bar) => ({ ...bar, best: best !== null && bar.value === best })) };
  });
  const shown = versions.map(({ model, row }) => nameOf(model, row.number));
  return {
    chart: 'metrics',
    title: `metrics of ${versions.length} ${versions.length === 1 ? 'version' : 'versions'}`,
    summary: [
      `Bars of ${listed(chosen, 20) || 'no metric'} of ${listed(shown, 20)}.`,
      ...metrics.map(barsInWords),
    ].join(' '),
    metrics,
  };
}

/** Names that two or more have, or else any; those of most versions first, then in order. */
export function mostShared(values: readonly ReadonlyMap<string, unknown>[]): string[] {
  const counts = new Map<string, number>();
  for (const name of values.flatMap((one) => [...one.keys()])) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name]) => name);
}

/** Of those that can be held against each other; there is no best of one, nor where nobody said which way is better. */
function bestOf(values: readonly (MetricValue | null)[], direction: 'higher' | 'lower' | null): number | null {
  const numbers = values.filter((value) => typeof value === 'number');
  if (!direction || numbers.length < 2) return null;
  return direction === 'higher' ? Math.max(...numbers) : Math.min(...numbers);
}
