import type { Selectable } from 'kysely';
import type { DatasetTable, ExperimentTable, LatestMetricTable, RunTable } from '../../db/tables.ts';

/** Experiments and runs as the verbs of `registry/runs/` answer them; each door has its own words for them. */

/** A tag or a param. */
export interface Entry {
  key: string;
  value: string;
}

export interface Experiment extends Selectable<ExperimentTable> {
  tags: Entry[];
}

export type RunInfo = Selectable<RunTable>;

/** One point of a metric. NaN is the value 0 with `is_nan`. */
export type Point = Omit<LatestMetricTable, 'id' | 'run_id'>;

/** A data set that a run read, and what the run says of it. */
export interface DatasetInput {
  dataset: Pick<DatasetTable, 'name' | 'digest' | 'source_type' | 'source' | 'schema' | 'profile'>;
  tags: Entry[];
}

/** What was logged of a run: of each metric the latest point; params and tags in the order of their keys. */
export interface RunDetails {
  metrics: Point[];
  params: Entry[];
  tags: Entry[];
  datasets: DatasetInput[];
  /** Ids of logged models. */
  inputs: string[];
  outputs: { model_id: string; step: number }[];
}

export interface Run extends RunDetails {
  info: RunInfo;
}
