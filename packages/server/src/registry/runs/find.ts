import type { Selectable } from 'kysely';
import type { Reader } from '../../db/database.ts';
import { prepareLookup } from '../../db/prepared.ts';
import type { ExperimentTable, RunTable } from '../../db/tables.ts';
import { refuse } from '../refusals.ts';
import type { RunInfo } from './documents.ts';

type ExperimentRow = Selectable<ExperimentTable>;

const experimentById = prepareLookup<{ id: number }, ExperimentRow>((db, param) =>
  db.selectFrom('experiment').selectAll().where('id', '=', param('id')),
);
const experimentByName = prepareLookup<{ name: string }, ExperimentRow>((db, param) =>
  db.selectFrom('experiment').selectAll().where('name', '=', param('name')),
);
const runById = prepareLookup<{ run_id: string }, Selectable<RunTable>>((db, param) =>
  db.selectFrom('run').selectAll().where('run_id', '=', param('run_id')),
);

/** An experiment's id from what a client calls it: a whole number as text. */
function toExperimentId(text: string): number {
  if (!/^\s*[+-]?\d+\s*$/.test(text))
    refuse('invalid', `Invalid experiment ID '${text.slice(0, 100)}'. Experiment ID must be a valid integer.`, {
      errors: [{ path: '/experiment_id', message: 'must be a whole number as text' }],
    });
  return Number(text);
}

/** An experiment, also a deleted one. */
export async function requireExperiment(read: Reader, experiment_id: string): Promise<ExperimentRow> {
  const id = toExperimentId(experiment_id);
  const [row] = Number.isSafeInteger(id) ? await experimentById(read, { id }) : [];
  return row ?? refuse('experiment-not-found', `No Experiment with id=${id} exists`, { experiment_id });
}

export async function findExperimentNamed(read: Reader, name: string): Promise<ExperimentRow | undefined> {
  return (await experimentByName(read, { name }))[0];
}

/** An experiment that may be written. */
export async function requireActiveExperiment(read: Reader, experiment_id: string): Promise<ExperimentRow> {
  const row = await requireExperiment(read, experiment_id);
  if (row.lifecycle_stage === 'active') return row;
  return refuse(
    'experiment-deleted',
    `The experiment ${row.id} must be in the 'active' state. Current state is ${row.lifecycle_stage}.`,
    { experiment_id },
  );
}

/** A run, also a deleted one, but none that is being purged. */
export async function requireRun(read: Reader, run_id: string): Promise<RunInfo> {
  const [row] = await runById(read, { run_id });
  if (row && row.lifecycle_stage !== 'purged') return row;
  return refuse('run-not-found', `Run with id=${run_id.slice(0, 300)} not found`, { run_id });
}

/** A run that may be written. */
export async function requireActiveRun(read: Reader, run_id: string): Promise<RunInfo> {
  const row = await requireRun(read, run_id);
  if (row.lifecycle_stage === 'active') return row;
  return refuse(
    'run-deleted',
    `The run ${run_id} must be in the 'active' state. Current state is ${row.lifecycle_stage}.`,
    { run_id },
  );
}
