import { FilterError } from './errors.ts';
import { columnOf, shown, type Token } from './tokens.ts';

/** A place among the tokens of a filter, for the grammars that read one. */
export interface Cursor {
  text: string;
  tokens: Token[];
  position: number;
  /** What is a word of the grammar where it stands bare, in capitals. */
  keywords: readonly string[];
}

export function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.position]!;
}

export function keyword(cursor: Cursor, token: Token): string | undefined {
  if (token.kind !== 'path' || token.segments.length !== 1 || token.segments[0]!.quote !== '') return undefined;
  const word = token.segments[0]!.text.toUpperCase();
  return cursor.keywords.includes(word) ? word : undefined;
}

export function accept(cursor: Cursor, word: string): boolean {
  const found = keyword(cursor, peek(cursor)) === word;
  if (found) cursor.position++;
  return found;
}

export function acceptSign(cursor: Cursor, sign: string): boolean {
  const token = peek(cursor);
  const found = token.kind === 'sign' && token.value === sign;
  if (found) cursor.position++;
  return found;
}

export function fail(cursor: Cursor, expected: string, token = peek(cursor), found?: string): never {
  const there = token.kind === 'end' ? 'the end of the filter' : shown(cursor.text.slice(token.at, token.end));
  throw new FilterError(columnOf(cursor.text, token.at), expected, found ?? there);
}
