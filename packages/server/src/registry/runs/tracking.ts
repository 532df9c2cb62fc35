import type { Database } from '../../db/database.ts';
import type { Ingest } from '../ingest.ts';
import { createRun, type NewRun } from './create-run.ts';
import { detailsOf } from './details.ts';
import type { Entry, Run, RunDetails } from './documents.ts';
import { deleteRunTag, logParam, setRunTag } from './entries.ts';
import {
  createExperiment,
  deleteExperimentTag,
  getExperiment,
  getExperimentNamed,
  type NewExperiment,
  renameExperiment,
  setExperimentTag,
} from './experiments.ts';
import { requireRun } from './find.ts';
import { type HistoryAsked, historyOf, pageOfHistory } from './history.ts';
import { type Inputs, logInputs, logOutputs, type Output } from './inputs.ts';
import { moveRun, moveWithRuns } from './lifecycle.ts';
import { type LogBatch, logBatch } from './log-batch.ts';
import { createLoggedModels } from './logged-models.ts';
import { noteModel } from './note-model.ts';
import { logMetric, type NewPoint } from './points.ts';
import { purgeRun } from './purge.ts';
import { purgeExpiredTracking } from './purge-expired.ts';
import { type SampleAsked, sampleHistory } from './sample.ts';
import { type LoggedModelSearch, searchLoggedModels } from './search/logged-models.ts';
import { type ExperimentSearch, type RunSearch, searchExperiments, searchRuns } from './search/search.ts';
import { type RunPatch, updateRun } from './update-run.ts';

export interface TrackingParts {
  read: Database['read'];
  dialect: Database['name'];
  ingest: Ingest;
  /** Key of the page tokens. */
  tokenKey: Uint8Array;
  /** How long what is deleted can be restored, in milliseconds. */
  trashMs: number;
  now(): number;
}

/** Experiments, runs and logged models: where models come from. Written in plain transactions, without events. */
export function createTracking(parts: TrackingParts) {
  const { read, ingest, tokenKey, now } = parts;
  return {
    experiments: {
      get: (experiment_id: string) => getExperiment(read, experiment_id),
      getNamed: (name: string) => getExperimentNamed(read, name),
      create: (asked: NewExperiment) => ingest((tx) => createExperiment(tx, asked, now())),
      rename: (experiment_id: string, name: string) => ingest((tx) => renameExperiment(tx, experiment_id, name, now())),
      delete: (experiment_id: string) => moveWithRuns(ingest, experiment_id, 'deleted', now),
      restore: (experiment_id: string) => moveWithRuns(ingest, experiment_id, 'active', now),
      setTag: (experiment_id: string, tag: Entry) => ingest((tx) => setExperimentTag(tx, experiment_id, tag)),
      deleteTag: (experiment_id: string, key: string) => ingest((tx) => deleteExperimentTag(tx, experiment_id, key)),
    },
    runs: {
      create: (asked: NewRun) => ingest((tx) => createRun(tx, asked)),
      get: async (run_id: string): Promise<Run> => {
        const info = await requireRun(read, run_id);
        return { info, ...((await detailsOf(read, [run_id])).get(run_id) as RunDetails) };
      },
      update: (run_id: string, patch: RunPatch) => ingest((tx) => updateRun(tx, run_id, patch)),
      delete: (run_id: string) => ingest((tx) => moveRun(tx, run_id, 'deleted', now())),
      restore: (run_id: string) => ingest((tx) => moveRun(tx, run_id, 'active', now())),
      /** Removes a deleted one for good. */
      purge: (run_id: string) => purgeRun(read, ingest, run_id),
      logParam: (run_id: string, param: Entry) => ingest((tx) => logParam(tx, run_id, param)),
      logMetric: (run_id: string, point: NewPoint) => ingest((tx) => logMetric(tx, run_id, point)),
      setTag: (run_id: string, tag: Entry) => ingest((tx) => setRunTag(tx, run_id, tag)),
      deleteTag: (run_id: string, key: string) => ingest((tx) => deleteRunTag(tx, run_id, key)),
      logBatch: (run_id: string, batch: LogBatch) => ingest((tx) => logBatch(tx, run_id, batch)),
      logInputs: (run_id: string, inputs: Inputs) => ingest((tx) => logInputs(tx, run_id, inputs)),
      logOutputs: (run_id: string, outputs: Output[]) => ingest((tx) => logOutputs(tx, run_id, outputs)),
      noteModel: (run_id: string, model: Record<string, unknown>) => ingest((tx) => noteModel(tx, run_id, model)),
    },
    metrics: {
      history: (asked: HistoryAsked) => pageOfHistory(read, tokenKey, asked),
      historyOf: (run_ids: readonly string[], key: string, most: number) => historyOf(read, run_ids, key, most),
      sample: (asked: SampleAsked) => sampleHistory(read, asked),
    },
    purgeExpired: (signal?: AbortSignal) => purgeExpiredTracking(parts, signal),
    loggedModels: createLoggedModels(parts),
    searchRuns: (asked: RunSearch) => searchRuns(parts, asked),
    searchExperiments: (asked: ExperimentSearch) => searchExperiments(parts, asked),
    searchLoggedModels: (asked: LoggedModelSearch) => searchLoggedModels(parts, asked),
  };
}
