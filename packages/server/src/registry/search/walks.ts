import { sql } from 'kysely';
import type { Value } from '../paging/page-token.ts';
import { rowByRow, type Sql } from '../paging/sql.ts';
import type { Track } from '../paging/stretches.ts';
import { FIRST_VERSIONS, isBeyondFirst, type Scope } from './at.ts';
import { HEAD } from './facets.ts';
import { type Comparison, type Filter, isComparison, type Noun } from './filter.ts';
import { type KeyType, placeOf } from './keys.ts';
import type { Level } from './levels.ts';
import { compared } from './predicate.ts';
import { numberRange, textRange } from './ranges.ts';
import { NEWEST } from './sort.ts';
import { type Term, toMatch } from './text-query.ts';

/** A track of subjects. */
export interface Walk extends Track {
  holds: 'number' | 'string';
  /** The id of the subject that a row is of. */
  owner: Sql;
  /** A comparison of the filter that all rows satisfy. */
  given?: Comparison | undefined;
  /** Whether a subject may have several rows. */
  several?: boolean;
  /** Whether all rows hold the words that are searched for. */
  haveWords?: boolean;
}

/** The parts of a filter that every match satisfies. */
export function required(filter: Filter | undefined): Filter[] {
  if (filter === undefined) return [];
  return !isComparison(filter) && filter.op === 'AND' ? filter.parts.flatMap(required) : [filter];
}

/** The walks along a key of a sort: its numbers, then its texts. */
export function walksAlong(scope: Scope, level: Level, filter: Filter | undefined): Walk[] {
  const { key, number, text, several } = level;
  const { of, type, column, listed, indexed } = placeOf(scope.noun, key)!;
  const own = required(filter).filter((one): one is Comparison => !several && isComparison(one) && one.key === key);
  if (column !== undefined && (of !== scope.noun || !listed)) {
    const value = sql.ref(`walk.${column}`);
    const ranges = own.map((one) => (type === 'text' ? textRange(value, one, false) : numberRange(value, one, true)));
    const walk = alongColumn(scope, of, type, value, ranges);
    return [indexed ? { ...walk, where: [...walk.where, ...notInTrash(scope)] } : walk];
  }
  const from = sql`${sql.table(`${of}_facet`)} as walk`;
  const owner = sql.ref(of === scope.noun ? `walk.${of}_id` : 'walk.model_id');
  const facets = (value: Sql, ranges: (Sql | undefined)[]) => {
    const where = [sql`walk.key = ${key}`, sql`${value} is not null`, ...ranges.filter(isThere)];
    return { from, where, value, owner, effort: 1 };
  };
  const [num, head] = [sql`walk.num`, sql`walk.head`];
  const numbers = facets(
    num,
    own.map((one) => numberRange(num, one, false)),
  );
  const texts = facets(
    head,
    own.map((one) => textRange(head, one, true)),
  );
  // An index has the numbers of one model together. A boolean has a text too.
  numbers.where.push(...within(scope));
  if (number && text) texts.where.push(sql`walk.num is null`);
  return [
    ...(number ? [{ ...numbers, holds: 'number' as const }] : []),
    ...(text ? [{ ...texts, holds: 'string' as const }] : []),
  ];
}

function alongColumn({ noun, dialect }: Scope, of: Noun, type: KeyType, value: Sql, ranges: (Sql | undefined)[]): Walk {
  const holds = type === 'text' ? 'string' : 'number';
  const where = [sql`${value} is not null`, ...ranges.filter(isThere)];
  const along = { where, value, holds, effort: 1 } as const;
  if (of === noun) return { ...along, from: sql`${sql.table(noun)} as walk`, owner: sql`walk.id` };
  // Versions in order of their model's name.
  const versions = rowByRow(dialect, { table: 'version', as: 'of_walk', key: 'model_id' }, sql`walk.id`);
  const from = sql`model as walk cross join ${versions.table}`;
  return { ...along, from, where: [versions.on, ...where], owner: sql`of_walk.id` };
}

function isThere(condition: Sql | undefined): condition is Sql {
  return condition !== undefined;
}

/** What it takes to ask the full-text index about one subject. */
const EFFORT_OF_WORDS = { sqlite: 30, postgres: 3 };

/**
 * The walks along the end of a list's order: over all subjects, those that hold the words, or those of one value that
 * every match has. Which one to take shows as they are walked.
 */
