import type { Reader, Writer } from '../../db/database.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead, prepareWrite } from '../../db/prepared.ts';
import type { Ingest } from '../ingest.ts';
import { refuse } from '../refusals.ts';
import { requireExperiment, requireRun } from './find.ts';

type Stage = 'active' | 'deleted';

/** Runs that are moved in one transaction: with an experiment go all of its runs, and others want to write meanwhile. */
const MOVED_TOGETHER = 2_000;

const moveExperiment = prepareWrite<{ id: number; stage: Stage; at: number }, never>((db, param) =>
  db
    .updateTable('experiment')
    .set({ lifecycle_stage: param('stage'), last_update_time: param('at') })
    .where('id', '=', param('id')),
);

const runsIn = prepareRead<{ experiment_id: number; stage: Stage }, { run_id: string }>((db, param) =>
  db
    .selectFrom('run')
    .select('run_id')
    .where('experiment_id', '=', param('experiment_id'))
    .where('lifecycle_stage', '=', param('stage'))
    .limit(MOVED_TOGETHER),
);

const moveRuns = prepareWrite<{ ids: unknown; stage: Stage; deleted_at: number | null }, never>((db, param) =>
  db
    .updateTable('run')
    .set({ lifecycle_stage: param('stage'), deleted_at: param('deleted_at') })
    .where(isOneOf(db, 'run_id', param('ids'))),
);

/**
 * Deletes an active experiment and all of its runs, or restores a deleted one and them, those that were deleted before it
 * too. The runs go first, some at a time; whoever is cut off in between does it again.
 */
export async function moveWithRuns(ingest: Ingest, experiment_id: string, to: Stage, now: () => number): Promise<void> {
  while (!(await ingest((tx) => moveSome(tx, experiment_id, to, now()))));
}

/** Answers whether the experiment has been moved, with the last of its runs. */
async function moveSome(tx: Writer, experiment_id: string, to: Stage, now: number): Promise<boolean> {
  const from = to === 'active' ? 'deleted' : 'active';
  const id = await requireIn(tx, experiment_id, from);
  const runs = await runsIn(tx, { experiment_id: id, stage: from });
  await moveRuns(tx, idsTo(tx, runs, to, now));
  if (runs.length === MOVED_TOGETHER) return false;
  await moveExperiment(tx, { id, stage: to, at: now });
  return true;
}

/** To delete what is deleted, or to restore what is not, is to look for what is not there. */
async function requireIn(read: Reader, experiment_id: string, stage: Stage): Promise<number> {
  const { id, lifecycle_stage } = await requireExperiment(read, experiment_id);
  if (lifecycle_stage === stage) return id;
  return refuse('experiment-not-found', `No Experiment with id=${id} exists`, { experiment_id });
}

/** Deletes or restores a run, whatever it was; one that was deleted before keeps its time. */
export async function moveRun(tx: Writer, run_id: string, to: Stage, now: number): Promise<void> {
  const { lifecycle_stage } = await requireRun(tx, run_id);
  if (lifecycle_stage !== to) await moveRuns(tx, idsTo(tx, [{ run_id }], to, now));
}

function idsTo(tx: Writer, runs: { run_id: string }[], stage: Stage, now: number) {
  const ids = listOf(
    tx,
    runs.map(({ run_id }) => run_id),
  );
  return { ids, stage, deleted_at: stage === 'deleted' ? now : null };
}
