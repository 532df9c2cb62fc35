import type { Caller } from '../../contract/actor.ts';
import type { NewEvaluation } from '../../contract/evaluation.ts';
import type { NewMetricDefinition, NewMetrics } from '../../contract/metric.ts';
import type { Database } from '../../db/database.ts';
import type { Change } from '../change.ts';
import type { IfMatch } from '../etag.ts';
import type { PageAsked } from '../paging/pages.ts';
import type { NewPoint } from '../runs/points.ts';
import { getDataset, pageOfDatasets } from './datasets.ts';
import { defineMetric, getDefinition, pageOfDefinitions } from './define-metric.ts';
import { getEvaluation, pageOfEvaluations } from './evaluation-pages.ts';
import { type LeaderboardAsked, leaderboard } from './leaderboard.ts';
import { logMetrics } from './log-metrics.ts';
import { type HistoryAsked, pageOfMetrics, pageOfPoints } from './metric-pages.ts';
import { createNoteHold, noteEvaluations } from './note-evaluations.ts';
import { recordEvaluation } from './record-evaluation.ts';
import { type EvaluationSearch, searchEvaluations } from './search-evaluations.ts';

interface Parts {
  read: Database['read'];
  dialect: Database['name'];
  /** Key of the page tokens. */
  tokenKey: Uint8Array;
  change: Change;
  /** Whether a change that failed so may be made later. */
  isPassing(error: unknown): boolean;
  /** Told of what a run measured where it could not be recorded, each time that it was tried. */
  onUnrecorded(error: unknown): void;
}

/** What versions are judged by: metrics, and evaluations on data sets. */
export function createEvidence(parts: Parts) {
  const { read, change } = parts;
  const hold = createNoteHold(change, { isPassing: parts.isPassing, onFailed: parts.onUnrecorded });
  return {
    metrics: {
      log: (by: Caller, model: string, ref: string, asked: NewMetrics) =>
        change(by, (work) => logMetrics(work, model, ref, asked)),
      page: (model: string, ref: string, asked: PageAsked) => pageOfMetrics(parts, model, ref, asked),
      points: (model: string, ref: string, metric: string, asked: HistoryAsked) =>
        pageOfPoints(parts, model, ref, metric, asked),
    },
    definitions: {
      get: (name: string) => getDefinition(read, name),
      set: (by: Caller, name: string, asked: NewMetricDefinition, ifMatch?: IfMatch) =>
        change(by, (work) => defineMetric(work, name, asked, ifMatch)),
      page: (asked: PageAsked) => pageOfDefinitions(parts, asked),
    },
    datasets: {
      page: (asked: PageAsked) => pageOfDatasets(parts, asked),
      get: (name: string) => getDataset(read, name),
      leaderboard: (name: string, asked: LeaderboardAsked) => leaderboard(parts, name, asked),
    },
    evaluations: {
      record: (by: Caller, model: string, ref: string, asked: NewEvaluation) =>
        change(by, (work) => recordEvaluation(work, model, ref, asked)),
      /** What a run logged on data sets, once it is committed. */
      note: (by: Caller, run_id: string, points: readonly NewPoint[]) =>
        noteEvaluations({ read, change, hold }, by, run_id, points),
      /** Records what waits for more of it, of a run. */
      flush: (run_id: string) => hold.flush(run_id),
      /** The same of all, before a stop. */
      close: () => hold.close(),
      get: (id: number) => getEvaluation(read, id),
      search: (asked: EvaluationSearch) => searchEvaluations(parts, asked),
      pageOfVersion: (model: string, ref: string, asked: PageAsked) => pageOfEvaluations(parts, model, ref, asked),
    },
  };
}
