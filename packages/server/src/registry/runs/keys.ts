import { posix } from 'node:path';
import { refuse } from '../refusals.ts';

/**
 * The rules of what is logged: keys, and how long values may be (`mlflow/utils/validation.py`). Fields are named as the
 * request has them, such as `params[0].key`.
 */

export const LONGEST_KEY = 250;
export const LONGEST_PARAM = 6_000;
export const LONGEST_RUN_TAG = 8_000;
export const LONGEST_EXPERIMENT_TAG = 20_000;
export const LONGEST_EXPERIMENT_NAME = 500;

const ALPHABET = /^[\p{L}\p{M}\p{N}\p{Pc}./: -]*$/u;

/** Refuses a field of a request. `message` follows what was sent. */
export function refuseValue(field: string, value: unknown, message: string): never {
  const shown = JSON.stringify(value);
  const short = shown.length > 300 ? `${shown.slice(0, 300)}...` : shown;
  return refuse('invalid', `Invalid value ${short} for parameter '${field}' supplied: ${message}`, {
    errors: [{ path: `/${field}`, message }],
  });
}

/** Of a param, tag or metric: it may be taken for the path of a file, and is the only name of that file. */
export function assertKey(key: string, field: string): void {
  assertLength(key, field, LONGEST_KEY);
  if (!ALPHABET.test(key))
    refuseValue(
      field,
      key,
      'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    );
  if (key.startsWith('..') || key.split('/').some((part) => part === '' || part === '.' || part === '..'))
    refuseValue(
      field,
      key,
      `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${posix.normalize(key).replace(/(.)\/$/, '$1')}'`,
    );
}

/** `most` counts characters, not the halves of a surrogate pair. */
export function assertLength(value: string, field: string, most: number): void {
  if (value.length > most && [...value].length > most)
    refuse('invalid', `'${field}' exceeds the maximum length of ${most} characters`, {
      errors: [{ path: `/${field}`, message: `has more than ${most} characters` }],
    });
}

/** What is longer is cut, as MLflow does it by default (`MLFLOW_TRUNCATE_LONG_VALUES`). */
export function cutTo(value: string, most: number): string {
  if (value.length <= most) return value;
  const characters = [...value.slice(0, 2 * most + 1)];
  return characters.length <= most ? value : characters.slice(0, most).join('');
}

/** A whole number of 64 bits on the wire; beyond 2^53 it would silently become another one here. */
export function assertWhole(value: number, field: string): void {
  if (!Number.isSafeInteger(value))
    refuseValue(field, value, 'It must be a whole number between -(2^53 - 1) and 2^53 - 1.');
}
