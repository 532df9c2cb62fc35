import { accept, acceptSign, type Cursor, fail, keyword, peek } from './cursor.ts';
import {
  COMPARATORS,
  type Comparator,
  type Filter,
  type Noun,
  type Operator,
  propertyKey,
  type Scalar,
} from './filter.ts';
import { type Place, VOCABULARIES, type Vocabulary } from './keys.ts';
import { readValue } from './literals.ts';
import { type Segment, shown, type Token, tokenize } from './tokens.ts';

const MAX_COMPARISONS = 100;
const MAX_DEPTH = 32;
const MAX_LIST = 1_000;
const MAX_VALUES = 5_000;
const KEYWORDS = ['AND', 'OR', 'NOT', 'LIKE', 'ILIKE', 'IN', 'IS', 'NULL', 'TRUE', 'FALSE'];
const OPERATORS = 'one of =, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT or IS';

const FAMILIES = new Map([
  ['tag', 'tags'],
  ['tags', 'tags'],
  ['metric', 'metrics'],
  ['metrics', 'metrics'],
  ['properties', 'properties'],
]);

interface State extends Cursor {
  words: Vocabulary;
  comparisons: number;
  values: number;
}

/**
 * Reads a filter of a search of models or versions, or of whatever has these keys: a superset of MLflow's (mlflow/utils/search_utils.py). Throws
 * FilterError. `NOT` binds tighter than `AND`, which binds tighter than `OR`.
 */
export function parseFilter(text: string, of: Noun | Vocabulary): Filter {
  const state: State = {
    text,
    words: typeof of === 'string' ? VOCABULARIES[of] : of,
    tokens: tokenize(text),
    position: 0,
    keywords: KEYWORDS,
    comparisons: 0,
    values: 0,
  };
  const filter = disjunction(state, 0);
  if (peek(state).kind !== 'end') fail(state, 'AND, OR or the end of the filter');
  return filter;
}

function disjunction(state: State, depth: number): Filter {
  return chain(state, 'OR', () => chain(state, 'AND', () => term(state, depth)));
}

function chain(state: State, op: 'AND' | 'OR', part: () => Filter): Filter {
  const parts = [part()];
  while (accept(state, op)) parts.push(part());
  return parts.length === 1 ? parts[0]! : { op, parts };
}

function term(state: State, depth: number): Filter {
  const start = peek(state);
  if (accept(state, 'NOT')) {
    assertDepth(state, depth, start);
    return { op: 'NOT', part: term(state, depth + 1) };
  }
  if (!acceptSign(state, '(')) return comparison(state);
  assertDepth(state, depth, start);
  const inner = disjunction(state, depth + 1);
  if (!acceptSign(state, ')')) fail(state, 'AND, OR or a closing bracket');
  return inner;
}

function assertDepth(state: State, depth: number, at: Token): void {
  if (depth >= MAX_DEPTH) fail(state, `at most ${MAX_DEPTH} brackets and NOTs in each other`, at, 'one more');
}

function comparison(state: State): Filter {
  const token = peek(state);
  if (token.kind !== 'path' || keyword(state, token) !== undefined) fail(state, 'a key such as name or tags.team');
  if (++state.comparisons > MAX_COMPARISONS) fail(state, `at most ${MAX_COMPARISONS} comparisons`, token, 'one more');
  const { written, key, place } = readKey(state, token);
  state.position++;
  const before = peek(state);
  const op = operator(state);
  if (op.endsWith('LIKE') && place.type !== 'text' && place.type !== 'any') {
    fail(state, `one of =, !=, <, <=, >, >=, IN or IS after ${shown(written)}, which is a ${place.type}`, before);
  }
  const values: Scalar[] = [];
  const one = () => values.push(value(state, place, written, op));
  if (op === 'IN' || op === 'NOT IN') list(state, one);
  else if (op !== 'IS NULL' && op !== 'IS NOT NULL') one();
  return { op, key, values };
}

function readKey(state: State, token: Token & { kind: 'path' }): { written: string; key: string; place: Place } {
  let path = token.segments;
  // A key that is quoted as a whole, `"tags.odd key"`, is read as if it stood bare.
  if (path.length === 1 && path[0]!.quote !== '') path = path[0]!.text.split('.').map((text) => ({ text, quote: '' }));
  const first = path[0]!.text;
  if ((first === 'attribute' || first === 'attributes') && path.length > 1) path = path.slice(1);
  const key = canonical(state, token, path);
  const place = state.words.placeOf(key);
  const written = path.map((segment) => segment.text).join('.');
  if (place === undefined) fail(state, state.words.known(written), token);
  return { written, key, place };
}

function canonical(state: State, token: Token, path: Segment[]): string {
  const [first, ...rest] = path;
  const family = FAMILIES.get(first!.text);
  if (family === undefined) {
    const name = path.map((segment) => segment.text).join('.');
    return state.words.otherNames.get(name) ?? name;
  }
  const raw = rest.map((segment) => segment.text).join('.');
  const torn = rest.length === 0 || rest.some((segment) => segment.text === '' && segment.quote === '');
  if (family === 'properties' ? torn : raw === '') fail(state, `a name after ${family}.`, token);
  return family === 'properties' ? propertyKey(rest.map((segment) => segment.text)) : `${family}.${raw}`;
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
  const not = accept(state, 'NOT');
  for (const op of ['LIKE', 'ILIKE', 'IN'] as const) if (accept(state, op)) return not ? `NOT ${op}` : op;
  return fail(state, not ? 'LIKE, ILIKE or IN after NOT' : OPERATORS);
}

function list(state: State, one: () => number): void {
  if (!acceptSign(state, '(')) fail(state, 'an opening bracket after IN');
  do {
    if (one() > MAX_LIST)
      fail(state, `at most ${MAX_LIST} values in a list`, state.tokens[state.position - 1], 'one more');
  } while (acceptSign(state, ','));
  if (!acceptSign(state, ')')) fail(state, 'a comma or a closing bracket');
}

function value(state: State, place: Place, key: string, op: Operator): Scalar {
  const token = peek(state);
  const literal = literalOf(token, place);
  const read = literal === undefined ? { expected: expectedOf(place) } : readValue(place, key, op, literal);
  if ('expected' in read) return fail(state, `${read.expected} after ${shown(key)} ${op}`);
  if (++state.values > MAX_VALUES) fail(state, `at most ${MAX_VALUES} values in all`, token, 'one more');
  state.position++;
  return read.value;
}

function literalOf(token: Token, place: Place): Scalar | undefined {
  if (token.kind === 'text' || token.kind === 'number') return token.value;
  if (token.kind !== 'path' || token.segments.length !== 1) return undefined;
  const { text, quote } = token.segments[0]!;
  if (quote === '"') return text;
  const word = quote === '' && place.type === 'any' ? text.toLowerCase() : '';
  return word === 'true' || word === 'false' ? word === 'true' : undefined;
}

function expectedOf({ type }: Place): string {
  return type === 'number' ? 'a number' : type === 'any' ? 'text in quotes, a number, true or false' : 'text in quotes';
}
