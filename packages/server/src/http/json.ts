import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LIMITS } from '../contract/limits.ts';
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
  assertShape(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('is not JSON');
  }
  assertText(value, '');
  return value;
}

/**
 * One pass over the text before it is parsed: too deep, a key that stands twice in one object (readers disagree on which
 * counts), a number that would silently become another one.
 */
function assertShape(text: string): void {
  const open: (Set<string> | undefined)[] = []; // the keys of each object around; undefined is an array
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      const end = endOfString(text, i);
      if (isColonNext(text, end)) noteKey(open.at(-1), text.slice(i, end));
      i = end - 1;
    } else if (c === 0x7b || c === 0x5b) {
      open.push(c === 0x7b ? new Set() : undefined);
      if (open.length > LIMITS.jsonDepth) throw malformed(`is nested deeper than ${LIMITS.jsonDepth} levels`);
    } else if (c === 0x7d || c === 0x5d) open.pop();
    else if (c === 0x2d || isDigit(c)) {
      let end = i + 1;
      while (end < text.length && /[0-9.eE+-]/.test(text.charAt(end))) end += 1;
      assertNumber(text.slice(i, end));
      i = end - 1;
    }
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isDigit = (c: number) => c >= 0x30 && c <= 0x39;

/** The place after the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i + 1;
}

function isColonNext(text: string, from: number): boolean {
  let i = from;
  while (' \t\n\r'.includes(text.charAt(i)) && i < text.length) i += 1;
  return text.charAt(i) === ':';
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