export function walksToEnd(scope: Scope, end: Level, filter: Filter | undefined, words: Term[] | undefined): Walk[] {
  const { noun, dialect } = scope;
  const effort = words ? EFFORT_OF_WORDS[dialect] : 1;
  const comparisons = required(filter).filter(isComparison);
  const equal = comparisons.flatMap((one) => alongEqual(scope, end, one) ?? []).map((walk) => ({ ...walk, effort }));
  if (words && dialect === 'sqlite' && end.key === NEWEST) {
    const table = `${noun}_text`;
    const where = [sql`${sql.ref(table)} match ${toMatch({ all: words })}`];
    const id = { value: sql`walk.rowid`, owner: sql`walk.rowid`, holds: 'number' as const, byId: true };
    return [...equal, { from: sql`${sql.table(table)} as walk`, where, ...id, haveWords: true, effort: 1 }];
  }
  const value = sql.ref(end.key === NEWEST ? 'walk.id' : `walk.${end.key}`);
  const ranges = comparisons
    .filter(({ key }) => key === end.key)
    .map((one) => {
      return end.text ? textRange(value, one, false) : numberRange(value, one, true);
    });
  const where = [...within(scope), ...ranges.filter(isThere)];
  const holds = end.text ? 'string' : 'number';
  const byId = end.key === NEWEST;
  return [...equal, { from: sql`${sql.table(noun)} as walk`, where, value, byId, holds, owner: sql`walk.id`, effort }];
}

/** The subjects of one value of a key, in the order of a list's end, where an index has them so. */
export function alongEqual(scope: Scope, end: Level, one: Comparison): Walk | undefined {
  const { noun } = scope;
  const { of, type, column, listed, indexed, several } = placeOf(noun, one.key)!;
  if (one.op !== '=' || of !== noun) return undefined;
  if (indexed) return alongIndexed(scope, end, one, sql.ref(`walk.${column}`));
  if (column !== undefined && !listed) return undefined;
  if (noun === 'model' && end.key !== 'name') return undefined;
  const isNumber = typeof one.values[0] === 'number';
  if (isNumber && end.key !== NEWEST) return undefined;
  const range = isNumber ? numberRange(sql`walk.num`, one, false) : textRange(sql`walk.head`, asText(one), true);
  const whole = type === 'text' && [...String(one.values[0])].length < HEAD;
  // In the order of the numbers that index holds, and no other.
  const isInModel = scope.model_id !== undefined && end.key === 'number';
  return {
    from: sql`${sql.table(`${noun}_facet`)} as walk`,
    where: [sql`walk.key = ${one.key}`, range!, ...within(scope), ...(isInModel ? [isBeyondFirst('walk.number')] : [])],
    ...(isInModel && { above: FIRST_VERSIONS }),
    value: sql.ref(end.key === NEWEST ? 'walk.version_id' : `walk.${end.key}`),
    byId: end.key === NEWEST,
    owner: sql.ref(`walk.${noun}_id`),
    holds: end.text ? 'string' : 'number',
    given: whole ? one : undefined,
    several: several && !whole,
    effort: 1,
  };
}

/** An index has the versions of a value in the order of their ids, another those of one model in that of their numbers. */
function alongIndexed(scope: Scope, end: Level, one: Comparison, column: Sql): Walk {
  const byId = end.key === NEWEST;
  return {
    from: sql`${sql.table(scope.noun)} as walk`,
    where: [compared(column, one.op, one.values), ...notInTrash(scope)],
    value: sql.ref(byId ? 'walk.id' : `walk.${end.key}`),
    byId,
    owner: sql`walk.id`,
    holds: 'number',
    given: one,
    effort: 1,
  };
}

/** A boolean is kept as text too. */
function asText(one: Comparison): Comparison {
  return { ...one, values: one.values.map(String) };
}

/** That a level has this value, as a comparison that a walk may start from. */
export function asComparison({ key, several }: Level, value: Value): Comparison | undefined {
  const canBe = typeof value === 'string' && !several;
  return canBe ? { op: '=', key, values: [value] } : undefined;
}

/** Indexes of columns hold nothing else; facets go when a version does. */
function notInTrash(scope: Scope): Sql[] {
  return [...within(scope), sql`walk.deregistered is null`];
}

function within({ model_id }: Scope): Sql[] {
  return model_id === undefined ? [] : [sql`walk.model_id = ${model_id}`];
}
