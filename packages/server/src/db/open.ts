import { dirname, resolve } from 'node:path';
import { makeFolder, realFiles } from '../blobs/files.ts';
import type { Database } from './database.ts';
import { DatabaseRefused } from './refused.ts';

/** PostgreSQL: milliseconds for statements that write a table anew, as migrations have them. */
export const LONG_STATEMENT_MS = 24 * 3_600_000;

export interface OpenOptions {
  /** SQLite: hold the file for this process alone. */
  exclusive?: boolean;
  /** SQLite: told, once, why its log could not be copied into the file. */
  onTrouble?: ((error: unknown) => void) | undefined;
  /** PostgreSQL: connections in the pool. */
  connections?: number;
  /** PostgreSQL: milliseconds that a statement may take. */
  statementMs?: number;
  /** PostgreSQL: the schema to live in, where it is not the connection's own. */
  schema?: string;
}

/** Opens `sqlite::memory:`, `sqlite:<file>` or `postgres://…`. Only the driver that is asked for is loaded. */
export async function openDatabase(url: string, options: OpenOptions = {}): Promise<Database> {
  if (/^postgres(ql)?:\/\//.test(url)) return (await import('./postgres.ts')).openPostgres(url, options);
  if (url.startsWith('sqlite:')) {
    const file = url.slice('sqlite:'.length);
    // Durable before anything is acknowledged in it.
    if (file !== ':memory:') await makeFolder(realFiles, dirname(resolve(file)));
    return (await import('./sqlite.ts')).openSqlite(file, options);
  }
  throw new DatabaseRefused('the database must be sqlite:<file>, sqlite::memory: or postgres://…');
}
