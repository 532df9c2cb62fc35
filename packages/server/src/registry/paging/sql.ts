import { type Kysely, type RawBuilder, sql } from 'kysely';
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
