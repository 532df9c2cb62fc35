import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { Database } from './database.ts';
import { lockFile, privately } from './lock-file.ts';
import type { OpenOptions } from './open.ts';
import { DatabaseRefused } from './refused.ts';
import { lightSavepoint, savepointOf } from './savepoint.ts';
import { shareReads } from './shared-reads.ts';
import { queriesOf } from './sqlite-driver.ts';
import { codeOf, isFull, isLoss } from './sqlite-errors.ts';
import { asRefusal, assertVersion, assertWhole, emptyLog, settle } from './sqlite-settings.ts';
import { createSoundness, DatabaseSuspect } from './suspect.ts';
import type { Tables } from './tables.ts';
import { createWalCheckpoints } from './wal-checkpoints.ts';

/** What it does not hold is in the system's cache. */
const READER_CACHE_KIB = 32 * 1024;
/** For what reads each page once. */
const ONCE_CACHE_KIB = 2 * 1024;

const MOVE = [CompiledQuery.raw('release savepoint one'), CompiledQuery.raw('savepoint one')];

/** Opens `file`, in a folder that is there, (or `:memory:`) with WAL, `synchronous=FULL` and foreign keys, and asserts that they took. */
export function openSqlite(file: string, options: Pick<OpenOptions, 'exclusive' | 'onTrouble'> = {}): Database {
  const memory = file === ':memory:';
  if (!memory) {
    // What a large transaction or sort spills stays beside the database: /tmp may be small, or read-only as in a container.
    // SQLite looks at this once, when the process opens its first database.
    process.env.SQLITE_TMPDIR ??= dirname(file);
  }
  const lock = !memory && options.exclusive ? lockDatabase(file) : undefined;
  const writer = privately(() => new Sqlite(file));
  try {
    assertVersion(writer);
    settle(writer, memory);
    assertWhole(writer);
    if (options.exclusive) emptyLog(writer);
  } catch (error) {
    writer.close();
    lock?.close();
    throw asRefusal(error);
  }
  const soundness = createSoundness(isLoss);
  const writes = { count: 0 };
  // A second, read-only connection sees only what is committed. In memory there is but one connection.
  const reader = memory ? undefined : readOnly(file, READER_CACHE_KIB);
  const reads = reader && shareReads(reader);
  const checkpoints = memory ? undefined : createWalCheckpoints(writer, file, soundness, options.onTrouble);
  const write = queriesOf(writer, { soundness, writes, reads, checkpoints });
  const read = reader ? queriesOf(reader, undefined, reads) : write;
  return {
    name: 'sqlite',
    read,
    write,
    snapshot: (body) => (memory ? write.transaction().execute(body) : snapshot(file, body)),
    lockLedger: async () => {},
    lockIngest: async () => {},
    // A real one has every page that changes written into a journal of its own, which costs more than the change.
    savepoint: (tx, light) => (light ? lightSavepoint(() => writes.count) : savepointOf(tx, MOVE)),
    isDuplicate: (error) => /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(codeOf(error)),
    isRetryable: (error) => codeOf(error).startsWith('SQLITE_BUSY'),
    isAway: (error) => error instanceof DatabaseSuspect || /^SQLITE_(CANTOPEN|IOERR)/.test(codeOf(error)),
    isFull,
    async check() {
      soundness.assertSound();
      await sql`select 1 from sqlite_schema limit 1`.execute(read);
    },
    async close() {
      await checkpoints?.close();
      if (!memory) await read.destroy();
      await write.destroy();
      lock?.close();
    },
  };
}

/** A transaction on a connection of its own, so that others read on. It keeps the log from being emptied meanwhile. */
async function snapshot<T>(file: string, body: (read: Kysely<Tables>) => Promise<T>): Promise<T> {
  const db = queriesOf(readOnly(file, ONCE_CACHE_KIB));
  try {
    await sql`begin`.execute(db);
    return await body(db);
  } finally {
    await db.destroy();
  }
}

/**
 * Opens a new file to be filled in one transaction that cannot be rolled back, and lost in a crash: without journal and
 * without syncing. Whoever fills it gives it its name when it is whole and synced, and deletes it otherwise.
 */
export function openUnborn(file: string): Kysely<Tables> {
  const db = privately(() => new Sqlite(file));
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma('cache_size = -131072');
  return queriesOf(db);
}

/** Nobody else serves from this file, or fills it, until the lock is closed. */
export function lockDatabase(file: string): { close(): void } {
  return lockFile(
    `${file}.lock`,
    () =>
      new DatabaseRefused(
        'another Assayer server has this SQLite database open; stop it first, or use PostgreSQL for several servers',
      ),
  );
}

function readOnly(file: string, cacheKiB: number): Sqlite.Database {
  const db = new Sqlite(file, { readonly: true });
  db.pragma('busy_timeout = 5000');
  db.pragma('trusted_schema = OFF');
  db.pragma(`cache_size = -${cacheKiB}`);
  return db;
}
