import type { MetricValue } from '../../contract/shapes.ts';

/** A metric's value as columns hold it: NaN is the value 0 with `is_nan`, as no database orders it among the others. */
export interface Stored {
  value: number;
  is_nan: number;
}

export function toStored(value: MetricValue): Stored {
  const number = Number(value);
  // Adding 0 makes 0 of -0, which databases keep apart or not as they like.
  return Number.isNaN(number) ? { value: 0, is_nan: 1 } : { value: number + 0, is_nan: 0 };
}

/** As it travels: JSON has no NaN and no infinities. */
export function fromStored({ value, is_nan }: Stored): MetricValue {
  if (is_nan) return 'NaN';
  if (Number.isFinite(value)) return value;
  return value > 0 ? 'Infinity' : '-Infinity';
}
