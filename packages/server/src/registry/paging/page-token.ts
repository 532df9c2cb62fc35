import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a page ended with: one value per sort key, the id last. */
export type Position = Value[];
export type Value = string | number | null;

const MAC = 16;

/** A page token that was changed, or belongs to another query. */
export class PageTokenError extends Error {
  constructor() {
    super('the page token was not given out for this query: leave page_token out to start from the first page');
    this.name = 'PageTokenError';
  }
}

/**
 * An opaque token. `scope` is the query it belongs to; a token opens for no other. The text is the base64url of an
 * HMAC-SHA-256, cut to 16 bytes, and the values.
 */
export function sealToken(key: Uint8Array, scope: string, values: Position): string {
  const payload = Buffer.from(values.map(print).join('\0'));
  return Buffer.concat([mac(key, scope, payload), payload]).toString('base64url');
}

/** The values of a token; undefined if it was changed or belongs to another scope. */
export function openToken(key: Uint8Array, scope: string, token: string): Position | undefined {
  const bytes = Buffer.from(token, 'base64url');
  const payload = bytes.subarray(MAC);
  // Comparing the text too refuses other spellings of the same bytes.
  if (bytes.length <= MAC || bytes.toString('base64url') !== token) return undefined;
  if (!timingSafeEqual(bytes.subarray(0, MAC), mac(key, scope, payload))) return undefined;
  return payload.toString().split('\0').map(parse);
}

function mac(key: Uint8Array, scope: string, payload: Uint8Array): Buffer {
  const hash = createHmac('sha256', key)
    .update(String(Buffer.byteLength(scope)))
    .update('\0')
    .update(scope);
  return hash.update(payload).digest().subarray(0, MAC);
}

/** Numbers as JavaScript prints them: the shortest text that reads as the same number. */
function print(value: string | number | null): string {
  if (value === null) return '-';
  return typeof value === 'number' ? `n${value}` : `t${value}`;
}

function parse(text: string): string | number | null {
  if (text === '-') return null;
  return text.startsWith('n') ? Number(text.slice(1)) : text.slice(1);
}
