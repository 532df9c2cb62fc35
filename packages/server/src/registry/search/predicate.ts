import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import { HEAD } from './facets.ts';
import { type Comparison, type Filter, isComparison, type Noun, type Operator, type Scalar } from './filter.ts';
import { type Place, placeOf } from './keys.ts';
import { afterPrefix, prefixOf, toGlob } from './like.ts';

export type Condition = RawBuilder<unknown>;

/**
 * The facets where those of one subject are asked for. SQLite, which knows no statistics, would read all of a key
 * because that index covers the query: it is told which one to take.
 */
export function facetsOfOne(of: Noun, dialect: Dialect, index: 'owner' | 'text' = 'owner'): Condition {
  const facets = sql.table(`${of}_facet`);
  return dialect === 'sqlite' ? sql`${facets} indexed by ${sql.ref(`${of}_facet_${index}`)}` : facets;
}

export interface Compiling {
  dialect: Dialect;
  noun: Noun;
  /** Equalities that few rows satisfy: the database is to start from these. */
  few: ReadonlySet<Comparison>;
  /** Equalities that many rows satisfy: the database is not to start from these. */
  many: ReadonlySet<Comparison>;
  /** So many comparisons that PostgreSQL is not to weigh them all as joins: planning a hundred takes it a second. */
  opaque: boolean;
}

/** The filter as a condition over the tables `model` or `version` and `model`. It is never null: NOT is its complement. */
export function predicate(filter: Filter, at: Compiling): Condition {
  if (isComparison(filter)) return comparison(filter, at);
  if (filter.op === 'NOT') return sql`not (${predicate(filter.part, at)})`;
  const parts = filter.parts.map((part) => sql`(${predicate(part, at)})`);
  return sql.join(parts, filter.op === 'AND' ? sql` and ` : sql` or `);
}

function comparison(one: Comparison, at: Compiling): Condition {
  const place = placeOf(at.noun, one.key)!;
  const own = place.column !== undefined && !(place.folded && one.op.endsWith('ILIKE')) ? onColumn : onFacets;
  const condition = own(one, place, at);
  // Without statistics SQLite takes the index of the sort for the better one.
  if (own === onColumn && at.few.has(one) && at.dialect === 'sqlite') {
    const table = sql.ref(at.noun);
    return sql`${table}.id in (select ${table}.id from ${table} where ${condition})`;
  }
  if (at.noun === 'version' || place.of === 'model') return condition;
  // A key of versions on a model: some live version satisfies it.
  const live = sql`version.deregistered is null and ${condition}`;
  if (at.few.has(one)) return among(sql.ref('model.id'), sql`version.model_id from version where ${live}`, at);
  return exists(one, sql`version where version.model_id = model.id and ${live}`, at);
}

/** One of few ids. To PostgreSQL as an array, whose length it guesses as small: its statistics of facets are too coarse. */
function among(id: Condition, selected: Condition, { dialect }: Compiling): Condition {
  return dialect === 'sqlite' ? sql`${id} in (select ${selected})` : sql`${id} = any(array(select ${selected}))`;
}

/** Whether there are such rows. In a select of its own PostgreSQL asks it row by row, and weighs no join instead. */
function exists(one: Comparison, rows: Condition, at: Compiling): Condition {
  const found = sql`exists (select 1 from ${rows})`;
  const byRow = at.dialect === 'postgres' && (at.opaque || at.many.has(one));
  return byRow ? sql`(select ${found})` : found;
}

/** Over the row itself. */
export function onColumn(one: Comparison, place: Place, at: Compiling): Condition {
  const { op, values } = one;
  const column = sql.ref(`${place.of}.${place.column}`);
  if (op === 'IS NULL') return sql`${column} is null`;
  if (op === 'IS NOT NULL') return sql`${column} is not null`;
  // A plus keeps SQLite from the column's index. PostgreSQL knows how common a value is.
  const shy = at.many.has(one) && at.dialect === 'sqlite' ? sql`+${column}` : column;
  const condition = place.type === 'text' ? onText(shy, op, values, at) : onInteger(shy, op, values as number[]);
  return place.nullable ? sql`(${column} is not null and ${condition})` : condition;
}

function onText(column: Condition, op: Operator, values: readonly Scalar[], at: Compiling): Condition {
  if (!op.endsWith('LIKE')) return compared(column, op, values);
  const pattern = String(values[0]);
  if (op.endsWith('ILIKE')) return like(column, op, pattern.toLowerCase(), at.dialect);
  return op === 'LIKE' ? sql`(${withPrefix(column, pattern, at.dialect)})` : like(column, op, pattern, at.dialect);
}

/** A pattern that begins with text is a range of the column, which an index finds, and the pattern within it. */
function withPrefix(column: Condition, pattern: string, dialect: Dialect): Condition {
  const range = prefixRange(column, prefixOf(pattern));
  return range === undefined
    ? like(column, 'LIKE', pattern, dialect)
    : sql`${range} and ${like(column, 'LIKE', pattern, dialect)}`;
}

