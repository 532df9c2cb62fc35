import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export type Dialect = 'sqlite' | 'postgres';

/** Queries only. Verbs that read take this, so that nothing is written outside a transaction. */
export type Reader = Pick<Kysely<Tables>, 'selectFrom'>;
/** A transaction under way. Only `change` and `ingest` make one. */
export type Writer = Transaction<Tables>;

/** The one savepoint of a transaction. */
export interface Savepoint {
  /** Puts it here, wherever it was before. */
  set(): Promise<void>;
  /** Undoes what was done since it was set. */
  rollBack(): Promise<void>;
}

/** Everything in which the two databases differ. Nothing else knows which one is running. */
export interface Database {
  readonly name: Dialect;
  /** On SQLite a second, read-only connection; on PostgreSQL the pool. */
  readonly read: Kysely<Tables>;
  readonly write: Kysely<Tables>;
  /** Everything that `body` reads is of one instant. */
  snapshot<T>(body: (read: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Makes every other change wait until this transaction ends: nothing to do on SQLite, a row lock on PostgreSQL. */
  lockLedger(tx: Writer): Promise<void>;
  /** The same for what is written without events: one server at a time, so that none waits for the rows of another. */
  lockIngest(tx: Writer): Promise<void>;
  /**
   * `light`: one that costs little, if there is such a thing, and may reject with `CannotUndo` instead of rolling back;
   * the transaction is then rolled back, and run again with one that is not light.
   */
  savepoint(tx: Writer, light: boolean): Savepoint;
  isDuplicate(error: unknown): boolean;
  /** Busy, deadlock, serialization failure: nothing was committed, and the change may run again. */
  isRetryable(error: unknown): boolean;
  /** The database is away: the caller is told to come back later. */
  isAway(error: unknown): boolean;
  isFull(error: unknown): boolean;
  /** Rejects where it cannot be read, or may not be written any more. */
  check(): Promise<void>;
  /** PostgreSQL: connections that are open, of them idle, and requests that wait for one. */
  pool?(): { total: number; idle: number; waiting: number };
  close(): Promise<void>;
}
