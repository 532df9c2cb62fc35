import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';

export type Sql = RawBuilder<unknown>;

/** Where rows are read. */
export interface ReadAt {
  read: Kysely<Tables>;
}

export function all(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `);
}

/** Counts rows, and stops at one more than `bound`. */
export async function countUpTo({ read }: ReadAt, rows: Sql, bound: number): Promise<number> {
  const bounded = sql<{ n: number }>`select count(*) as n from (select 1 from ${rows} limit ${bound + 1}) as bounded`;
  return Number((await bounded.execute(read)).rows[0]!.n);
}

/** A table within a cross join, and the condition that its rows are taken by. */
export interface Joined {
  table: Sql;
  on: Sql;
}

/**
 * The rows of a table that have a value of what stands before it in a cross join, found row by row. SQLite keeps to the
 * order of a cross join; PostgreSQL weighs no join where the subquery has an offset.
 */
export function rowByRow(
  dialect: Dialect,
  { table, as = table, key }: { table: keyof Tables; as?: string; key: string },
  value: Sql,
): Joined {
  const [source, alias] = [sql.table(table), sql.ref(as)];
  if (dialect === 'sqlite')
    return { table: sql`${source} as ${alias}`, on: sql`${sql.ref(`${as}.${key}`)} = ${value}` };
  const rows = sql`(select * from ${source} as own where ${sql.ref(`own.${key}`)} = ${value} offset 0)`;
  return { table: sql`lateral ${rows} as ${alias}`, on: sql`true` };
}

/** Whether there are such rows. In a select of its own PostgreSQL asks it row by row, and weighs no join instead. */
export function exists(rows: Sql, dialect: Dialect): Sql {
  const found = sql`exists (select 1 from ${rows})`;
  return dialect === 'postgres' ? sql`(select ${found})` : found;
}
