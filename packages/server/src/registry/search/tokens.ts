import { FilterError } from './errors.ts';

/** One piece of a key between its dots; `quote` is empty where it stands bare. */
export interface Segment {
  text: string;
  quote: '' | '"' | '`';
}

/** `at` and `end` are offsets into the text. A path is a key, a keyword, or text in double quotes: the parser knows which. */
export type Token =
  | { kind: 'path'; at: number; end: number; segments: Segment[] }
  | { kind: 'text'; at: number; end: number; value: string }
  | { kind: 'number'; at: number; end: number; value: number }
  | { kind: 'sign'; at: number; end: number; value: string }
  | { kind: 'end'; at: number; end: number };

const MAX_FILTER = 8_000;
// Each of these is one run of a class, or a sequence of runs of disjoint classes: no match can take more than linear time.
const SPACE = /\s+/uy;
const NUMBER = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/uy;
const SIGN = /[=!<>]+|[(),]/uy;
const BARE = /[^\s=!<>(),;'"`.\p{Cc}]+/uy;

/** The column, in code points from 1, of an offset. */
export function columnOf(text: string, at: number): number {
  let column = 1;
  for (const _ of text.slice(0, at)) column++;
  return column;
}

export function tokenize(text: string): Token[] {
  assertReadable(text);
  const tokens: Token[] = [];
  for (let at = skip(text, 0); at < text.length; ) {
    const token = next(text, at);
    tokens.push(token);
    at = skip(text, token.end);
  }
  tokens.push({ kind: 'end', at: text.length, end: text.length });
  return tokens;
}

function assertReadable(text: string): void {
  if (text.length > MAX_FILTER) {
    throw new FilterError(MAX_FILTER + 1, `at most ${MAX_FILTER} characters`, `${text.length}`);
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) throw new FilterError(columnOf(text, nul), 'text without NUL', 'NUL');
  const torn = /[\uD800-\uDFFF]/u.exec(text);
  if (torn) throw new FilterError(columnOf(text, torn.index), 'whole characters', 'half a surrogate pair');
}

function skip(text: string, at: number): number {
  SPACE.lastIndex = at;
  return SPACE.test(text) ? SPACE.lastIndex : at;
}

function run(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function next(text: string, at: number): Token {
  const number = run(NUMBER, text, at);
  if (number !== '') return numberToken(text, at, number);
  const sign = run(SIGN, text, at);
  if (sign !== '') return { kind: 'sign', at, end: at + sign.length, value: sign };
  if (text[at] === "'") {
    const { value, end } = quoted(text, at);
    return { kind: 'text', at, end, value };
  }
  return path(text, at);
}

function numberToken(text: string, at: number, number: string): Token {
  const end = at + number.length;
  const rest = run(BARE, text, end);
  if (rest !== '') throw new FilterError(columnOf(text, at), 'a number, or text in quotes', `${number}${rest}`);
  const value = Number(number);
  if (!Number.isFinite(value)) throw new FilterError(columnOf(text, at), 'a number under 1.8e308', shown(number));
  return { kind: 'number', at, end, value: value + 0 };
}

function path(text: string, start: number): Token {
  const segments: Segment[] = [];
  let at = start;
  for (;;) {
    const quote = text[at];
    if (quote === '"' || quote === '`') {
      const { value, end } = quoted(text, at);
      segments.push({ text: value, quote });
      at = end;
    } else {
      const bare = run(BARE, text, at);
      if (bare === '' && at === start && text[at] !== '.') {
        throw new FilterError(columnOf(text, at), 'a key, an operator or a value', shown(charAt(text, at)));
      }
      segments.push({ text: bare, quote: '' });
      at += bare.length;
    }
    if (text[at] !== '.') return { kind: 'path', at: start, end: at, segments };
    at++;
  }
}

/** Text between quotes; a doubled quote stands for one. */
function quoted(text: string, start: number): { value: string; end: number } {
  const quote = text[start]!;
  const pieces: string[] = [];
  let from = start + 1;
  for (;;) {
    const close = text.indexOf(quote, from);
    if (close < 0) throw new FilterError(columnOf(text, text.length), `a closing ${quote}`, 'the end of the filter');
    pieces.push(text.slice(from, close));
    if (text[close + 1] !== quote) return { value: pieces.join(quote), end: close + 1 };
    from = close + 2;
  }
}

function charAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

/** What was found, as it is shown in an error: at most 40 characters. */
export function shown(found: string): string {
  const characters = [...found];
  return characters.length > 40 ? `${characters.slice(0, 40).join('')}…` : found;
}
