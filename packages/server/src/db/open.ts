import type { Database } from './database.ts';
import { openPostgres } from './postgres.ts';
import { DatabaseRefused, openSqlite } from './sqlite.ts';

export interface OpenOptions {
  /** SQLite: hold the file for this process alone. */
  exclusive?: boolean;
  /** PostgreSQL: connections in the pool. */
  connections?: number;
  /** PostgreSQL: milliseconds that a statement may take. */
  statementMs?: number;
  /** PostgreSQL: the schema to live in, where it is not the connection's own. */
  schema?: string;
}

/** Opens `sqlite::memory:`, `sqlite:<file>` or `postgres://…`. */
export async function openDatabase(url: string, options: OpenOptions = {}): Promise<Database> {
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(url, options);
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length), options);
  throw new DatabaseRefused('the database must be sqlite:<file>, sqlite::memory: or postgres://…');
}
