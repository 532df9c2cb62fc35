import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../contract/actor.ts';
import type { Database, Writer } from '../db/database.ts';
import { CannotUndo } from '../db/savepoint.ts';
import type { Entry } from '../events/log.ts';
import { isInsideChange, type Job, makeTogether, type Outcome, type Work } from './batch.ts';
import { Refused } from './refusals.ts';

/** Runs `body` in a transaction together with its events. The answer must be plain JSON: it is kept for idempotent repeats. */
export type Change = <T>(caller: Caller, body: (work: Work) => Promise<T>) => Promise<T>;

/** What one commit came to, for those who watch. */
export interface Batch {
  /** Changes that shared it. */
  changes: number;
  /** Of these, the ones that were refused and rolled back alone. */
  refused: number;
  events: number;
  /** How often the database asked to run it again (busy, deadlock). */
  retries: number;
  /** From its begin to the answer of the database, waits between tries among it. */
  ms: number;
  /** Why none of the changes was committed. */
  error?: unknown;
}

/** What waits, and since when (of `performance.now`) a commit is under way. */
export interface Pending {
  waiting: number;
  since: number | undefined;
}

interface Parts {
  db: Database;
  now(): number;
  append(tx: Writer, entries: Entry[]): Promise<void>;
  onCommit(events: number): void;
  /** Told after each commit, and each that failed. Must not throw. */
  onBatch?: ((batch: Batch) => void) | undefined;
  /** Changes beyond this many that wait are refused. */
  mostWaiting?: number | undefined;
}

interface Waiting extends Job {
  resolve(value: never): void;
  reject(error: unknown): void;
}

const MOST_TOGETHER = 200;
const TRIES = 6;

/**
 * Group commit: changes that arrive while a commit is under way share the next transaction, each after a savepoint, so
 * that one refusal rolls back alone. All are answered after the one commit. A body may run again when the database
 * asks for it (busy, deadlock), so it does nothing but read and write through its `work`.
 */
export function createChange(parts: Parts): Change & { idle(): Promise<void>; pending(): Pending } {
  const { mostWaiting = 5_000 } = parts;
  const waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let since: number | undefined;

  async function pump(): Promise<void> {
    while (waiting.length > 0) {
      await untilAllCame(waiting);
      const batch = waiting.splice(0, MOST_TOGETHER);
      since = performance.now();
      const came = await commitTogether(parts, batch);
      parts.onBatch?.({ changes: batch.length, ...came, ms: performance.now() - since });
      since = undefined;
    }
    running = undefined;
  }

  const change = async <T>(caller: Caller, body: (work: Work) => Promise<T>): Promise<T> => {
    if (isInsideChange()) throw new Error('a change inside a change: pass the work on instead');
    if (waiting.length >= mostWaiting)
      throw new Refused('overloaded', 'Too many changes are waiting. Try again in a second.', {});
    return new Promise<T>((resolve, reject) => {
      waiting.push({ caller, body, resolve, reject } as Waiting);
      running ??= pump();
    });
  };
  return Object.assign(change, {
    idle: async () => running,
    pending: () => ({ waiting: waiting.length, since }),
  });
}

/** SQLite works synchronously: the requests that wait at the sockets come in first, so that they share the commit. */
async function untilAllCame(waiting: readonly unknown[]): Promise<void> {
  let before: number;
  do {
    before = waiting.length;
    await new Promise(setImmediate);
  } while (waiting.length > before && waiting.length < MOST_TOGETHER);
}

async function commitTogether(parts: Parts, batch: Waiting[]): Promise<Omit<Batch, 'changes' | 'ms'>> {
  let light = true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { outcomes, events } = await parts.db.write
        .transaction()
        .execute((tx) => makeTogether(parts, tx, batch, light));
      let refused = 0;
      for (const [i, job] of batch.entries()) {
        const outcome = outcomes[i] as Outcome;
        if ('value' in outcome) job.resolve(outcome.value as never);
        else {
          refused += 1;
          job.reject(outcome.error);
        }
      }
      if (events > 0) parts.onCommit(events);
      return { refused, events, retries: attempt - 1 };
    } catch (error) {
      if (error instanceof CannotUndo && light) {
        light = false;
        attempt -= 1;
        continue;
      }
      const again = parts.db.isRetryable(error);
      if (again && attempt < TRIES) {
        await sleep(2 ** attempt * (5 + Math.random() * 5));
        continue;
      }
      const told = again ? new Refused('overloaded', 'The database is busy. Try again in a second.', {}) : error;
      for (const job of batch) job.reject(told);
      return { refused: 0, events: 0, retries: attempt - 1, error };
    }
  }
}