function prefixRange(column: Condition, prefix: string): Condition | undefined {
  const end = afterPrefix(prefix);
  return prefix === '' || end === undefined ? undefined : sql`${column} >= ${prefix} and ${column} < ${end}`;
}

/** Case-sensitive and without an escape on both: GLOB on SQLite, whose LIKE takes ASCII letters of both cases for one. */
function like(column: Condition, op: Operator, pattern: string, dialect: Dialect): Condition {
  const not = op.startsWith('NOT') ? sql`not ` : sql``;
  if (dialect === 'sqlite') return sql`${column} ${not}glob ${toGlob(pattern)}`;
  return sql`${column} ${not}like ${pattern} escape ''`;
}

function compared(column: Condition, op: Operator, values: readonly Scalar[]): Condition {
  if (op === 'IN' || op === 'NOT IN') return sql`${column} ${sql.raw(op.toLowerCase())} (${sql.join([...values])})`;
  return sql`${column} ${sql.raw(op === '!=' ? '<>' : op)} ${values[0]}`;
}

const BEYOND = 2 ** 53;

/** Integer columns against any number: a fraction equals none of them, and bounds are rounded towards it. */
function onInteger(column: Condition, op: Operator, values: readonly number[]): Condition {
  const whole = values.filter((value) => Number.isSafeInteger(value));
  const value = values[0]!;
  if (op === '=' || op === 'IN') return whole.length > 0 ? compared(column, op, whole) : sql`false`;
  if (op === '!=' || op === 'NOT IN') return whole.length > 0 ? compared(column, op, whole) : sql`true`;
  if (Number.isSafeInteger(value)) return compared(column, op, [value]);
  const floor = Math.max(-BEYOND, Math.min(BEYOND, Math.floor(value)));
  return compared(column, op.startsWith('<') ? '<=' : '>', [floor]);
}

function onFacets(one: Comparison, place: Place, at: Compiling): Condition {
  const owner = sql.ref(`${place.of}_facet.${place.of}_id`);
  const id = place.of === 'model' && at.noun === 'version' ? sql.ref('version.model_id') : sql.ref(`${place.of}.id`);
  const ofOne = facetsOfOne(
    place.of,
    at.dialect,
    one.op === '=' && typeof one.values[0] === 'string' ? 'text' : 'owner',
  );
  if (one.op === 'IS NULL') return sql`not exists (select 1 from ${ofOne} where ${owner} = ${id} and key = ${one.key})`;
  const rows = sql`key = ${one.key} and ${facetCondition(one, place, at)}`;
  if (!at.few.has(one)) return exists(one, sql`${ofOne} where ${owner} = ${id} and ${rows}`, at);
  return among(id, sql`${owner} from ${sql.table(`${place.of}_facet`)} where ${rows}`, at);
}

/** Over the rows of one key. */
export function facetCondition({ op, values }: Comparison, place: Place, at: Pick<Compiling, 'dialect'>): Condition {
  if (op === 'IS NOT NULL') return sql`true`;
  if (op.endsWith('LIKE')) return typed(place, 'string', facetPattern(op, String(values[0]), at.dialect));
  const types = (['string', 'number', 'boolean'] as const).map((type) => {
    const some = values.filter((value) => typeof value === type);
    if (some.length === 0) return undefined;
    if (type === 'string') return typed(place, type, facetText(op, some as string[]));
    return typed(place, type, compared(sql.ref('num'), op, some.map(Number)));
  });
  return sql`(${sql.join(
    types.filter((type) => type !== undefined),
    sql` or `,
  )})`;
}

/** Properties hold text, numbers and booleans under one key; a row of another type satisfies nothing. */
function typed(place: Place, type: 'string' | 'number' | 'boolean', condition: Condition): Condition {
  if (place.type !== 'any') return condition;
  if (type === 'string') return sql`(num is null and ${condition})`;
  return type === 'number' ? sql`(text is null and ${condition})` : sql`(text is not null and ${condition})`;
}

function facetPattern(op: Operator, pattern: string, dialect: Dialect): Condition {
  if (op.endsWith('ILIKE')) return like(sql.ref('folded'), op, pattern.toLowerCase(), dialect);
  const matched = like(sql.ref('text'), op, pattern, dialect);
  const prefix = [...prefixOf(pattern)].slice(0, HEAD).join('');
  const range = op === 'LIKE' ? prefixRange(sql.ref('head'), prefix) : undefined;
  return range === undefined ? matched : sql`(${range} and ${matched})`;
}

/** Equality goes by the indexed head; text that is shorter than a head may be is its own head. */
function facetText(op: Operator, values: readonly string[]): Condition {
  if (op !== '=' && op !== 'IN') return compared(sql.ref('text'), op, values);
  const heads = values.map((value) => [...value].slice(0, HEAD).join(''));
  const indexed = compared(sql.ref('head'), op, heads);
  const short = values.every((value) => [...value].length < HEAD);
  return short ? indexed : sql`(${indexed} and ${compared(sql.ref('text'), op, values)})`;
}
