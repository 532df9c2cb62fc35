import { sql } from 'kysely';
import type { Writer } from './database.ts';
import { prepareRead } from './prepared.ts';

/** Tables whose ids may be reserved. */
export const RESERVED = ['model', 'version', 'promotion'] as const;
export type Reserved = (typeof RESERVED)[number];

/** By the transaction's executor, which is its alone. */
const reserved = new WeakMap<object, Map<string, number[]>>();

/** None to a role that may insert rows but not use their sequence, which inserting does not need. */
const take = prepareRead<{ table: string; count: number }, { id: number }>(
  (_, param) => sql<{ id: number }>`select nextval(sequence) as id
    from pg_get_serial_sequence(${param('table')}, 'id') as sequence, generate_series(1, ${param('count')}::integer)
    where has_sequence_privilege(sequence, 'usage')`,
);

/**
 * Has PostgreSQL give out so many ids at once, so that rows can be written whose ids nobody waits for. What is not taken
 * is never given again.
 */
export async function reserveIds(tx: Writer, table: Reserved, count: number): Promise<void> {
  if (count === 0) return;
  const ids = (await take(tx, { table, count })).map(({ id }) => id).sort((a, b) => a - b);
  const of = reserved.get(tx.getExecutor()) ?? new Map<string, number[]>();
  reserved.set(tx.getExecutor(), of.set(table, ids));
}

/** The next id that was reserved in this transaction, if there is one. */
export function takeId(tx: Writer, table: Reserved): number | undefined {
  return reserved.get(tx.getExecutor())?.get(table)?.shift();
}
