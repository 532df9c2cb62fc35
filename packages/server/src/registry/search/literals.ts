import type { Operator, Scalar } from './filter.ts';
import type { Place } from './keys.ts';

const PATTERN_LENGTH = 1_000;
const PATTERN_RUNS = 20;
const STAGES = new Map([
  ['none', 'draft'],
  ['staging', 'staging'],
  ['production', 'production'],
  ['archived', 'archived'],
]);
const TIME = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d))?$/u;

/** A value as the key compares it, or what was expected instead. `key` is the key as it was written. */
export function readValue(
  place: Place,
  key: string,
  op: Operator,
  value: Scalar,
): { value: Scalar } | { expected: string } {
  if (op.endsWith('LIKE')) return pattern(value);
  if (place.type === 'any') return anyValue(op, value);
  if (place.type === 'time') return timeValue(value);
  if (place.type === 'number') return numberValue(key, value);
  if (typeof value !== 'string') return { expected: 'text in quotes' };
  if (key === 'current_stage')
    return oneOf([...STAGES.values()], STAGES.get(value.toLowerCase()), 'None, Staging, Production, Archived');
  return op === '=' || op === '!=' || op.endsWith('IN') ? oneOf(place.oneOf, value) : { value };
}

function oneOf(allowed: readonly string[] | undefined, value: string | undefined, listed = allowed?.join(', ')) {
  if (value !== undefined && (allowed === undefined || allowed.includes(value))) return { value };
  return { expected: `one of ${listed}` };
}

/** `%` is any run, `_` one character and there is no escape: so it is in MLflow. */
function pattern(value: Scalar) {
  if (typeof value !== 'string') return { expected: 'a pattern in quotes' };
  if (value.length > PATTERN_LENGTH) return { expected: `a pattern of at most ${PATTERN_LENGTH} characters` };
  if (value.split(/%+/u).length - 1 > PATTERN_RUNS) return { expected: `a pattern with at most ${PATTERN_RUNS} %` };
  return { value };
}

function anyValue(op: Operator, value: Scalar) {
  const ordered = op !== '=' && op !== '!=' && !op.endsWith('IN');
  return ordered && typeof value === 'boolean' ? { expected: 'text in quotes or a number' } : { value };
}

/** MLflow takes a version's number in quotes too. */
function numberValue(key: string, value: Scalar) {
  if (typeof value === 'number') return { value };
  const quotable = key === 'number' || key === 'version_number';
  if (quotable && typeof value === 'string' && /^[+-]?\d{1,15}$/u.test(value)) return { value: Number(value) + 0 };
  return { expected: 'a number' };
}

/** Epoch milliseconds, a date (its first instant, UTC) or an RFC 3339 time. */
function timeValue(value: Scalar) {
  const expected = { expected: "a time such as '2026-03-31', '2026-03-31T23:59:59Z' or 1774915200000" };
  if (typeof value === 'number') return { value };
  if (typeof value === 'boolean' || !TIME.test(value)) return expected;
  const at = Date.parse(value.toUpperCase().replace(' ', 'T'));
  const day = new Date(`${value.slice(0, 10)}T00:00:00Z`);
  const real = !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === value.slice(0, 10);
  return Number.isNaN(at) || !real ? expected : { value: at };
}
