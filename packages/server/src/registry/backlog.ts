import { setImmediate } from 'node:timers/promises';
import type { Database, Reader, Writer } from '../db/database.ts';
import type { BacklogTable } from '../db/tables.ts';
import { nextEvidence } from './backlog-evidence.ts';
import { nextIndexed } from './backlog-index.ts';
import { nextPurged } from './backlog-purge.ts';
import { nextRenamed } from './backlog-rename.ts';
import { createIngest } from './ingest.ts';
import type { IndexAt } from './search/index-text.ts';

export type Task = BacklogTable;

/**
 * Does the next of a task that may be long: at most so much as holds up others for some milliseconds. Answers up to
 * where it is done now; undefined where all is.
 */
export type Step = (at: IndexAt, task: Task) => Promise<number | undefined>;

const STEPS: Record<Task['kind'], Step> = {
  'index models': nextIndexed('model'),
  'index versions': nextIndexed('version'),
  purge: nextPurged,
  'purge evidence': nextEvidence,
  rename: nextRenamed,
};

/** Begins a task within the change that asks for it. What does not fit there is left to the backlog. */
export async function begin(at: IndexAt, kind: Task['kind'], model_id: number): Promise<void> {
  const after = await STEPS[kind](at, { kind, model_id, after: 0 });
  if (after === undefined) await forget(at.tx, { kind, model_id });
  else
    await at.tx
      .insertInto('backlog')
      .values({ kind, model_id, after })
      .onConflict((conflict) => conflict.columns(['kind', 'model_id']).doUpdateSet({ after }))
      .execute();
}

/** Whether a task is not done yet. */
export async function isLeft(reader: Reader, kind: Task['kind'], model_id: number): Promise<boolean> {
  const task = reader.selectFrom('backlog').select('after').where('kind', '=', kind).where('model_id', '=', model_id);
  return (await task.executeTakeFirst()) !== undefined;
}

export interface Backlog {
  /** Does what changes left, until there is nothing more. Called while it runs, it does not run twice. */
  run(): Promise<void>;
  /** Resolves once it does not run. */
  idle(): Promise<void>;
  /** Lets the step under way end and does no more: the rest is done after the next start. */
  stop(): Promise<void>;
}

/**
 * What changes leave to be done bit by bit, so that one change never holds up the others for long. Each step is a
 * transaction of its own, so it goes on after a crash, and any replica may do it.
 */
export function createBacklog(db: Database): Backlog {
  const over = new AbortController();
  let running: Promise<void> | undefined;
  const idle = async () => void (await running?.catch(() => {}));
  return {
    run() {
      running ??= work(db, ['purge', 'purge evidence', 'rename'], { signal: over.signal }).finally(() => {
        running = undefined;
      });
      return running;
    },
    idle,
    stop() {
      over.abort();
      return idle();
    },
  };
}

const TOLD_EVERY_MS = 10_000;

/** Writes the search index anew where a migration asked for it, and says how far it is. Nothing is to be searched before. */
export async function finishIndex(db: Database, tell: (line: string) => void): Promise<void> {
  let told = Date.now();
  const onStep = ({ kind, after }: Task) => {
    if (Date.now() - told < TOLD_EVERY_MS) return;
    told = Date.now();
    tell(`the search index is written anew: ${kind === 'index models' ? 'model' : 'version'} ${after}`);
  };
  await work(db, ['index models', 'index versions'], { onStep });
}

/** Writes the search index of all there is within one transaction. */
export async function indexAll(at: IndexAt): Promise<void> {
  for (const kind of ['index models', 'index versions'] as const) {
    for (let after: number | undefined = 0; after !== undefined; )
      after = await STEPS[kind](at, { kind, model_id: 0, after });
    await forget(at.tx, { kind, model_id: 0 });
  }
}

interface Watched {
  signal?: AbortSignal;
  onStep?: (task: Task) => void;
}

async function work(db: Database, kinds: readonly Task['kind'][], { signal, onStep }: Watched): Promise<void> {
  const ingest = createIngest(db);
  while (!signal?.aborted) {
    const task = await ingest((tx) => step(db, tx, kinds));
    if (!task) return;
    onStep?.(task);
    await setImmediate();
  }
}

/** The ledger's lock keeps changes off the rows of which an older state is at hand. */
async function step(db: Database, tx: Writer, kinds: readonly Task['kind'][]): Promise<Task | undefined> {
  await db.lockLedger(tx);
  const left = tx.selectFrom('backlog').selectAll().where('kind', 'in', kinds);
  const task = await left.orderBy('kind').orderBy('model_id').limit(1).executeTakeFirst();
  if (!task) return undefined;
  const after = await STEPS[task.kind]({ tx, dialect: db.name }, task);
  if (after === undefined) await forget(tx, task);
  else
    await tx
      .updateTable('backlog')
      .set({ after })
      .where('kind', '=', task.kind)
      .where('model_id', '=', task.model_id)
      .execute();
  return task;
}

async function forget(tx: Writer, { kind, model_id }: Pick<Task, 'kind' | 'model_id'>): Promise<void> {
  await tx.deleteFrom('backlog').where('kind', '=', kind).where('model_id', '=', model_id).execute();
}
