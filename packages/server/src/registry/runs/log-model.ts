import { randomBytes } from 'node:crypto';
import type { Writer } from '../../db/database.ts';
import { insertRows } from '../../db/rows.ts';
import { refuseField } from '../refusals.ts';
import type { Entry } from './documents.ts';
import { locationIn } from './locations.ts';
import type { LoggedModel } from './logged-model.ts';
import { entriesOfNew, withModel } from './logged-model-entries.ts';
import { inventName } from './names.ts';

/** What is told of a model when it is logged. Texts are empty where they were not told, an empty name is invented. */
export interface NewLoggedModel {
  name: string;
  model_type: string;
  source_run_id: string;
  params: Entry[];
  tags: Entry[];
}

const LONGEST = { name: 500, model_type: 500, source_run_id: 36 } as const;

/**
 * Logs a model to an active experiment; its files are still to come
 * (`mlflow/store/tracking/sqlalchemy_store.py`, `create_logged_model`).
 */
export async function logModel(
  tx: Writer,
  experiment: { id: number; artifact_location: string },
  asked: NewLoggedModel,
  now: number,
): Promise<LoggedModel> {
  const { model_type, source_run_id } = asked;
  for (const [field, longest] of Object.entries(LONGEST))
    if (asked[field as keyof typeof LONGEST].length > longest)
      refuseField(`/${field}`, `may have at most ${longest} characters`);
  const { params, tags } = entriesOfNew(asked.params, asked.tags);
  const model_id = `m-${randomBytes(16).toString('hex')}`;
  const row = {
    model_id,
    experiment_id: experiment.id,
    name: asked.name || inventName(),
    artifact_location: locationIn(experiment.artifact_location, `models/${model_id}/artifacts`),
    creation_time: now,
    last_update_time: now,
    status: 'LOGGED_MODEL_PENDING',
    model_type,
    source_run_id,
    deleted_at: null,
  } as const;
  await insertRows(tx, 'logged_model', [row]);
  await insertRows(tx, 'logged_model_param', withModel(model_id, params));
  await insertRows(tx, 'logged_model_tag', withModel(model_id, tags));
  return { ...row, params, tags, metrics: [] };
}
