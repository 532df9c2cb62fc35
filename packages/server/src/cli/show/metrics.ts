import { table } from '../terminal/table.ts';
import { when } from './words.ts';

type Value = number | string;
export interface MetricLike {
  name: string;
  value: Value;
  step: number;
  at: string;
  origin: { of: string; id?: string | undefined };
}

/** The points of metrics, one on a line. */
export function metricTable(metrics: readonly MetricLike[]): string[] {
  return table(metrics, [
    { head: 'METRIC', cell: (one) => one.name },
    { head: 'VALUE', cell: (one) => one.value, right: true },
    { head: 'STEP', cell: (one) => one.step, right: true },
    { head: 'AT', cell: (one) => when(one.at) },
    {
      head: 'OF',
      cell: ({ origin }) => (origin.id === undefined ? '' : `${origin.of.replace('_', ' ')} ${origin.id}`),
    },
  ]);
}

/** A value with its interval, as far as both differ: `0.93 (0.913 to 0.944)`. */
export function withInterval(value: Value, interval: { low: number; high: number } | null | undefined): string {
  return interval ? `${value} (${interval.low.toPrecision(3)} to ${interval.high.toPrecision(3)})` : String(value);
}
