import { fromTime } from '../contract/time.ts';
import { same } from '../events/replay.ts';

const TIMES = new Set(['created_at', 'updated_at']);

/** Fields as they stand in columns of the same names: documents as JSON, times as epoch milliseconds. */
export function columnsOf(fields: object): Record<string, unknown> {
  const columns: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    const value = fields[key as keyof typeof fields] as unknown;
    if (typeof value === 'object' && value !== null) columns[key] = JSON.stringify(value);
    else columns[key] = TIMES.has(key) ? fromTime(value as string) : value;
  }
  return columns;
}

/** The fields of `patch` that are not so already. */
export function fieldsThatDiffer<T extends object>(before: T, patch: Partial<T>): Partial<T> {
  const differing: Partial<T> = {};
  for (const key of Object.keys(patch) as (keyof T)[]) if (!same(before[key], patch[key])) differing[key] = patch[key];
  return differing;
}

/** The same fields of another state. */
export function fieldsOf<T extends object>(state: T, keys: Partial<T>): Partial<T> {
  const fields: Partial<T> = {};
  for (const key of Object.keys(keys) as (keyof T)[]) fields[key] = state[key];
  return fields;
}
