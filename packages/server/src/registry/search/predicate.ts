import { sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import { exists, type Sql } from '../paging/sql.ts';
import { facetsBy, isAmongFirst, isBeyondFirst, type Scope } from './at.ts';
import { HEAD, headOf, keptFolded, keptText } from './facets.ts';
import { type Comparison, type Filter, isComparison, type Operator, type Scalar } from './filter.ts';
import { type Place, placeOf } from './keys.ts';
import { toGlob } from './like.ts';

/** A scope, and the comparison that all rows satisfy already. */
export type Compiling = Scope & { given?: Comparison | undefined };

/** The filter as a condition over the tables `model` or `version` and `model`. It is never null: NOT is its complement. */
export function predicate(filter: Filter, at: Compiling): Sql {
  if (isComparison(filter)) return filter === at.given ? sql`true` : comparison(filter, at);
  if (filter.op === 'NOT') return sql`not (${predicate(filter.part, at)})`;
  const parts = filter.parts.map((part) => sql`(${predicate(part, at)})`);
  return sql.join(parts, filter.op === 'AND' ? sql` and ` : sql` or `);
}

function comparison(one: Comparison, at: Compiling): Sql {
  const place = placeOf(at.noun, one.key)!;
  const inColumn = place.column !== undefined && !(place.listed && one.op.endsWith('ILIKE'));
  if (at.noun === 'model' && place.of === 'version') return ofSomeVersion(one, place, inColumn, at);
  if (!inColumn) return ofFacets(one, place, at);
  const column = sql.ref(`${place.of}.${place.column}`);
  const condition = onColumn(one, place, column, at.dialect);
  return place.nullable && !one.op.startsWith('IS') ? sql`(${column} is not null and ${condition})` : condition;
}

function ofFacets(one: Comparison, place: Place, { noun, dialect }: Compiling): Sql {
  const owner = sql.ref(`${place.of}_facet.${place.of}_id`);
  const id = place.of === 'model' && noun === 'version' ? sql.ref('version.model_id') : sql.ref(`${place.of}.id`);
  const rows = sql`${facetsBy(place.of, dialect)} where ${owner} = ${id} and key = ${one.key}`;
  if (one.op === 'IS NULL') return sql`not ${exists(rows, dialect)}`;
  return exists(sql`${rows} and ${onFacet(one, place, dialect)}`, dialect);
}

/** A key of versions on a model: some live version satisfies it. */
function ofSomeVersion(one: Comparison, place: Place, inColumn: boolean, { dialect }: Compiling): Sql {
  const live = sql`version.model_id = model.id and version.deregistered is null`;
  if (inColumn && (!place.listed || one.op === 'IS NULL')) {
    const column = sql.ref(`version.${place.column}`);
    return exists(sql`version where ${live} and ${onColumn(one, place, column, dialect)}`, dialect);
  }
  const facets = (by: Sql) => sql`version_facet.key = ${one.key} and ${by}`;
  if (one.op === 'IS NULL') {
    const rows = sql`${facetsBy('version', dialect)} where ${facets(sql`version_facet.version_id = version.id`)}`;
    return exists(sql`version where ${live} and not ${exists(rows, dialect)}`, dialect);
  }
  const matching = onFacet(one, place, dialect);
  // From the versions, each with its own facets.
  const among = (versions: Sql) => {
    const rows = sql`version cross join ${facetsBy('version', dialect)}`;
    const own = facets(sql`version_facet.version_id = version.id`);
    return exists(sql`${rows} where ${versions} and ${own} and ${matching}`, dialect);
  };
  const index = indexFor(one);
  if (index === 'owner') return among(live);
  // From the facets of the model that match; a version in the trash still has its own.
  const found = (facetsThat: Sql) => {
    const rows = sql`${facetsBy('version', dialect, index)} cross join version`;
    const joined = facets(sql`version_facet.model_id = model.id and version.id = version_facet.version_id`);
    return exists(sql`${rows} where ${joined} and ${facetsThat} and version.deregistered is null`, dialect);
  };
  if (index === 'num_in') return found(matching);
  const beyond = found(sql`${isBeyondFirst('version_facet.number')} and ${matching}`);
  return sql`(${beyond} or ${among(sql`${live} and ${isAmongFirst('version.number')}`)})`;
}

/** The index in which the matches of one model's versions stand together. */
function indexFor({ op, values }: Comparison): 'owner' | 'text_in' | 'num_in' {
  if (values.length > 0 && values.every((value) => typeof value === 'number'))
    return op === '!=' || op === 'NOT IN' ? 'owner' : 'num_in';
  return (op === '=' || op === 'IN') && values.every((value) => typeof value === 'string') ? 'text_in' : 'owner';
}

/** Over one column, where it is not null. */
export function onColumn({ op, values }: Comparison, place: Place, column: Sql, dialect: Dialect): Sql {
  if (op === 'IS NULL') return sql`${column} is null`;
  if (op === 'IS NOT NULL') return sql`${column} is not null`;
  if (place.type !== 'text') return onInteger(column, op, values as number[]);
  if (!op.endsWith('LIKE')) return compared(column, op, values);
  const pattern = String(values[0]);
  return like(column, op, op.endsWith('ILIKE') ? pattern.toLowerCase() : pattern, dialect);
}

/** Case-sensitive and without an escape on both: GLOB on SQLite, whose LIKE takes ASCII letters of both cases for one. */
function like(column: Sql, op: Operator, pattern: string, dialect: Dialect): Sql {
  const not = op.startsWith('NOT') ? sql`not ` : sql``;
  if (dialect === 'sqlite') return sql`${column} ${not}glob ${toGlob(pattern)}`;
  return sql`${column} ${not}like ${pattern} escape ''`;
}

export function compared(column: Sql, op: Operator, values: readonly Scalar[]): Sql {
  if (op === 'IN' || op === 'NOT IN') return sql`${column} ${sql.raw(op.toLowerCase())} (${sql.join([...values])})`;
  return sql`${column} ${sql.raw(op === '!=' ? '<>' : op)} ${values[0]}`;
}

const BEYOND = 2 ** 53;

/** Integer columns against any number: a fraction equals none of them, and bounds are rounded towards it. */
export function onInteger(column: Sql, op: Operator, values: readonly number[]): Sql {
  const whole = values.filter((value) => Number.isSafeInteger(value));
  const value = values[0]!;
  if (op === '=' || op === 'IN') return whole.length > 0 ? compared(column, op, whole) : sql`false`;
  if (op === '!=' || op === 'NOT IN') return whole.length > 0 ? compared(column, op, whole) : sql`true`;
  if (Number.isSafeInteger(value)) return compared(column, op, [value]);
  const floor = Math.max(-BEYOND, Math.min(BEYOND, Math.floor(value)));
  return compared(column, op.startsWith('<') ? '<=' : '>', [floor]);
}

/** Over the facets of one key. */
export function onFacet({ op, values }: Comparison, place: Place, dialect: Dialect): Sql {
  if (op === 'IS NOT NULL') return sql`true`;
  if (op.endsWith('LIKE')) return typed(place, 'string', onPattern(op, String(values[0]), dialect));
  const types = (['string', 'number', 'boolean'] as const).flatMap((type) => {
    const some = values.filter((value) => typeof value === type);
    if (some.length === 0) return [];
    const condition = type === 'string' ? onText(op, some as string[]) : compared(sql.ref('num'), op, some.map(Number));
    return [typed(place, type, condition)];
  });
  return sql`(${sql.join(types, sql` or `)})`;
}

/** Properties hold text, numbers and booleans under one key; a row of another type satisfies nothing. */
function typed(place: Place, type: 'string' | 'number' | 'boolean', condition: Sql): Sql {
  if (place.type !== 'any') return condition;
  if (type === 'string') return sql`(num is null and ${condition})`;
  return type === 'number' ? sql`(head is null and ${condition})` : sql`(head is not null and ${condition})`;
}

function onPattern(op: Operator, pattern: string, dialect: Dialect): Sql {
  if (op.endsWith('ILIKE')) return like(keptFolded(), op, pattern.toLowerCase(), dialect);
  return like(keptText(), op, pattern, dialect);
}

/** Equality goes by the indexed head; text that is shorter than a head may be is its own head. */
function onText(op: Operator, values: readonly string[]): Sql {
  if (op !== '=' && op !== 'IN') return compared(keptText(), op, values);
  const indexed = compared(sql.ref('head'), op, values.map(headOf));
  const short = values.every((value) => [...value].length < HEAD);
  return short ? indexed : sql`(${indexed} and ${compared(keptText(), op, values)})`;
}
