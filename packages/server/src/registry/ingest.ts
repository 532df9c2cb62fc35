import type { Database, Savepoint, Writer } from '../db/database.ts';
import { createGroupCommit, isTransient, type Outcome, type Pending } from './group-commit.ts';
import { assertOutside, runInside } from './inside.ts';

/** Runs `body` in one plain transaction: what is not audited, such as the measurements of a training run. */
export type Ingest = <T>(body: (tx: Writer) => Promise<T>) => Promise<T>;

type Body = (tx: Writer) => Promise<unknown>;

/**
 * The third verb beside reading and `change`. Records no events, so nothing that the ledger speaks of may be written here.
 * Bodies that wait share the next transaction, and are answered when it is durable; one that throws is undone alone. A
 * body may run again, so it does nothing but read and write through its `tx`.
 */
export function createIngest(
  db: Database,
  options: { mostWaiting?: number | undefined } = {},
): Ingest & { idle(): Promise<void>; pending(): Pending } {
  const { join, idle, pending } = createGroupCommit({
    db,
    together: (tx, bodies: readonly Body[], light) => runTogether(db, tx, bodies, light),
    mostWaiting: options.mostWaiting,
  });
  const ingest = async <T>(body: (tx: Writer) => Promise<T>): Promise<T> => {
    assertOutside();
    return (await join(body)) as T;
  };
  return Object.assign(ingest, { idle, pending });
}

async function runTogether(
  db: Database,
  tx: Writer,
  bodies: readonly Body[],
  light: boolean,
): Promise<{ outcomes: Outcome[] }> {
  await db.lockIngest(tx);
  const savepoint = db.savepoint(tx, light);
  const outcomes: Outcome[] = [];
  for (const body of bodies) {
    await savepoint.set();
    outcomes.push(await run(db, tx, savepoint, body));
  }
  return { outcomes };
}

async function run(db: Database, tx: Writer, savepoint: Savepoint, body: Body): Promise<Outcome> {
  try {
    return { value: await runInside(() => body(tx)) };
  } catch (error) {
    if (isTransient(db, error)) throw error;
    await savepoint.rollBack();
    return { error };
  }
}
