import type { PolicyCheck } from '../../../contract/policy.ts';
import type { Evidence } from '../evidence.ts';
import { failed, type Outcome, passed } from './outcome.ts';
import { readingOf, toNumber } from './reading.ts';

type MetricCheck = Extract<PolicyCheck, { check: 'metric' }>;

const COMPARE: Record<MetricCheck['comparator'], (a: number, b: number) => boolean> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b && !Number.isNaN(a),
};

/** The value is on the right side of a bound. NaN is on none. */
export function metric({ version }: Evidence, { metric, comparator, value, dataset }: MetricCheck): Outcome {
  const { what, reading, missing } = readingOf(version, metric, dataset);
  if (!reading) return failed(missing.detail, missing.remedy, missing.facts);
  const wanted = `${comparator} ${value}`;
  const detail = `${what} is ${reading.value}, and has to be ${wanted}`;
  if (COMPARE[comparator](toNumber(reading.value), value)) return passed(detail, [reading]);
  return failed(detail, `bring a version whose ${metric} is ${wanted}`, [reading]);
}
