import Sqlite from 'better-sqlite3';

/**
 * One process at a time: an exclusive transaction on a file of its own, held until it is closed. The operating system
 * lets go of it whatever ends the process, so there is nothing stale to clean. `taken` is thrown where another holds it.
 */
export function lockFile(file: string, taken: () => Error): { close(): void } {
  const lock = privately(() => new Sqlite(file, { timeout: 0 }));
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) throw taken();
    throw error;
  }
  return lock;
}

/** Files that are made on the way are for this user alone. */
export function privately<T>(open: () => T): T {
  const old = process.umask(0o077);
  try {
    return open();
  } finally {
    process.umask(old);
  }
}
