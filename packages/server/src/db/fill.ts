import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { makeFolder, realFiles, syncFolder } from '../blobs/files.ts';
import type { Dialect, Writer } from './database.ts';
import { ADVISORY_LOCK } from './migrate.ts';
import { LONG_STATEMENT_MS } from './open.ts';
import { openPostgres } from './postgres.ts';
import { DatabaseRefused } from './refused.ts';
import { lockDatabase, openUnborn } from './sqlite.ts';
import type { Tables } from './tables.ts';

export interface Filling {
  /** Runs once it is known that the database holds nothing, before the transaction. */
  prepare?(): Promise<void>;
  fill(tx: Writer, dialect: Dialect): Promise<void>;
}

/**
 * Fills a database that holds nothing, wholly or not at all: whatever ends `fill`, or the process, nothing is there that
 * a server would open. Refuses one that holds anything, and one that a server has open.
 */
export async function fillDatabase(url: string, filling: Filling): Promise<void> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  await (file === undefined ? fillPostgres(url, filling) : fillSqlite(resolve(file), filling));
}

/** Beside its place, under another name that it loses when it is whole. */
async function fillSqlite(file: string, { prepare, fill }: Filling): Promise<void> {
  await makeFolder(realFiles, dirname(file));
  const lock = lockDatabase(file);
  try {
    assertVacant(file);
    await prepare?.();
    const unborn = `${file}.unborn`;
    await rm(unborn, { force: true });
    const db = openUnborn(unborn);
    try {
      await db.transaction().execute((tx) => fill(tx, 'sqlite'));
    } catch (error) {
      await db.destroy();
      await rm(unborn, { force: true });
      throw error;
    }
    await db.destroy();
    const handle = await open(unborn, 'r+');
    await handle.sync().finally(() => handle.close());
    assertVacant(file);
    await rename(unborn, file);
    await syncFolder(realFiles, dirname(file));
  } finally {
    lock.close();
  }
}

/** A log bears no mark of its database: whoever opened a new file beside an old log would play the old pages into it. */
function assertVacant(file: string): void {
  if (existsSync(file))
    throw new DatabaseRefused(`there is a database already: ${file}; name another place with --data or --database`);
  const log = ['-wal', '-journal'].map((end) => file + end).find((one) => existsSync(one));
  if (log !== undefined)
    throw new DatabaseRefused(
      `there is no database ${file}, but a log of one that was there: ${log}. ` +
        'It may hold the newest changes: put it where that database is, or name another place with --data or --database',
    );
}

/** One transaction. */
async function fillPostgres(url: string, { prepare, fill }: Filling): Promise<void> {
  const db = openPostgres(url, { connections: 1, statementMs: LONG_STATEMENT_MS });
  try {
    await assertNothing(db.read);
    await prepare?.();
    await db.write.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK}, 1)`.execute(tx);
      await assertNothing(tx);
      await fill(tx, 'postgres');
    });
  } finally {
    await db.close();
  }
}

async function assertNothing(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ there: string | null }>`select to_regclass('migration')::text as there`.execute(db);
  if (rows[0]?.there != null)
    throw new DatabaseRefused('the PostgreSQL database is not empty; make a new one, and name it with --database');
}
