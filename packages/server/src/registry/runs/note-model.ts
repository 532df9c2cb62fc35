import type { Writer } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { refuse } from '../refusals.ts';
import { writeTags } from './entries.ts';
import { requireActiveRun } from './find.ts';
import { cutTo, LONGEST_RUN_TAG } from './keys.ts';

/** Where clients before MLflow 3 note the models of a run. */
const HISTORY_TAG = 'mlflow.log-model.history';

const tagOf = prepareRead<{ run_id: string; key: string }, { value: string }>((db, param) =>
  db.selectFrom('run_tag').select('value').where('run_id', '=', param('run_id')).where('key', '=', param('key')),
);

/** Notes in a tag of the run that it wrote a model (`mlflow/store/tracking/sqlalchemy_store.py`, `record_logged_model`). */
export async function noteModel(tx: Writer, run_id: string, model: Record<string, unknown>): Promise<void> {
  await requireActiveRun(tx, run_id);
  const [tag] = await tagOf(tx, { run_id, key: HISTORY_TAG });
  const value = JSON.stringify([...listIn(tag?.value), shortened(model)]);
  await writeTags(tx, run_id, [{ key: HISTORY_TAG, value: cutTo(value, LONGEST_RUN_TAG) }]);
}

/** What a client wrote there that is no list is let go of; so is what was cut. */
function listIn(value: string | undefined): unknown[] {
  try {
    const list: unknown = JSON.parse(value ?? '[]');
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** Without what a flavor was set to (`mlflow/models/model.py`, `get_tags_dict`). */
function shortened(model: Record<string, unknown>): Record<string, unknown> {
  const { run_id, artifact_path, utc_time_created, model_uuid, flavors } = model;
  if (typeof flavors !== 'object' || flavors === null || Array.isArray(flavors))
    refuse('invalid', "Model json field 'flavors' must be an object.", {
      errors: [{ path: '/model_json', message: "must hold an object 'flavors'" }],
    });
  const brief = Object.entries(flavors as Record<string, unknown>).map(([name, flavor]) => [
    name,
    withoutConfig(flavor),
  ]);
  return {
    run_id,
    artifact_path,
    utc_time_created,
    ...(model_uuid !== undefined && { model_uuid }),
    flavors: Object.fromEntries(brief),
  };
}

function withoutConfig(flavor: unknown): unknown {
  if (typeof flavor !== 'object' || flavor === null || Array.isArray(flavor)) return flavor;
  return Object.fromEntries(Object.entries(flavor).filter(([key]) => key !== 'config'));
}
