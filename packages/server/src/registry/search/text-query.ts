import { QueryError } from './errors.ts';
import { compoundsOf, type Run, type TextTokens } from './words.ts';

const MAX_Q = 500;
const MAX_WORDS = 16;
const MAX_PAIRS = 32;

export type Term = { prefix: string } | { all: Term[] } | { any: Term[] };
export const FIELDS = ['name', 'tags', 'description', 'card'] as const;
export type Field = (typeof FIELDS)[number];
/** The weight that each field's words have in a tsvector. */
const LABELS: Record<Field, string> = { name: 'A', tags: 'B', description: 'C', card: 'D' };

/** The words of `q`, each to be matched as a prefix; undefined where there are none, and then `q` asks for nothing. */
export function queryOf(q: string | undefined): Term[] | undefined {
  if (q === undefined) return undefined;
  if (q.length > MAX_Q) throw new QueryError('q', `q may have at most ${MAX_Q} characters`);
  const words = [...compoundsOf(q)].map(({ whole, runs }) => {
    const parts = every(runs.map(runTerm));
    return whole === undefined ? parts : { any: [{ prefix: whole }, parts] };
  });
  if (words.length > MAX_WORDS) throw new QueryError('q', `q may have at most ${MAX_WORDS} words`);
  return words.length === 0 ? undefined : words;
}

function runTerm(run: Run): Term {
  if ('word' in run) {
    const word = { prefix: run.word };
    return run.humps.length < 2 ? word : { any: [word, every(run.humps.map((prefix) => ({ prefix })))] };
  }
  if (run.pairs.length === 0) return { prefix: run.characters[0]! };
  return every(run.pairs.slice(0, MAX_PAIRS).map((prefix) => ({ prefix })));
}

function every(all: Term[]): Term {
  return all.length === 1 ? all[0]! : { all };
}

/** As text of FTS5's MATCH; of a field, that all of it stands in that field. */
export function toMatch(term: Term, field?: Field): string {
  const text = toText(term, (prefix) => `"${prefix.replaceAll('"', '""')}" *`, [' AND ', ' OR ']);
  return field === undefined ? text : `{${field}} : ${text}`;
}

/** As a tsquery. */
export function toTsquery(term: Term, field?: Field): string {
  const label = field === undefined ? '' : LABELS[field];
  const quoted = (prefix: string) => `'${prefix.replaceAll('\\', '\\\\').replaceAll("'", "''")}':*${label}`;
  return toText(term, quoted, [' & ', ' | ']);
}

function toText(term: Term, leaf: (prefix: string) => string, [and, or]: [string, string]): string {
  const inner = (some: Term[], joint: string) => some.map((one) => toText(one, leaf, [and, or])).join(joint);
  if ('prefix' in term) return `(${leaf(term.prefix)})`;
  return 'all' in term ? `(${inner(term.all, and)})` : `(${inner(term.any, or)})`;
}

/** The tsvector of a subject's tokens, without a parser in between. One position per field carries the field's weight. */
export function toTsvector(tokens: TextTokens): string {
  const lexemes = new Map<string, string[]>();
  for (const [i, field] of FIELDS.entries()) {
    for (const token of tokens[field]) {
      const places = lexemes.get(token);
      if (places) places.push(`${i + 1}${LABELS[field]}`);
      else lexemes.set(token, [`${i + 1}${LABELS[field]}`]);
    }
  }
  const quoted = (token: string) => `'${token.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return [...lexemes].map(([token, places]) => `${quoted(token)}:${places}`).join(' ');
}

/** What a field that holds some word adds to the rank; the name once more where it holds all. */
export const WEIGHTS: Record<Field, number> = { name: 8, tags: 4, description: 2, card: 1 };
export const ALL_IN_NAME = 16;

/** The rank of a subject under the words, or undefined if not every word is in it. */
export function rankOf(tokens: TextTokens, words: readonly Term[]): number | undefined {
  const everything = FIELDS.flatMap((field) => tokens[field]);
  if (!words.every((word) => holds(everything, word))) return undefined;
  const found = FIELDS.filter((field) => words.some((word) => holds(tokens[field], word)));
  const rank = found.reduce((sum, field) => sum + WEIGHTS[field], 0);
  return words.every((word) => holds(tokens.name, word)) ? rank + ALL_IN_NAME : rank;
}

function holds(tokens: readonly string[], term: Term): boolean {
  if ('prefix' in term) return tokens.some((token) => token.startsWith(term.prefix));
  return 'all' in term ? term.all.every((one) => holds(tokens, one)) : term.any.some((one) => holds(tokens, one));
}
