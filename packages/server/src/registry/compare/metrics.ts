import type { ComparedMetric, ComparedMetrics, ComparedMetricValue } from '../../contract/comparison.ts';
import type { MetricDefinition, MetricOrigin } from '../../contract/metric.ts';
import type { MetricValue } from '../../contract/shapes.ts';
import { fromStored } from '../evidence/values.ts';
import { differentFirst, namesIn } from './values.ts';

/** A metric of one version, or of one of its evaluations. `origin`: where it is linked. */
export interface Measured {
  value: MetricValue;
  origin?: MetricOrigin;
}
export type MeasuredByName = ReadonlyMap<string, Measured>;
type Definitions = ReadonlyMap<string, MetricDefinition>;

/** Every metric that one of them has, held against the base's; those that differ first. */
export function compareMetrics(
  of: readonly (MeasuredByName | undefined)[],
  base: number,
  definitions: Definitions,
  most: number,
): ComparedMetrics {
  const names = namesIn(of.filter((one) => one !== undefined));
  const rows = names.map((name) => {
    const measured = of.map((one) => one?.get(name));
    return { name, measured, same: measured.every((one) => one !== undefined && one.value === measured[0]!.value) };
  });
  const { different, items } = differentFirst(rows, most);
  return {
    total: rows.length,
    different,
    items: items.map(({ name, measured, same }) => compareMetric(name, measured, base, definitions.get(name), same)),
  };
}

/** Better and worse are told where the metric's definition says which way is better. */
function compareMetric(
  name: string,
  measured: readonly (Measured | undefined)[],
  base: number,
  definition: Pick<MetricDefinition, 'unit' | 'direction'> | undefined,
  same: boolean,
): ComparedMetric {
  const { unit = null, direction = null } = definition ?? {};
  const values = measured.map((one, i) => (one ? heldAgainst(measured[base], one, direction, i === base) : null));
  return { name, unit, direction, values, best: bestOf(measured, direction), same };
}

function heldAgainst(
  base: Measured | undefined,
  { value, origin }: Measured,
  direction: MetricDefinition['direction'],
  isBase: boolean,
): ComparedMetricValue {
  const told = (outcome: ComparedMetricValue['outcome'], difference: MetricValue | null, percent: number | null) =>
    origin ? { value, origin, outcome, difference, percent } : { value, outcome, difference, percent };
  if (isBase) return told('base', null, null);
  const [was, is] = [Number(base?.value ?? Number.NaN), Number(value)];
  if (Number.isNaN(was) || Number.isNaN(is)) return told('not_comparable', null, null);
  if (was === is) return told('equal', 0, 0);
  const difference = is - was;
  const percent = (difference / Math.abs(was)) * 100;
  return told(
    direction === null ? 'different' : difference > 0 === (direction === 'higher') ? 'better' : 'worse',
    fromStored({ value: difference, is_nan: 0 }),
    Number.isFinite(percent) ? percent : null,
  );
}

function bestOf(measured: readonly (Measured | undefined)[], direction: MetricDefinition['direction']): number[] {
  const numbers = measured.map((one) => Number(one?.value ?? Number.NaN));
  const known = numbers.filter((value) => !Number.isNaN(value));
  if (direction === null || known.length === 0) return [];
  const best = direction === 'higher' ? Math.max(...known) : Math.min(...known);
  return numbers.flatMap((value, i) => (value === best ? [i] : []));
}
