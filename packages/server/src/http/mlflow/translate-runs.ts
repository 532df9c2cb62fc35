import type { DatasetInput, Entry, Experiment, Point, Run, RunInfo } from '../../registry/runs/documents.ts';

/**
 * Experiments and runs as MLflow writes them (`mlflow/protos/service.proto`; `to_proto` in `mlflow/entities`): whole
 * numbers as numbers, NaN as text, what is not set and lists that are empty left out.
 */

export function toExperiment(experiment: Experiment) {
  return {
    experiment_id: String(experiment.id),
    name: experiment.name,
    artifact_location: experiment.artifact_location,
    lifecycle_stage: experiment.lifecycle_stage,
    creation_time: experiment.creation_time,
    last_update_time: experiment.last_update_time,
    ...unlessEmpty('tags', experiment.tags.map(toEntry)),
  };
}

export function toRunInfo(info: RunInfo) {
  return {
    run_uuid: info.run_id,
    experiment_id: String(info.experiment_id),
    run_name: info.run_name,
    user_id: info.user_id,
    status: info.status,
    start_time: info.start_time,
    ...(info.end_time && { end_time: info.end_time }),
    artifact_uri: info.artifact_uri,
    lifecycle_stage: info.lifecycle_stage,
    run_id: info.run_id,
  };
}

export function toRun(run: Run) {
  return {
    info: toRunInfo(run.info),
    data: {
      ...unlessEmpty('metrics', run.metrics.map(toMetric)),
      ...unlessEmpty('params', run.params.map(toEntry)),
      ...unlessEmpty('tags', run.tags.map(toEntry)),
    },
    inputs: {
      ...unlessEmpty('dataset_inputs', run.datasets.map(toDatasetInput)),
      ...unlessEmpty(
        'model_inputs',
        run.inputs.map((model_id) => ({ model_id })),
      ),
    },
    outputs: { ...unlessEmpty('model_outputs', run.outputs) },
  };
}

export function toMetric({ key, value, is_nan, timestamp, step }: Point) {
  return { key, value: is_nan ? 'NaN' : value, timestamp, step };
}

function toEntry({ key, value }: Entry): Entry {
  return { key, value };
}

function toDatasetInput({ dataset, tags }: DatasetInput) {
  const { name, digest, source_type, source, schema, profile } = dataset;
  return {
    ...unlessEmpty('tags', tags.map(toEntry)),
    dataset: { name, digest, source_type, source, ...(schema && { schema }), ...(profile && { profile }) },
  };
}

function unlessEmpty<K extends string, T>(name: K, list: T[]): { [name in K]?: T[] } {
  return list.length > 0 ? ({ [name]: list } as { [name in K]: T[] }) : {};
}
