import type { Caller } from '../contract/actor.ts';
import type { Database, Writer } from '../db/database.ts';
import type { Entry } from '../events/log.ts';
import type { About } from './ahead.ts';
import { type Job, makeTogether, type Work } from './batch.ts';
import { createGroupCommit, type Pending } from './group-commit.ts';
import { assertOutside } from './inside.ts';

/**
 * Runs `body` in a transaction together with its events; `about`: where it writes of one model only. The answer must be
 * plain JSON: it is kept for idempotent repeats.
 */
export type Change = <T>(caller: Caller, body: (work: Work) => Promise<T>, about?: About) => Promise<T>;

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

/**
 * Changes that wait share the next transaction, each after a savepoint, so that one refusal rolls back alone. A body may
 * run again when the database asks for it (busy, deadlock), so it does nothing but read and write through its `work`.
 */
export function createChange(parts: Parts): Change & { idle(): Promise<void>; pending(): Pending } {
  const { join, idle, pending } = createGroupCommit({
    db: parts.db,
    together: (tx, jobs: readonly Job[], light) => makeTogether(parts, tx, jobs, light),
    onBatch({ jobs, ...came }, done) {
      const events = done?.events ?? 0;
      if (events > 0) parts.onCommit(events);
      parts.onBatch?.({ changes: jobs, ...came, events });
    },
    mostWaiting: parts.mostWaiting,
  });
  const change = async <T>(caller: Caller, body: (work: Work) => Promise<T>, about?: About): Promise<T> => {
    assertOutside();
    return (await join({ caller, body, about })) as T;
  };
  return Object.assign(change, { idle, pending });
}
