import { STATUSES, type Status } from '../contract/version.ts';
import { problemOfAlias } from './names.ts';

/** What may stand for a version: a number, `latest`, `@alias`, or a status (the newest promoted to it). */
export type Ref =
  | { kind: 'number'; number: number }
  | { kind: 'latest' }
  | { kind: 'alias'; alias: string }
  | { kind: 'status'; status: Status };

/** Reads a ref, or undefined where the text is none. Numbers are plain: no sign, no leading zero, at most 15 digits. */
export function parseRef(text: string): Ref | undefined {
  if (/^[1-9]\d{0,14}$/.test(text)) return { kind: 'number', number: Number(text) };
  if (text === 'latest') return { kind: 'latest' };
  if (text.startsWith('@')) {
    const alias = text.slice(1);
    return problemOfAlias(alias) ? undefined : { kind: 'alias', alias };
  }
  const status = STATUSES.find((known) => known === text);
  return status && { kind: 'status', status };
}
