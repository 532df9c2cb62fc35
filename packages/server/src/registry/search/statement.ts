import { type RawBuilder, sql } from 'kysely';
import type { Position } from '../paging/page-token.ts';
import { all, rowByRow } from '../paging/sql.ts';
import type { Scope } from './at.ts';
import type { Filter } from './filter.ts';
import { columnsOf, type Level, orderBy, positionOf } from './levels.ts';
import { predicate } from './predicate.ts';
import { holdsWords } from './ranking.ts';
import type { Slice } from './slices.ts';
import type { Term } from './text-query.ts';

/** What is looked for in a slice. */
export interface Sought {
  scope: Scope;
  levels: readonly Level[];
  filter?: Filter | undefined;
  /** Words that are to be held, unless the rows of a slice do as it is. */
  words?: Term[] | undefined;
}

/** A subject that was found, and where it stands in the order. */
export interface Found {
  id: number;
  position: Position;
}

/** The first subjects of a slice that match, in order. */
export function statement(sought: Sought, slice: Slice, limit: number): RawBuilder<Record<string, unknown>> {
  const { scope, filter, words } = sought;
  const { noun, dialect, model_id } = scope;
  const levels = levelsIn(sought, slice);
  const columns = columnsOf(levels).map(({ expression, as }) => sql`, ${expression} as ${sql.ref(as)}`);
  const conditions = [...slice.where, sql`model.deregistered is null`];
  if (noun === 'version') conditions.push(sql`version.deregistered is null`);
  if (model_id !== undefined) conditions.push(sql`model.id = ${model_id}`);
  if (filter) conditions.push(sql`(${predicate(filter, { ...scope, given: slice.given })})`);
  if (words && !slice.haveWords) conditions.push(holdsWords(noun, words, dialect));
  const joined = [rowByRow(dialect, { table: noun, key: 'id' }, slice.owner)];
  if (noun === 'version') joined.push(rowByRow(dialect, { table: 'model', key: 'id' }, sql`version.model_id`));
  return sql`select ${slice.several || levels[0]?.several ? sql`distinct ` : sql``}${sql.ref(`${noun}.id`)} as id${sql.join(columns, sql``)}
    from ${sql.join([slice.from, ...joined.map(({ table }) => table)], sql` cross join `)}
    where ${all([...joined.map(({ on }) => on), ...conditions])} order by ${orderBy(levels)} limit ${limit}`;
}

/** What the statement's row says. */
export function toFound(sought: Sought, slice: Slice, row: Record<string, unknown>): Found {
  return { id: row.id as number, position: [...slice.prefix, ...positionOf(levelsIn(sought, slice), row)] };
}

/** The levels that order a slice: those that are the same throughout do not, and the next is at hand. */
function levelsIn({ levels }: Sought, { prefix, value }: Slice): Level[] {
  const [next, ...deeper] = levels.slice(prefix.length);
  if (value === undefined || next === undefined) return levels.slice(prefix.length);
  const { number: _, text: __, ...rest } = next;
  return [{ ...rest, number: value, nullable: false }, ...deeper];
}
