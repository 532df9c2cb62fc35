import { Worker } from 'node:worker_threads';
import type Sqlite from 'better-sqlite3';
import { beside } from '../beside.ts';
import { DatabaseSuspect, type Soundness } from './suspect.ts';
import type { Copied, CopyFailed } from './wal-checkpoint-worker.ts';

/** What keeps the write-ahead log of a SQLite database from growing without end. */
export interface WalCheckpoints {
  /** Told between two transactions. Must not throw: what was committed is. */
  between(): void;
  /** Told that there was no room on the disk: once it is copied, that of the log is used again. */
  noRoom(): void;
  close(): Promise<void>;
}

/** With so many frames, of a page each, the log is copied into the database: 64 MiB. A page that changed often is copied once. */
export const MANY = 16_000;
/** Of a log that could not be begun anew, because somebody read in it, as many more are copied each time. */
const MORE = 1_000;
/** So few are copied between two transactions. */
const FEW = 1_000;
const MOST_PASSES = 4;
const WORKER = beside(import.meta.url, 'wal-checkpoint-worker');

/** Where SQLite itself copies the log, within a commit: only where this thread does not come to it. */
export const BACKSTOP = 4 * MANY;

/**
 * Has the log copied by a thread of its own, over a connection of its own, so that no commit waits for it: SQLite does it
 * within a commit otherwise, for tens of milliseconds. What commits add meanwhile is copied by further passes, and the last
 * of it between two transactions: only a log that is copied to its end is begun anew (https://sqlite.org/wal.html#avoiding_excessively_large_wal_files).
 */
export function createWalCheckpoints(
  writer: Sqlite.Database,
  file: string,
  soundness: Soundness,
  onTrouble: (error: unknown) => void = () => {},
): WalCheckpoints {
  const state = writer.prepare('pragma wal_checkpoint(NOOP)');
  const copyHere = writer.prepare('pragma wal_checkpoint(PASSIVE)');
  const left = () => {
    const { log, checkpointed } = state.get() as Copied;
    return { log, copied: checkpointed, frames: log - checkpointed };
  };
  let next = MANY;
  let thread: Thread | undefined;
  let copying = false;
  let last = false;
  let closed = false;
  let told = false;

  /** What fails as lost bytes do makes the database read-only; what else fails is told once, and tried again later. */
  function note(error: unknown): void {
    soundness.note(error);
    if (!told) onTrouble(error);
    told = true;
  }

  async function copy(): Promise<void> {
    copying = true;
    try {
      thread ??= start(file, () => {
        thread = undefined;
      });
      for (let pass = 1, before = left(); pass <= MOST_PASSES && before.frames > FEW; pass += 1) {
        const came = await thread.copy();
        if (closed) return;
        if ('code' in came) throw Object.assign(new Error(came.message), { code: came.code });
        const after = left();
        if (after.copied === before.copied) {
          next = after.log + MORE;
          return;
        }
        before = after;
      }
      last = true;
    } catch (error) {
      last = true;
      note(error);
    } finally {
      copying = false;
    }
  }

  function copyLast(): void {
    last = false;
    try {
      copyHere.get();
    } catch (error) {
      note(error);
    }
    next = left().log + MORE;
  }

  return {
    between() {
      if (closed || copying) return;
      try {
        // What failed is not tried again.
        soundness.assertSound();
        if (last) return copyLast();
        const { log } = left();
        if (log < MANY) next = MANY;
        if (log >= next) void copy();
      } catch (error) {
        if (!(error instanceof DatabaseSuspect)) note(error);
      }
    },
    noRoom() {
      last = true;
    },
    async close() {
      closed = true;
      await thread?.end();
    },
  };
}

interface Thread {
  copy(): Promise<Copied | CopyFailed>;
  end(): Promise<void>;
}

function start(file: string, onEnd: () => void): Thread {
  // It needs nothing from the environment, so it holds no secrets.
  const worker = new Worker(WORKER, { env: {}, workerData: file, resourceLimits: { maxOldGenerationSizeMb: 16 } });
  let waiting: { resolve(came: Copied | CopyFailed): void; reject(error: Error): void } | undefined;
  let ended: Error | undefined;
  const fail = (error: Error) => {
    if (ended) return;
    ended = error;
    waiting?.reject(ended);
    onEnd();
  };
  worker.on('message', (came) => waiting?.resolve(came));
  worker.on('error', fail);
  const exited = new Promise<void>((resolve) => worker.on('exit', () => resolve()));
  void exited.then(() => fail(new Error('the thread that copies the log ended')));
  worker.unref();
  return {
    copy: () =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        waiting = { resolve, reject };
        worker.postMessage('copy');
      }),
    async end() {
      if (ended) return;
      worker.ref();
      worker.postMessage('end');
      await exited;
    },
  };
}
