import type { CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { Tables } from './tables.ts';

/** Runs a statement at once, as SQLite does. */
export type RunNow = <O>(query: CompiledQuery<O>) => QueryResult<O>;

interface Direct {
  run: RunNow;
  /** Nobody writes over this connection, so that no read has to wait for the end of somebody's transaction. */
  reads: boolean;
}

/** By the adapter, which a database and its transactions have in common. */
const directs = new WeakMap<object, Direct>();

export function allowDirect(db: Kysely<Tables>, direct: Direct): void {
  directs.set(db.getExecutor().adapter, direct);
}

/**
 * Runs a compiled query. Where the connection is the caller's alone and SQLite answers at once, past the way that Kysely
 * takes to a connection, which costs more than most statements.
 */
export function execute<O>(on: Kysely<Tables>, query: CompiledQuery<O>): QueryResult<O> | Promise<QueryResult<O>> {
  const direct = directs.get(on.getExecutor().adapter);
  return direct && (direct.reads || on.isTransaction) ? direct.run(query) : on.executeQuery(query);
}
