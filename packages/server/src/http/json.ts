import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LIMITS } from '../contract/limits.ts';
import { endOfString, isColonNext } from '../json-text.ts';
import { HttpRefused } from './refused.ts';

/** Reads JSON bodies: UTF-8, at most 64 levels deep, no key twice, no NUL and no half surrogate pairs in any string. */
export function acceptJson(app: FastifyInstance): void {
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser(
    /^application\/([\w.-]+\+)?json\b/i,
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: unknown) => parseJson(body as Buffer),
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const malformed = (why: string) => new HttpRefused(400, 'malformed', `The body ${why}.`);

export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw malformed('is not UTF-8');
  }
  const keys = assertShape(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('is not JSON');
  }
  if (keysIn(value) < keys) refuseKeyTwice(text);
  // What no string may hold can only come from an escape: bytes that are UTF-8 have no half surrogates, and JSON no NUL.
  if (text.includes('\\u') || text.includes('__proto__')) assertText(value, '');
  return value;
}

/**
 * One pass over the text before it is parsed: too deep, a number that would silently become another one. Answers how many
 * keys there are, since one that stands twice in an object (readers disagree on which counts) is parsed once.
 */
function assertShape(text: string): number {
  let depth = 0;
  let keys = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = endOfString(text, i) - 1;
    else if (c === COLON) keys += 1;
    else if (c === 0x7b || c === 0x5b) {
      depth += 1;
      if (depth > LIMITS.jsonDepth) throw malformed(`is nested deeper than ${LIMITS.jsonDepth} levels`);
    } else if (c === 0x7d || c === 0x5d) depth -= 1;
    else if (c === MINUS || isDigit(c)) {
      const end = endOfNumber(text, i);
      if (end - i >= DIGITS_SAFE || hasExponent(text, i, end)) assertNumber(text.slice(i, end));
      i = end - 1;
    }
  }
  return keys;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const MINUS = 0x2d;
/** Fewer digits than this are a number that is kept exactly, unless there is an exponent. */
const DIGITS_SAFE = 16;
const isDigit = (c: number) => c >= 0x30 && c <= 0x39;

/** The place after the digits, signs, points and exponents that begin at `start`. */
function endOfNumber(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (!isDigit(c) && c !== MINUS && c !== 0x2b && c !== 0x2e && c !== 0x45 && c !== 0x65) break;
  }
  return i;
}

function hasExponent(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if ((text.charCodeAt(i) | 0x20) === 0x65) return true;
  return false;
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
  let keys = Array.isArray(value) ? 0 : items.length;
  for (const item of items) if (typeof item === 'object') keys += keysIn(item);
  return keys;
}

/** Names the first key that stands twice in one object. */
function refuseKeyTwice(text: string): void {
  const open: (Set<string> | undefined)[] = []; // the keys of each object around; undefined is an array
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      const end = endOfString(text, i);
      if (isColonNext(text, end)) noteKey(open.at(-1), text.slice(i, end));
      i = end - 1;
    } else if (c === 0x7b || c === 0x5b) open.push(c === 0x7b ? new Set() : undefined);
    else if (c === 0x7d || c === 0x5d) open.pop();
  }
}

function noteKey(keys: Set<string> | undefined, quoted: string): void {
  const key = quoted.includes('\\') ? unescaped(quoted) : quoted.slice(1, -1);
  if (keys?.has(key)) throw malformed(`names ${key} twice in one object`);
  keys?.add(key);
}

function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw malformed('is not JSON');
  }
}

function assertNumber(literal: string): void {
  const value = Number(literal);
  if (Math.abs(value) === Number.POSITIVE_INFINITY) throw malformed(`holds a number that is out of range: ${literal}`);
  if (/^-?\d{16,}$/.test(literal) && !Number.isSafeInteger(value))
    throw malformed(`holds an integer that cannot be kept exactly: ${literal.slice(0, 40)}. Send it as a string`);
}

function assertText(value: unknown, path: string): void {
  if (typeof value === 'string') {
    const why = problemOfText(value);
    if (why) throw malformed(`holds ${why} at ${path || '/'}`);
  } else if (Array.isArray(value)) for (const [i, item] of value.entries()) assertText(item, `${path}/${i}`);
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) {
      const why = problemOfText(key) ?? (key === '__proto__' ? 'the key __proto__' : undefined);
      if (why) throw malformed(`holds ${why} in a key at ${path || '/'}`);
      assertText(item, `${path}/${key}`);
    }
}

function problemOfText(text: string): string | undefined {
  if (text.includes('\u0000')) return 'a NUL character';
  return text.isWellFormed() ? undefined : 'half a surrogate pair';
}
