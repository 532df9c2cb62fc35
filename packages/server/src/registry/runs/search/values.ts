import type { Token } from '../../search/tokens.ts';
import type { Operator } from './filter.ts';
import type { Key } from './keys.ts';
import type { Noun } from './nouns.ts';

/** Of a LIKE: longer ones, and those with more runs of anything, could be matched for long. */
const PATTERN_LENGTH = 1_000;
const PATTERN_RUNS = 20;

type Read = string | number | { expected: string };

/** How statuses of logged models are kept, by the last word of their names and by their numbers in protobuf. */
const STATUSES = new Map<string, string>(
  ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'].flatMap((status, i) => [
    [status, status],
    [status.replace('LOGGED_MODEL_', ''), status],
    [status.slice(status.lastIndexOf('_') + 1), status],
    [String(i + 1), status],
  ]),
);

/** A value as its key compares it, or what was expected instead. `raw` is the token as it was written. */
export function readValue(noun: Noun, { family, name }: Key, op: Operator, token: Token, raw: string): Read {
  const type = family === 'attribute' ? noun.columns[name]!.type : family === 'metric' ? 'metric' : 'text';
  if (type === 'metric') return token.kind === 'number' ? token.value : { expected: 'a number without quotes' };
  if (type === 'time') {
    const isWhole = token.kind === 'number' && (noun.fractions || Number.isInteger(token.value));
    return isWhole ? token.value : { expected: 'a time in milliseconds since 1970, without quotes,' };
  }
  const text = textOf(token) ?? (token.kind === 'number' && (noun.bareNumbers || type !== 'text') ? raw : undefined);
  if (text === undefined) return { expected: 'text in quotes' };
  if (type === 'id') return /^\d{1,15}$/.test(text) ? Number(text) : { expected: 'the id of an experiment' };
  if (type === 'status') return STATUSES.get(text) ?? { expected: 'PENDING, READY or FAILED, in quotes,' };
  return op.endsWith('LIKE') ? pattern(text) : text;
}

/** Text in single or double quotes. */
function textOf(token: Token): string | undefined {
  if (token.kind === 'text') return token.value;
  if (token.kind !== 'path' || token.segments.length !== 1) return undefined;
  const { text, quote } = token.segments[0]!;
  return quote === '"' ? text : undefined;
}

/** `%` is any run, `_` one character and there is no escape. */
function pattern(text: string): Read {
  if (text.length > PATTERN_LENGTH) return { expected: `a pattern of at most ${PATTERN_LENGTH} characters` };
  if (text.split(/%+/u).length - 1 > PATTERN_RUNS) return { expected: `a pattern with at most ${PATTERN_RUNS} %` };
  return text;
}
