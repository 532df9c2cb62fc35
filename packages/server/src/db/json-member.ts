import { type Kysely, SqliteAdapter, sql } from 'kysely';
import type { Dialect, Reader } from './database.ts';
import type { Tables } from './tables.ts';

/** A member of a document that a column holds as text; as it stands here it stands in the indexes of such members. */
export function memberIn(dialect: Dialect, column: string, member: string) {
  return dialect === 'sqlite'
    ? sql<string | null>`json_extract(${sql.ref(column)}, ${sql.lit(`$.${member}`)})`
    : sql<string | null>`((${sql.ref(column)})::jsonb ->> ${sql.lit(member)})`;
}

export function memberOf(on: Reader, column: string, member: string) {
  const isSqlite = (on as Kysely<Tables>).getExecutor().adapter instanceof SqliteAdapter;
  return memberIn(isSqlite ? 'sqlite' : 'postgres', column, member);
}
