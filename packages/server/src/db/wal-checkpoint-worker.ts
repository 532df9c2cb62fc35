import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { codeOf } from './sqlite-errors.ts';

/** Frames in the log, and how many of them are in the database by now: the row of `wal_checkpoint`. */
export interface Copied {
  busy: number;
  log: number;
  checkpointed: number;
}

/** What went wrong; an error itself loses its code between threads. */
export interface CopyFailed {
  code: string;
  message: string;
}

const db = new Sqlite(workerData as string, { fileMustExist: true });
db.pragma('synchronous = FULL');
db.pragma('wal_autocheckpoint = 0');
// It reads no page as a page.
db.pragma('cache_size = -64');

/** `copy` is answered; `end` closes the file. */
parentPort?.on('message', (asked: 'copy' | 'end') => {
  if (asked === 'copy') parentPort?.postMessage(copy());
  else {
    db.close();
    parentPort?.close();
  }
});

function copy(): Copied | CopyFailed {
  try {
    return (db.pragma('wal_checkpoint(PASSIVE)') as [Copied])[0];
  } catch (error) {
    return { code: codeOf(error), message: String(error) };
  }
}
