import { type RawBuilder, sql } from 'kysely';
import { all, type Sql } from '../../paging/sql.ts';
import type { SearchAt } from '../../search/at.ts';
import type { Noun } from './nouns.ts';
import type { Ground } from './scope.ts';

/** A part of the order of time, from after one moment up to another, which is left out of the last one. */
export interface Part {
  where: Sql[];
  to: number | undefined;
}

/** How many rows to look at next. Changed by whoever measures. */
export interface Pace {
  at: SearchAt;
  step: number;
}

/**
 * The order of time, from a moment on (which may be within it), cut into parts of so many rows; rows of one moment are never
 * torn apart. Of several ranges, the first one that made its step says where a part ends.
 */
export async function* partsOf(
  pace: Pace,
  noun: Noun,
  ground: Ground,
  desc: boolean,
  start: { at: number; within: boolean } | undefined,
): AsyncGenerator<Part> {
  const time = sql.ref(`${noun.table}.${noun.time}`);
  const [beyond, fromOn, upTo] = desc ? [sql`<`, sql`<=`, sql`>=`] : [sql`>`, sql`>=`, sql`<=`];
  const atStart = start === undefined ? [] : [sql`${time} ${start.within ? fromOn : beyond} ${start.at}`];
  for (let from: number | undefined; ; ) {
    const after: Sql[] = from === undefined ? atStart : [sql`${time} ${beyond} ${from}`];
    const to: number | undefined = await nth(pace, noun, ground, desc, after);
    yield { where: to === undefined ? after : [...after, sql`${time} ${upTo} ${to}`], to };
    if (to === undefined) return;
    from = to;
  }
}

/** The moment of the last row of the next step, if there are so many. */
async function nth(
  { at, step }: Pace,
  { table, time }: Noun,
  { ranges }: Ground,
  desc: boolean,
  after: readonly Sql[],
): Promise<number | undefined> {
  if (!Number.isFinite(step)) return undefined;
  const [column, way] = [sql.ref(`${table}.${time}`), sql.raw(desc ? 'desc' : 'asc')];
  const ends = ranges.map((range) => {
    const rows = sql`${sql.table(table)} where ${all([range, ...after])}`;
    return sql`select ${column} as value from ${rows} order by ${column} ${way} limit 1 offset ${step - 1}`;
  });
  const union = sql.join(
    ends.map((end) => sql`select * from (${end}) as one`),
    sql` union all `,
  );
  const first = sql.raw(desc ? 'max' : 'min');
  const query = ends.length === 1 ? ends[0]! : sql`select ${first}(value) as value from (${union}) as each`;
  const { rows } = await (query as RawBuilder<{ value: number | null }>).execute(at.read);
  return rows[0]?.value ?? undefined;
}
