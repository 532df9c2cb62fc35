import { accept, acceptSign, type Cursor, fail, keyword, peek } from '../../search/cursor.ts';
import { type Segment, shown, type Token, tokenize } from '../../search/tokens.ts';
import { COMPARATORS, type Comparator, type Comparison, type Filter, type Operator } from './filter.ts';
import { expectedKeys, type Key, KeyError, operatorsOf, readKey } from './keys.ts';
import type { Noun } from './nouns.ts';
import { readValue } from './values.ts';

const MAX_COMPARISONS = 100;
const MAX_DEPTH = 32;
const MAX_LIST = 1_000;
const KEYWORDS = ['AND', 'OR', 'NOT', 'LIKE', 'ILIKE', 'IN', 'IS', 'NULL'];

interface State extends Cursor {
  noun: Noun;
  comparisons: number;
}

/**
 * Reads a filter of runs, experiments or logged models; undefined where it asks for nothing. All that MLflow reads
 * (mlflow/utils/search_utils.py, search_logged_model_utils.py) and besides OR, NOT and brackets. Throws FilterError.
 */
export function parseFilter(text: string, noun: Noun): Filter | undefined {
  const state: State = { text, noun, tokens: tokenize(text), position: 0, keywords: KEYWORDS, comparisons: 0 };
  skipAnds(state);
  if (peek(state).kind === 'end') return undefined;
  const filter = disjunction(state, 0);
  if (peek(state).kind !== 'end') fail(state, 'AND, OR or the end of the filter');
  return filter;
}

function disjunction(state: State, depth: number): Filter {
  return chain('OR', state, () => chain('AND', state, () => term(state, depth)));
}

function chain(op: 'AND' | 'OR', state: State, part: () => Filter): Filter {
  const parts = [part()];
  while (accept(state, op)) {
    if (op === 'AND') skipAnds(state);
    if (op === 'AND' && peek(state).kind === 'end') break;
    parts.push(part());
  }
  return parts.length === 1 ? parts[0]! : { op, parts };
}

/** MLflow looks at the comparisons alone, so that one AND too many, as where a filter was put together, is none. */
function skipAnds(state: State): void {
  while (accept(state, 'AND'));
}

function term(state: State, depth: number): Filter {
  const start = peek(state);
  const deeper = () => {
    if (depth >= MAX_DEPTH) fail(state, `at most ${MAX_DEPTH} brackets and NOTs in each other`, start, 'one more');
    return depth + 1;
  };
  if (accept(state, 'NOT')) return { op: 'NOT', part: term(state, deeper()) };
  if (!acceptSign(state, '(')) return comparison(state);
  const inner = disjunction(state, deeper());
  if (!acceptSign(state, ')')) fail(state, 'AND, OR or a closing bracket');
  return inner;
}

function comparison(state: State): Comparison {
  const token = peek(state);
  if (token.kind !== 'path' || keyword(state, token) !== undefined) fail(state, expectedKeys(state.noun));
  if (++state.comparisons > MAX_COMPARISONS) fail(state, `at most ${MAX_COMPARISONS} comparisons`, token, 'one more');
  const key = keyOf(state, token, token.segments);
  state.position++;
  const at = peek(state);
  const op = operator(state);
  const allowed = operatorsOf(state.noun, key);
  if (!allowed.includes(op)) fail(state, `one of ${allowed.join(', ')} after ${shown(key.written)}`, at, op);
  const { family, name } = key;
  if (op === 'IS NULL' || op === 'IS NOT NULL') return { family, name, op, values: [] };
  const one = () => value(state, key, op);
  return { family, name, op, values: op === 'IN' || op === 'NOT IN' ? list(state, one) : [one()] };
}

function keyOf(state: State, token: Token, segments: readonly Segment[]): Key {
  try {
    return readKey(state.noun, segments);
  } catch (error) {
    if (error instanceof KeyError) fail(state, error.expected, token);
    throw error;
  }
}

function operator(state: State): Operator {
  const token = peek(state);
  if (token.kind === 'sign' && COMPARATORS.includes(token.value as Comparator)) {
    state.position++;
    return token.value as Comparator;
  }
  if (accept(state, 'IS')) {
    const op = accept(state, 'NOT') ? 'IS NOT NULL' : 'IS NULL';
    if (!accept(state, 'NULL')) fail(state, op === 'IS NULL' ? 'NULL or NOT NULL after IS' : 'NULL after IS NOT');
    return op;
  }
  if (accept(state, 'NOT')) return accept(state, 'IN') ? 'NOT IN' : fail(state, 'IN after NOT');
  for (const op of ['LIKE', 'ILIKE', 'IN'] as const) if (accept(state, op)) return op;
  return fail(state, 'an operator, one of =, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT IN or IS');
}

function list(state: State, one: () => string | number): (string | number)[] {
  const values: (string | number)[] = [];
  if (!acceptSign(state, '(')) fail(state, 'an opening bracket after IN');
  do {
    // Python's tuple of one value is written with a comma at its end.
    if (values.length > 0 && peek(state).kind === 'sign') break;
    if (values.length === MAX_LIST) fail(state, `at most ${MAX_LIST} values in a list`, peek(state), 'one more');
    values.push(one());
  } while (acceptSign(state, ','));
  if (!acceptSign(state, ')')) fail(state, 'a comma or a closing bracket');
  return values;
}

function value(state: State, key: Key, op: Operator): string | number {
  const token = peek(state);
  const read = readValue(state.noun, key, op, token, state.text.slice(token.at, token.end));
  if (typeof read === 'object') return fail(state, `${read.expected} after ${shown(key.written)} ${op}`);
  state.position++;
  return read;
}
