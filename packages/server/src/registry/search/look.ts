import { sql } from 'kysely';
import { startClock } from '../paging/clock.ts';
import type { Position } from '../paging/page-token.ts';
import type { Sql } from '../paging/sql.ts';
import type { SearchAt } from './at.ts';
import { QueryError } from './errors.ts';
import { type Filter, isComparison } from './filter.ts';
import { beyond, comparePositions } from './levels.ts';
import { type Slice, slicesFrom, type Walking } from './slices.ts';
import { type Found, type Sought, statement, toFound } from './statement.ts';

export interface Looked {
  found: Found[];
  /** Where the next page starts; undefined where there is nothing more. */
  next?: Position | undefined;
}

/** Looks along the order of the list until there are enough, or until patience is at its end. */
export async function lookAlong(
  walking: Walking,
  sought: Sought,
  position: Position | undefined,
  enough: number,
): Promise<Looked> {
  const clock = startClock(walking.at.dialect, walking.at.bounds.patience);
  const found: Found[] = [];
  walking.step = Math.max(1, Math.min(Math.max(walking.step, 2 * enough), Math.floor(ROWS / effortOf(sought.filter))));
  const slices = slicesFrom(walking, position);
  for (;;) {
    const slice = await slices.next();
    if (slice.done) return { found };
    found.push(...(await take(walking.at, sought, slice.value, enough - found.length)));
    if (found.length >= enough) return { found, next: found.at(-2)?.position };
    const { end } = slice.value;
    walking.step = clock.paced(walking.step);
    if (end && clock.isOver()) return { found, next: end };
    await clock.rest();
  }
}

/** Looks at all of some subjects, and keeps the first ones in order. */
export async function lookAtAll(
  at: SearchAt,
  sought: Sought,
  ids: readonly number[],
  position: Position | undefined,
  enough: number,
): Promise<Looked> {
  const clock = startClock(at.dialect, at.bounds.patience);
  const where = position === undefined ? [] : [beyond(sought.levels, position)];
  let found: Found[] = [];
  let step = Math.max(1, Math.floor(ROWS / effortOf(sought.filter)));
  for (let from = 0; from < ids.length; ) {
    const table = tableOf(at, ids.slice(from, from + step));
    const some = await take(at, sought, { ...table, where, prefix: [] }, enough);
    const isFirst = from === 0;
    found = isFirst ? some : [...found, ...some].sort(comparePositions(sought.levels)).slice(0, enough);
    from += step;
    if (from >= ids.length) break;
    step = clock.paced(step);
    clock.assertInTime(tooLong);
    await clock.rest();
  }
  return { found, next: found.length >= enough ? found.at(-2)?.position : undefined };
}

function tooLong(): Error {
  return new QueryError('filter', 'this takes too long: use fewer or shorter patterns, or comparisons that find less');
}

async function take(at: SearchAt, sought: Sought, slice: Slice, limit: number): Promise<Found[]> {
  const { rows } = await statement(sought, slice, limit).execute(at.read);
  return rows.map((row) => toFound(sought, slice, row));
}

function tableOf({ dialect }: SearchAt, ids: number[]): { from: Sql; owner: Sql } {
  const owner = sql`walk.value`;
  if (dialect === 'sqlite') return { from: sql`json_each(${JSON.stringify(ids)}) as walk`, owner };
  return { from: sql`unnest(cast(${ids} as bigint[])) as walk (value)`, owner };
}

/** The ids of rows that a query names, each once. SQLite gives them as one value, which costs half of what rows do. */
export async function idsOf({ read, dialect }: SearchAt, rows: Sql): Promise<number[]> {
  const all = sql`(${rows}) as found`;
  if (dialect === 'postgres') {
    const found = await sql<{ id: number }>`select id from ${all}`.execute(read);
    return [...new Set(found.rows.map(({ id }) => id))];
  }
  const found = await sql<{ ids: string }>`select json_group_array(id) as ids from ${all}`.execute(read);
  return [...new Set<number>(JSON.parse(found.rows[0]!.ids))];
}

/** So many rows may be looked at before anything was measured, where each takes an effort of 1. */
const ROWS = 20_000;
/** How much more than a comparison it takes to evaluate a filter: patterns may be matched against long texts. */
export function effortOf(filter: Filter | undefined): number {
  if (filter === undefined) return 1;
  if (!isComparison(filter)) {
    const parts = filter.op === 'NOT' ? [filter.part] : filter.parts;
    return parts.reduce((sum, part) => sum + effortOf(part), 0);
  }
  return filter.op.endsWith('LIKE') ? 1 + String(filter.values[0]).length : 1;
}
