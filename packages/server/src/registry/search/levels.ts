import { sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import type { Position, Value } from '../paging/page-token.ts';
import { all, type Sql } from '../paging/sql.ts';
import { facetsBy, isAmongFirst, isBeyondFirst, type Scope } from './at.ts';
import type { Noun } from './filter.ts';
import { placeOf } from './keys.ts';
import { compareScalars } from './order.ts';
import { rankExpression } from './ranking.ts';
import { NEWEST, RANK, type SortKey } from './sort.ts';
import type { Term } from './text-query.ts';

/**
 * One step of a list's order: a key of the sort, or its end, in which no two subjects are equal. A subject has a number
 * or a text there, or neither: numbers come before text, and text before what is missing, in both directions.
 */
export interface Level extends SortKey {
  number?: Sql;
  text?: Sql;
  nullable: boolean;
  /** A subject may have several values: the one that comes first counts. */
  several: boolean;
}

/** The steps of a sort. The key that tells all subjects apart is the last one: what follows it has nothing to order. */
export function levelsOf({ noun, dialect, model_id }: Scope, sort: readonly SortKey[], words?: Term[]): Level[] {
  return withEnd(noun, model_id, sort).map((one): Level => {
    const { key } = one;
    const plain = { ...one, nullable: false, several: false };
    if (key === NEWEST) return { ...plain, number: sql.ref(`${noun}.id`) };
    if (key === RANK) return { ...plain, number: rankExpression(noun, words!, dialect) };
    const { of, column, type, nullable = false } = placeOf(noun, key)!;
    if (column === undefined || isCut(noun, key)) return { ...one, nullable: true, ...ofFacets(noun, one, dialect) };
    return { ...plain, nullable, [type === 'text' ? 'text' : 'number']: sql.ref(`${of}.${column}`) };
  });
}

/** Whether a key sorts by the first 64 characters of its text, which is what the index holds. */
export function isCut(noun: Noun, key: string): boolean {
  const { of, column, type, listed, oneOf } = placeOf(noun, key)!;
  return column === undefined
    ? type !== 'number'
    : of === noun && listed === true && oneOf === undefined && key !== 'name';
}

/** The sort with what orders subjects that are equal in it: models by name, versions the newest first. */
export function withEnd(noun: Noun, model_id: number | undefined, sort: readonly SortKey[]): SortKey[] {
  const end = noun === 'model' ? 'name' : model_id === undefined ? NEWEST : 'number';
  const i = sort.findIndex(({ key }) => key === end || key === NEWEST);
  return i < 0 ? [...sort, { key: end, desc: end !== 'name' }] : sort.slice(0, i + 1);
}

function ofFacets(noun: Noun, { key, desc }: SortKey, dialect: Dialect): Pick<Level, 'number' | 'text' | 'several'> {
  const { of, type, several = false } = placeOf(noun, key)!;
  if (noun === 'model' && of === 'version') return { ...amongVersions(key, desc, dialect), several: true };
  const best = sql.raw(desc ? 'max' : 'min');
  const facets = sql`${facetsBy(of, dialect)} where ${sql.ref(`${of}_facet.${of}_id`)} = ${sql.ref(`${of}.id`)} and key = ${key}`;
  if (type === 'text') return { text: sql`(select ${best}(head) from ${facets})`, several };
  const text = sql`(select case when count(num) = 0 then ${best}(head) end from ${facets})`;
  return { number: sql`(select ${best}(num) from ${facets})`, text, several };
}

/** Of the metrics of a model's live versions, the one that comes first. Their only text is NaN. */
function amongVersions(key: string, desc: boolean, dialect: Dialect): Pick<Level, 'number' | 'text'> {
  const live = sql`cross join version where version_facet.model_id = model.id and key = ${key}
    and version.id = version_facet.version_id and version.deregistered is null`;
  const number = sql`(select num from ${facetsBy('version', dialect, 'num_in')} ${live} and num is not null
    order by num ${sql.raw(desc ? 'desc' : 'asc')} limit 1)`;
  const nan = sql`(select head from ${facetsBy('version', dialect, 'text_in')} ${live}
    and ${isBeyondFirst('version_facet.number')} and head = 'NaN' limit 1)`;
  const first = sql`(select head from version cross join ${facetsBy('version', dialect)} where version.model_id = model.id
    and ${isAmongFirst('version.number')} and version.deregistered is null and version_facet.version_id = version.id
    and key = ${key} and head = 'NaN' limit 1)`;
  // Hardly a metric is NaN: that none is takes one look.
  const some = sql`exists (select 1 from version_facet where key = ${key} and head = 'NaN')`;
  return { number, text: sql`case when ${number} is null and ${some} then coalesce(${nan}, ${first}) end` };
}

/** What a page selects of each level, and by which names. */
export function columnsOf(levels: readonly Level[]): { expression: Sql; as: string }[] {
  return levels.flatMap(({ number, text }, i) => [
    ...(number ? [{ expression: number, as: `n${i}` }] : []),
    ...(text ? [{ expression: text, as: `t${i}` }] : []),
  ]);
}

/** Where a row stands, of what a page selected. */
export function positionOf(levels: readonly Level[], row: Record<string, unknown>): Position {
  return levels.map((_, i) => (row[`n${i}`] ?? row[`t${i}`] ?? null) as Value);
}

export function orderBy(levels: readonly Level[]): Sql {
  const terms = levels.flatMap(({ number, text, desc, nullable }, i) => {
    const direction = sql.raw(`${desc ? 'desc' : 'asc'}${nullable ? ' nulls last' : ''}`);
    return [
      ...(number ? [sql`${sql.ref(`n${i}`)} ${direction}`] : []),
      ...(text ? [sql`${sql.ref(`t${i}`)} ${direction}`] : []),
    ];
  });
  return sql.join(terms);
}

/** Of the levels, the subjects beyond a position. A position may end early: then it stands behind all that share it. */
export function beyond(levels: readonly Level[], position: Position): Sql {
  const [level, ...deeper] = levels;
  const [value, ...rest] = position;
  if (level === undefined || value === undefined) return sql`false`;
  const further = beyondValue(level, value);
  return rest.length === 0 ? further : sql`(${further} or (${equal(level, value)} and ${beyond(deeper, rest)}))`;
}

function beyondValue({ number, text, desc, nullable }: Level, value: Value): Sql {
  if (value === null) return sql`false`;
  const sign = sql.raw(desc ? '<' : '>');
  if (typeof value === 'number')
    return sql`(${number} ${sign} ${value}${nullable ? sql` or ${number} is null` : sql``})`;
  const missing = all([number, text].flatMap((one) => (one ? [sql`${one} is null`] : [])));
  return sql`(${text} ${sign} ${value}${nullable ? sql` or (${missing})` : sql``})`;
}

/** That subjects have this value at a level. */
export function equal({ number, text }: Level, value: Value): Sql {
  if (value !== null) return sql`${typeof value === 'number' ? number : text} = ${value}`;
  return all([number, text].flatMap((one) => (one ? [sql`${one} is null`] : [])));
}

/** Compares subjects by where they stand: numbers before text, text before what is missing. */
export function comparePositions(
  levels: readonly SortKey[],
): (a: { position: Position }, b: { position: Position }) => number {
  return (a, b) => {
    for (const [i, { desc }] of levels.entries()) {
      const order = compareValues(a.position[i]!, b.position[i]!, desc);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareValues(a: Value, b: Value, desc: boolean): number {
  const kind = kindOf(a) - kindOf(b);
  if (kind !== 0 || a === null || b === null) return kind;
  const order = compareScalars(a, b);
  return desc ? -order : order;
}

function kindOf(value: Value): number {
  return value === null ? 2 : typeof value === 'string' ? 1 : 0;
}
