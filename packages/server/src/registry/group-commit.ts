import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Writer } from '../db/database.ts';
import { CannotUndo } from '../db/savepoint.ts';
import { Refused } from './refusals.ts';

/** What a job came to: its value is answered, or its error thrown, after the commit. */
export type Outcome = { value: unknown } | { error: unknown };

/**
 * Whether an error is trouble of the database, which passes, and not of a job. It ends the whole transaction, so that no
 * job can be undone alone: SQLite rolls all of it back when the disk is full.
 */
export const isTransient = (db: Database, error: unknown): boolean =>
  db.isRetryable(error) || db.isAway(error) || db.isFull(error);

/** What one commit came to. */
interface Came {
  /** Jobs that shared it. */
  jobs: number;
  /** Of these, the ones that were refused and rolled back alone. */
  refused: number;
  /** How often the database asked to run it again (busy, deadlock). */
  retries: number;
  /** From its begin to the answer of the database, waits between tries among it. */
  ms: number;
  /** Why none of the jobs was committed. */
  error?: unknown;
}

/** What waits, and since when (of `performance.now`) a commit is under way. */
export interface Pending {
  waiting: number;
  since: number | undefined;
}

interface Parts<Job, Done extends { outcomes: Outcome[] }> {
  db: Database;
  /** Does all jobs in one transaction, in order; `light` as in `Database.savepoint`. What it throws ends all of them. */
  together(tx: Writer, jobs: readonly Job[], light: boolean): Promise<Done>;
  /** Told after each commit, with what it did, and each that failed. Must not throw. */
  onBatch?: (came: Came, done: Done | undefined) => void;
  /** Jobs beyond this many that wait are refused. */
  mostWaiting?: number | undefined;
}

interface Waiting<Job> {
  job: Job;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface GroupCommit<Job> {
  /** Resolves or rejects with what the job came to, once it is durable. */
  join(job: Job): Promise<unknown>;
  /** Resolves once no commit is under way. */
  idle(): Promise<void>;
  pending(): Pending;
}

const MOST_TOGETHER = 200;
const MOST_WAITING = 5_000;
const TRIES = 6;
/** A commit takes PostgreSQL several round trips: those of the one before may take so long to come back, and share it. */
const LINGER_MS = 2;

/**
 * Jobs that arrive while a commit is under way share the next transaction, and are answered after the one commit. A
 * transaction may run again when the database asks for it, so jobs do nothing but read and write through it.
 */
export function createGroupCommit<Job, Done extends { outcomes: Outcome[] }>(
  parts: Parts<Job, Done>,
): GroupCommit<Job> {
  const { mostWaiting = MOST_WAITING } = parts;
  const lingerMs = parts.db.name === 'postgres' ? LINGER_MS : 0;
  const waiting: Waiting<Job>[] = [];
  const shared = { jobs: 0, at: 0 };
  let came = () => {};
  let running: Promise<void> | undefined;
  let since: number | undefined;

  async function pump(): Promise<void> {
    while (waiting.length > 0) {
      await untilAllCame(waiting);
      await untilAsMany();
      const batch = waiting.splice(0, MOST_TOGETHER);
      const begun = performance.now();
      since = begun;
      const { done, ...result } = await commitTogether(parts, batch);
      shared.jobs = Math.min(batch.length + waiting.length, MOST_TOGETHER);
      shared.at = performance.now();
      parts.onBatch?.({ jobs: batch.length, ...result, ms: shared.at - begun }, done);
      since = undefined;
    }
    running = undefined;
  }

  /**
   * Those who were answered just now ask again in a moment: one who is first does not commit alone, and has the others
   * wait. Who was alone before waits for nobody.
   */
  async function untilAsMany(): Promise<void> {
    const left = Math.floor(shared.at + lingerMs - performance.now());
    if (waiting.length >= shared.jobs || left <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      came = () => {
        if (waiting.length < shared.jobs) return;
        clearTimeout(timer);
        resolve();
      };
    });
    came = () => {};
  }

  return {
    async join(job) {
      if (waiting.length >= mostWaiting)
        throw new Refused('overloaded', 'Too many changes are waiting. Try again in a second.', {});
      return new Promise((resolve, reject) => {
        waiting.push({ job, resolve, reject });
        came();
        running ??= pump();
      });
    },
    idle: async () => running,
    pending: () => ({ waiting: waiting.length, since }),
  };
}

/** SQLite works synchronously: the requests that wait at the sockets come in first, so that they share the commit. */
async function untilAllCame(waiting: readonly unknown[]): Promise<void> {
  let before: number;
  do {
    before = waiting.length;
    await new Promise(setImmediate);
  } while (waiting.length > before && waiting.length < MOST_TOGETHER);
}

type Committed<Done> = Omit<Came, 'jobs' | 'ms'> & { done?: Done };

async function commitTogether<Job, Done extends { outcomes: Outcome[] }>(
  { db, together }: Parts<Job, Done>,
  batch: readonly Waiting<Job>[],
): Promise<Committed<Done>> {
  const jobs = batch.map(({ job }) => job);
  let light = true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const done = await db.write.transaction().execute((tx) => together(tx, jobs, light));
      return { refused: answer(batch, done.outcomes), retries: attempt - 1, done };
    } catch (error) {
      if (error instanceof CannotUndo && light) {
        light = false;
        attempt -= 1;
        continue;
      }
      const again = db.isRetryable(error);
      if (again && attempt < TRIES) {
        await sleep(2 ** attempt * (5 + Math.random() * 5));
        continue;
      }
      const told = again ? new Refused('overloaded', 'The database is busy. Try again in a second.', {}) : error;
      for (const { reject } of batch) reject(told);
      return { refused: 0, retries: attempt - 1, error };
    }
  }
}

/** Answers how many were refused. */
function answer(batch: readonly Waiting<unknown>[], outcomes: readonly Outcome[]): number {
  let refused = 0;
  for (const [i, { resolve, reject }] of batch.entries()) {
    const outcome = outcomes[i] as Outcome;
    if ('value' in outcome) resolve(outcome.value);
    else {
      refused += 1;
      reject(outcome.error);
    }
  }
  return refused;
}
