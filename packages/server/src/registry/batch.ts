import type { Caller } from '../contract/actor.ts';
import type { Happening } from '../contract/event.ts';
import type { Database, Savepoint, Writer } from '../db/database.ts';
import { CannotUndo } from '../db/savepoint.ts';
import { allArrived, failureOf, sendAhead } from '../db/send.ts';
import type { Entry } from '../events/log.ts';
import { type About, type Ahead, withAhead } from './ahead.ts';
import { isTransient, type Outcome } from './group-commit.ts';
import { earlierAnswer, keepAnswer } from './idempotency.ts';
import { runInside } from './inside.ts';
import { lookAhead } from './look-ahead.ts';
import { mergeReindexes, type Reindex, writeIndex } from './search/index-text.ts';

/** A change under way. Verbs that write take it; only `change` makes one. */
export interface Work {
  readonly tx: Writer;
  readonly db: Database;
  readonly caller: Caller;
  /** The time of the change, epoch milliseconds. */
  readonly at: number;
  record(happening: Happening): void;
  /** Has the search index written anew, together with that of all changes that share the commit. */
  reindex(entry: Reindex): void;
  /** Has this done in the same transaction once all changes that share the commit are made, and the index is written. */
  afterwards(write: (tx: Writer) => Promise<void>): void;
}

/** A change that was asked for. */
export interface Job {
  caller: Caller;
  body(work: Work): Promise<unknown>;
  /** Where it is about one model, and writes of no other. */
  about?: About | undefined;
}

interface Parts {
  db: Database;
  now(): number;
  append(tx: Writer, entries: Entry[]): Promise<void>;
}

/** What changes leave to be written once, at the end of their transaction. */
interface Left {
  entries: Entry[];
  reindexes: Reindex[];
  afterwards: ((tx: Writer) => Promise<void>)[];
}

interface Made {
  outcomes: Outcome[];
  events: number;
}

/**
 * Makes changes one after the other in one transaction, and then what is written once for all of them: index and ledger.
 * Where they are light, nobody waits for what is written before the end.
 */
export async function makeTogether(parts: Parts, tx: Writer, batch: readonly Job[], light: boolean): Promise<Made> {
  await parts.db.lockLedger(tx);
  if (!light) return makeAll(parts, tx, batch, light);
  sendAhead(tx);
  try {
    const made = await makeAll(parts, tx, batch, light);
    await allArrived(tx);
    return made;
  } catch (error) {
    const cause = failureOf(tx);
    if (cause === undefined || isTransient(parts.db, cause)) throw cause ?? error;
    throw new CannotUndo('it is not known whose the write was that failed', { cause });
  }
}

async function makeAll(parts: Parts, tx: Writer, batch: readonly Job[], light: boolean): Promise<Made> {
  const left: Left = { entries: [], reindexes: [], afterwards: [] };
  const savepoint = parts.db.savepoint(tx, light);
  const ahead = await lookAhead(
    parts.db,
    tx,
    batch.map(({ about }) => about),
  );
  const outcomes: Outcome[] = [];
  for (const [place, job] of batch.entries()) {
    await savepoint.set();
    const own = ahead.get(place);
    ahead.delete(place);
    outcomes.push(await make(parts, tx, savepoint, job, own, left));
  }
  if (left.entries.length > 0) {
    await writeIndex({ tx, dialect: parts.db.name }, mergeReindexes(left.reindexes));
    for (const write of left.afterwards) await write(tx);
    await parts.append(tx, left.entries);
  }
  return { outcomes, events: left.entries.length };
}

/** One change after its savepoint. A body that records nothing leaves nothing but its answer: its writes are rolled back. */
async function make(
  parts: Parts,
  tx: Writer,
  savepoint: Savepoint,
  job: Job,
  ahead: Ahead | undefined,
  left: Left,
): Promise<Outcome> {
  const at = parts.now();
  const own: Left = { entries: [], reindexes: [], afterwards: [] };
  const work: Work = {
    tx,
    db: parts.db,
    caller: job.caller,
    at,
    record: (happening) => void own.entries.push({ at, caller: job.caller, happening }),
    reindex: (entry) => void own.reindexes.push(entry),
    afterwards: (write) => void own.afterwards.push(write),
  };
  try {
    const earlier = await earlierAnswer(work);
    const value = earlier ? earlier.value : await runInside(() => withAhead(tx, ahead, () => job.body(work)));
    const changed = own.entries.length > 0;
    if (!changed) await savepoint.rollBack();
    if (!earlier) await keepAnswer(work, value);
    if (changed)
      for (const part of ['entries', 'reindexes', 'afterwards'] as const) left[part].push(...(own[part] as never[]));
    return { value };
  } catch (error) {
    if (isTransient(parts.db, error)) throw error;
    await savepoint.rollBack();
    return { error };
  }
}
