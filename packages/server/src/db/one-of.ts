import { type Kysely, type SqlBool, SqliteAdapter, sql } from 'kysely';
import type { Reader } from './database.ts';
import type { Tables } from './tables.ts';

export const isSqlite = (on: Reader) => (on as Kysely<Tables>).getExecutor().adapter instanceof SqliteAdapter;

/** For prepared queries: that a column is one of a list, however long it is. The list comes from `listOf`. */
export function isOneOf(on: Reader, column: string, list: unknown, type: 'text' | 'bigint' = 'text') {
  return isSqlite(on)
    ? sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${list}))`
    : sql<SqlBool>`${sql.ref(column)} = any(${list}::${sql.raw(type)}[])`;
}

/** A list as the one parameter that `isOneOf` reads. */
export function listOf(on: Reader, values: readonly (string | number)[]): unknown {
  return isSqlite(on) ? JSON.stringify(values) : values;
}
