import type { Reader, Writer } from '../../db/database.ts';
import type { Ingest } from '../ingest.ts';
import { Refused } from '../refusals.ts';
import { purgeRun, removeFilesAt, removeRun } from './purge.ts';

const PURGED_TOGETHER = 500;
/** Where runs go that name none: it stays. */
const DEFAULT_EXPERIMENT = 0;

interface Parts {
  read: Reader;
  ingest: Ingest;
  /** How long what is deleted can be restored, in milliseconds. */
  trashMs: number;
  now(): number;
}

/**
 * Purges runs and logged models that have been deleted for as long as the trash keeps, and then deleted experiments in which
 * nothing is left. Answers how many that were; begins no other one once the signal is aborted.
 */
export async function purgeExpiredTracking(parts: Parts, signal?: AbortSignal): Promise<number> {
  const before = parts.now() - parts.trashMs;
  let purged = 0;
  for (const purgeSome of [purgeRuns, purgeLoggedModels, purgeExperiments])
    for (let some = 1; some > 0 && !signal?.aborted; purged += some) some = await purgeSome(parts, before, signal);
  return purged;
}

async function purgeRuns({ read, ingest }: Parts, before: number, signal?: AbortSignal): Promise<number> {
  const rows = await read
    .selectFrom('run')
    .select(['run_id', 'lifecycle_stage'])
    .where('deleted_at', 'is not', null)
    .where('deleted_at', '<', before)
    .orderBy('deleted_at')
    .limit(PURGED_TOGETHER)
    .execute();
  let purged = 0;
  for (const { run_id, lifecycle_stage } of rows) {
    if (signal?.aborted) return purged;
    if (lifecycle_stage === 'purged') await removeRun(read, ingest, run_id);
    else await purgeRun(read, ingest, run_id).catch(unlessRestored);
    purged += 1;
  }
  return purged;
}

/** Somebody may have restored it, or purged it, since it was looked for. */
function unlessRestored(error: unknown): void {
  if (!(error instanceof Refused && /^run-not-/.test(error.kind))) throw error;
}

/** Those that are deleted, or of an experiment that is. They cannot be restored, but their experiment can. */
async function purgeLoggedModels({ read, ingest }: Parts, before: number, signal?: AbortSignal): Promise<number> {
  const deleted = read.selectFrom('logged_model').select('model_id').where('deleted_at', '<', before);
  const ofDeleted = read
    .selectFrom('experiment')
    .innerJoin('logged_model', 'experiment_id', 'experiment.id')
    .select('model_id')
    .where('lifecycle_stage', '=', 'deleted')
    .where('experiment.last_update_time', '<', before);
  let purged = 0;
  for (const query of [deleted, ofDeleted])
    for (const { model_id } of await query.limit(PURGED_TOGETHER / 2).execute()) {
      if (signal?.aborted) return purged;
      const location = await ingest((tx) => hideLoggedModel(tx, model_id, before));
      if (location === undefined) continue;
      await removeFilesAt(ingest, location);
      await ingest((tx) => dropLoggedModel(tx, model_id));
      purged += 1;
    }
  return purged;
}

/** From here on it is deleted, whatever becomes of its experiment. Answers where its files are, if it is still to go. */
async function hideLoggedModel(tx: Writer, model_id: string, before: number): Promise<string | undefined> {
  const row = await tx
    .selectFrom('logged_model')
    .innerJoin('experiment', 'experiment.id', 'experiment_id')
    .select(['logged_model.artifact_location', 'deleted_at', 'lifecycle_stage'])
    .where('model_id', '=', model_id)
    .executeTakeFirst();
  if (!row || (row.deleted_at === null && row.lifecycle_stage !== 'deleted')) return undefined;
  if (row.deleted_at === null)
    await tx
      .updateTable('logged_model')
      .set({ deleted_at: before - 1 })
      .where('model_id', '=', model_id)
      .execute();
  return row.artifact_location;
}

async function dropLoggedModel(tx: Writer, model_id: string): Promise<void> {
  for (const table of ['logged_model_metric', 'logged_model_param', 'logged_model_tag', 'logged_model'] as const)
    await tx.deleteFrom(table).where('model_id', '=', model_id).execute();
}

async function purgeExperiments({ read, ingest }: Parts, before: number, signal?: AbortSignal): Promise<number> {
  const rows = await read
    .selectFrom('experiment')
    .select('id')
    .where('id', '!=', DEFAULT_EXPERIMENT)
    .where('lifecycle_stage', '=', 'deleted')
    .where('last_update_time', '<', before)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('run').select('run_id').whereRef('experiment_id', '=', 'experiment.id'))),
    )
    .where((eb) =>
      eb.not(
        eb.exists(eb.selectFrom('logged_model').select('model_id').whereRef('experiment_id', '=', 'experiment.id')),
      ),
    )
    .limit(PURGED_TOGETHER)
    .execute();
  let purged = 0;
  for (const { id } of rows) {
    if (signal?.aborted) return purged;
    if (await ingest((tx) => dropExperiment(tx, id))) purged += 1;
  }
  return purged;
}

/** Answers false for one that was restored meanwhile. */
async function dropExperiment(tx: Writer, id: number): Promise<boolean> {
  const row = await tx.selectFrom('experiment').select('lifecycle_stage').where('id', '=', id).executeTakeFirst();
  if (row?.lifecycle_stage !== 'deleted') return false;
  await tx.deleteFrom('experiment_tag').where('experiment_id', '=', id).execute();
  await tx.deleteFrom('dataset').where('experiment_id', '=', id).execute();
  await tx.deleteFrom('experiment').where('id', '=', id).execute();
  return true;
}
