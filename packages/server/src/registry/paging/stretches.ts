import { type RawBuilder, sql } from 'kysely';
import type { Value } from './page-token.ts';
import { all, type ReadAt, type Sql } from './sql.ts';

/** An index that is walked in the order of one value: rows of a table that is called `walk`, none without the value. */
export interface Track {
  from: Sql;
  where: Sql[];
  value: Sql;
  /** Where the index has them in order only for each value of another column: this column, and the values. */
  each?: { of: Sql; values: readonly Value[] };
  /** Whether the value is a row's number, and bound as an integer: FTS5 starts from a row only where it is one. */
  byId?: boolean;
  /** It holds what is looked for only where the value, which is the number of a version, is greater. */
  above?: number;
  /** What it takes to look at a row, where an ordinary one takes 1. */
  effort: number;
}

/** Which way. */
export interface Direction {
  desc: boolean;
}

/** Rows that are looked at before anything was measured. */
export const FIRST_STEP = 128;

/** Where, and how many rows to look at next. */
export interface Pace {
  at: ReadAt;
  step: number;
}

/** A part of the order, from after one value up to another; to the end where there is none. */
export interface Stretch<T> {
  walk: T;
  from: Value | undefined;
  to: Value | undefined;
}

/**
 * The order from a value on, cut into stretches of a bounded number of rows: of several tracks that all hold what is
 * looked for, each time the one that gets farthest with as much effort, which is the one of the fewest rows there.
 */
export async function* stretches<T extends Track>(
  pace: Pace,
  tracks: readonly T[],
  direction: Direction,
  start: Value | undefined,
): AsyncGenerator<Stretch<T>> {
  for (let from = start; ; ) {
    let best: { walk: T; to: Value | undefined } | undefined;
    for (const walk of tracks) {
      if (!isOnTrack(walk, direction, from)) continue;
      const to = (await nth(pace, walk, direction, from)) ?? endOf(walk, direction);
      if (best === undefined || isFarther(direction, to, best.to)) best = { walk, to };
      if (to === undefined) break;
    }
    yield { walk: best!.walk, from, to: best!.to };
    if (best!.to === undefined) return;
    from = best!.to;
  }
}

/** Whether a track holds all that comes next. */
function isOnTrack({ above }: Track, { desc }: Direction, from: Value | undefined): boolean {
  if (above === undefined) return true;
  return desc ? from === undefined || Number(from) > above + 1 : from !== undefined && Number(from) >= above;
}

/** The last value that a track may hold, where the order goes on behind it. */
const endOf = ({ above }: Track, { desc }: Direction) => (desc && above !== undefined ? above + 1 : undefined);

function isFarther({ desc }: Direction, a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return a === undefined && b !== undefined;
  return desc ? a! < b! : a! > b!;
}

/** The value of the last row of the next step, if there are so many. */
export function nth(
  pace: Pace,
  walk: Track,
  direction: Direction,
  from: Value | undefined,
): Promise<Value | undefined> {
  const skipped = Math.max(1, Math.floor(pace.step / walk.effort)) - 1;
  const rows = after(walk, direction, from);
  if (walk.each) return firstOfEach(pace, walk, walk.each, rows, direction.desc, skipped);
  return valueAt(pace, walk, rows, direction.desc, skipped);
}

/** Where the first of several has made its step. */
async function firstOfEach(
  { at }: Pace,
  walk: Track,
  { of, values }: NonNullable<Track['each']>,
  conditions: readonly Sql[],
  desc: boolean,
  skipped: number,
): Promise<Value | undefined> {
  const ends = values.map((value) => valueIn(walk, [sql`${of} = ${value}`, ...conditions], desc, skipped));
  const union = sql.join(
    ends.map((end) => sql`select * from (${end}) as one`),
    sql` union all `,
  );
  const first = sql.raw(desc ? 'max' : 'min');
  const query = sql<{ value: Value | null }>`select ${first}(value) as value from (${union}) as each`;
  return (await query.execute(at.read)).rows[0]?.value ?? undefined;
}

/** The last value before `to` and after `from`, if there is one. */
export function lastBefore(
  pace: Pace,
  walk: Track,
  direction: Direction,
  from: Value | undefined,
  to: Value,
): Promise<Value | undefined> {
  const before = sql`${walk.value} ${sql.raw(direction.desc ? '>' : '<')} ${to}`;
  return valueAt(pace, walk, [...after(walk, direction, from), before], !direction.desc, 0);
}

async function valueAt(
  { at }: Pace,
  walk: Track,
  conditions: readonly Sql[],
  desc: boolean,
  skipped: number,
): Promise<Value | undefined> {
  const query = valueIn(walk, conditions, desc, skipped) as RawBuilder<{ value: Value }>;
  return (await query.execute(at.read)).rows[0]?.value;
}

function valueIn(walk: Track, conditions: readonly Sql[], desc: boolean, skipped: number): Sql {
  return sql`select ${walk.value} as value from ${rowsOf(walk, conditions)}
    order by ${walk.value} ${sql.raw(desc ? 'desc' : 'asc')} limit 1 offset ${skipped}`;
}

/** The rows of a walk, as they stand in a query. */
export function rowsOf({ from, where }: Track, conditions: readonly Sql[] = []): Sql {
  return sql`${from} where ${all([...where, ...conditions])}`;
}

/** That a row is in a stretch. */
export function within(walk: Track, direction: Direction, from: Value | undefined, to: Value | undefined): Sql[] {
  const upTo = sql`${walk.value} ${sql.raw(direction.desc ? '>=' : '<=')} ${bound(walk, to!)}`;
  const ofAny = walk.each && sql`${walk.each.of} in (${sql.join(walk.each.values)})`;
  return [...(ofAny ? [ofAny] : []), ...after(walk, direction, from), ...(to === undefined ? [] : [upTo])];
}

function after(walk: Track, direction: Direction, from: Value | undefined): Sql[] {
  if (from === undefined) return [];
  return [sql`${walk.value} ${sql.raw(direction.desc ? '<' : '>')} ${bound(walk, from)}`];
}

export function atOrAfter(walk: Track, direction: Direction, from: Value): Sql {
  return sql`${walk.value} ${sql.raw(direction.desc ? '<=' : '>=')} ${bound(walk, from)}`;
}

/** SQLite's driver binds every number as a real. */
function bound({ byId }: Track, value: Value): Sql {
  return byId ? sql`cast(${value} as bigint)` : sql`${value}`;
}
