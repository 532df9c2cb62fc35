import type { CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { Tables } from './tables.ts';

/** What runs queries past Kysely. */
export interface Direct {
  executeQuery<O>(query: CompiledQuery<O>): QueryResult<O> | Promise<QueryResult<O>>;
}

/** What runs a query of `on` at once; undefined where it has to wait for its turn. `isLookup`: see `prepareLookup`. */
type FindDirect = (on: Kysely<Tables>, isLookup: boolean) => Direct | undefined;

/** By the adapter, which a database and its transactions have in common. */
const directs = new WeakMap<object, FindDirect>();

export function allowDirect(db: Kysely<Tables>, find: FindDirect): void {
  directs.set(db.getExecutor().adapter, find);
}

/**
 * Runs a compiled query. Where the connection is the caller's alone, past the way that Kysely takes to a connection, which
 * costs more than most statements take SQLite, and lets none be sent before the one before it is answered.
 */
export function execute<O>(
  on: Kysely<Tables>,
  query: CompiledQuery<O>,
  isLookup = false,
): QueryResult<O> | Promise<QueryResult<O>> {
  return (directs.get(on.getExecutor().adapter)?.(on, isLookup) ?? on).executeQuery(query);
}
