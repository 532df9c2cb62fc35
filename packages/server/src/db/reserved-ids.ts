import { sql } from 'kysely';
import type { Writer } from './database.ts';
import { prepareRead } from './prepared.ts';
import type { WithIds } from './rows.ts';

/** By the transaction's executor, which is its alone. */
const reserved = new WeakMap<object, Map<WithIds, number[]>>();

const take = prepareRead<{ table: string; count: number }, { id: number }>(
  (_, param) =>
    sql<{ id: number }>`select nextval(pg_get_serial_sequence(${param('table')}, 'id')) as id
      from generate_series(1, ${param('count')}::integer)`,
);

/**
 * Has PostgreSQL give out so many ids at once, so that rows can be written whose ids nobody waits for. What is not taken
 * is never given again.
 */
export async function reserveIds(tx: Writer, table: WithIds, count: number): Promise<void> {
  if (count === 0) return;
  const ids = (await take(tx, { table, count })).map(({ id }) => id).sort((a, b) => a - b);
  const of = reserved.get(tx.getExecutor()) ?? new Map<WithIds, number[]>();
  reserved.set(tx.getExecutor(), of.set(table, ids));
}

/** The next id that was reserved in this transaction, if there is one. */
export function takeId(tx: Writer, table: WithIds): number | undefined {
  return reserved.get(tx.getExecutor())?.get(table)?.shift();
}
