import type { LoggedModel } from '../../registry/runs/logged-model.ts';

/** A logged model as MLflow's API has it (`mlflow/entities/logged_model.py`, `to_proto`). Empty lists are left out. */
export function toMlflowLoggedModel(model: LoggedModel) {
  const { model_id, params, tags, metrics } = model;
  return {
    info: {
      model_id,
      experiment_id: String(model.experiment_id),
      name: model.name,
      creation_timestamp_ms: model.creation_time,
      last_updated_timestamp_ms: model.last_update_time,
      artifact_uri: model.artifact_location,
      status: model.status,
      model_type: model.model_type,
      source_run_id: model.source_run_id,
      ...(tags.length > 0 && { tags }),
    },
    data: {
      ...(params.length > 0 && { params }),
      ...(metrics.length > 0 && { metrics: metrics.map((point) => toMlflowPoint(model_id, point)) }),
    },
  };
}

function toMlflowPoint(model_id: string, point: LoggedModel['metrics'][number]) {
  const { key, timestamp, step, run_id, dataset_name, dataset_digest } = point;
  return {
    key,
    value: point.is_nan ? 'NaN' : point.value,
    timestamp,
    step,
    model_id,
    ...(dataset_name !== '' && { dataset_name }),
    ...(dataset_digest !== '' && { dataset_digest }),
    ...(run_id !== '' && { run_id }),
  };
}
