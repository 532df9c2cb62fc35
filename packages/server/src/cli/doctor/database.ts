import { existsSync } from 'node:fs';
import { sql } from 'kysely';
import { maskSecret } from '../../config/mask.ts';
import type { Database } from '../../db/database.ts';
import { schemaOf } from '../../db/migrate.ts';
import { openDatabase } from '../../db/open.ts';
import { postgresTrouble } from '../postgres-trouble.ts';
import { type Finding, fine, problem, tried } from './checks.ts';

/** Opens the database beside a server that may be running. What is not there is not made. */
export async function openExisting(url: string): Promise<Database | undefined> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  if (file !== undefined && !existsSync(file)) return undefined;
  return openDatabase(url, { connections: 2 });
}

export async function databaseFindings(db: Database, url: string): Promise<Finding[]> {
  const remedy = 'Check that it is there, and who may read it.';
  const away = (error: unknown) => Promise.reject(postgresTrouble(error, url) ?? error);
  const first = await tried('database', remedy, () => versionOf(db, url).catch(away));
  if (first.some(({ ok }) => !ok)) return first;
  return [
    ...first,
    ...(await tried('schema', 'Restore a backup.', async () => [await schemaFinding(db)])),
    ...(db.name === 'sqlite' ? await tried('integrity', 'Restore a backup.', async () => [await integrity(db)]) : []),
  ];
}

async function versionOf(db: Database, url: string): Promise<Finding[]> {
  if (db.name === 'postgres') {
    const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db.read);
    return [fine('database', `PostgreSQL ${rows[0]?.server_version} at ${maskSecret(url)}`)];
  }
  const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(db.read);
  const names = ['journal_mode', 'synchronous', 'foreign_keys'] as const;
  const values = await Promise.all(names.map((name) => pragma(db, name)));
  // Opening it has asserted that the version is safe and that the settings took.
  const settings = names.map((name, i) => `${name} ${values[i]}`).join(', ');
  return [fine('database', `SQLite ${rows[0]?.version}, ${settings}`)];
}

async function pragma(db: Database, name: string): Promise<unknown> {
  const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(db.write);
  return Object.values(rows[0] ?? {})[0];
}

async function schemaFinding(db: Database): Promise<Finding> {
  const schema = await schemaOf(db);
  if (schema === 'newer')
    return problem('schema', 'written by a newer Assayer', 'Start that version, or restore a backup.');
  if (schema === 'older') return problem('schema', 'older than this Assayer', 'Run "assayer migrate".');
  return fine('schema', schema === 'empty' ? 'empty: nothing was kept yet' : 'current');
}

async function integrity(db: Database): Promise<Finding> {
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(10)`.execute(db.read);
  const told = rows.map((row) => row.integrity_check);
  if (told.length === 1 && told[0] === 'ok')
    return fine('integrity', 'every page can be read, and every index fits its table');
  return problem('integrity', told.join('; '), 'Stop the server and restore a backup.');
}
