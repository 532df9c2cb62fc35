import type Sqlite from 'better-sqlite3';
import { DatabaseRefused } from './refused.ts';
import { codeOf, isFull } from './sqlite-errors.ts';
import { BACKSTOP } from './wal-checkpoints.ts';

/** SQLite before this version can lose acknowledged commits in WAL mode with two connections (the WAL-reset flaw). */
const OLDEST = [3, 51, 3] as const;

export function assertVersion(db: Sqlite.Database): void {
  const version = db.prepare('select sqlite_version()').pluck().get() as string;
  const parts = version.split('.').map(Number);
  for (const [i, least] of OLDEST.entries()) {
    const part = parts[i] ?? 0;
    if (part > least) return;
    if (part < least)
      throw new DatabaseRefused(`SQLite ${version} can lose commits; ${OLDEST.join('.')} or later is needed`);
  }
}

/** Up to this size every page is looked at when the database is opened, which takes some 20 ms; of a larger one `assayer doctor` does it. */
const LOOKED_AT_BYTES = 16 * 1024 * 1024;

export function assertWhole(db: Sqlite.Database): void {
  const pages = db.pragma('page_count', { simple: true }) as number;
  const size = db.pragma('page_size', { simple: true }) as number;
  if (pages * size > LOOKED_AT_BYTES) return;
  const cache = db.pragma('cache_size', { simple: true });
  // Pages are looked at once each: to keep as many as the cache holds would be memory for nothing.
  db.pragma('cache_size = -1024');
  const found = db.pragma('quick_check(1)', { simple: true });
  db.pragma(`cache_size = ${cache}`);
  if (found !== 'ok') throw new DatabaseRefused(DAMAGED);
}

const DAMAGED =
  'the SQLite database is damaged; nothing was changed. Keep a copy of it, look at it with "assayer doctor", and restore a backup';

export function asRefusal(error: unknown): unknown {
  const code = codeOf(error);
  // Nothing that opens the file is wrong in itself: SQLITE_ERROR says that the schema cannot be read as it was written.
  if (/^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(code)) return new DatabaseRefused(DAMAGED);
  if (code.startsWith('SQLITE_CANTOPEN'))
    return new DatabaseRefused('the SQLite database cannot be opened: check the path, and who may read it');
  return error;
}

export function settle(db: Sqlite.Database, memory: boolean): void {
  db.pragma('busy_timeout = 5000');
  if (!memory) db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma(`wal_autocheckpoint = ${BACKSTOP}`);
  db.pragma('trusted_schema = OFF');
  // Not more: a commit that balanced a tree looks at every page of the cache (pcache1TruncateUnsafe), and a miss is but a read of the system's cache.
  db.pragma('cache_size = -16384');
  const journal = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  const foreignKeys = db.pragma('foreign_keys', { simple: true });
  if ((journal !== 'wal' && !memory) || synchronous !== 2 || foreignKeys !== 1)
    throw new DatabaseRefused(
      `SQLite did not take its settings: journal_mode ${journal}, synchronous ${synchronous}, foreign_keys ${foreignKeys}`,
    );
}

/**
 * What a crash left in the log goes into the database file before anything is added to it: after a failed fsync the log
 * may be whole in memory and not on the disk, and commits that follow there would be lost with it.
 */
export function emptyLog(db: Sqlite.Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // Reads can be served without space; commits will say that there is none.
    if (!isFull(error)) throw error;
  }
}
