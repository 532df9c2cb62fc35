import { LIMITS } from '../../contract/limits.ts';
import type { Writer } from '../../db/database.ts';
import { prepareRead, prepareWrite } from '../../db/prepared.ts';

const KEY = 'mlflow.modelVersions';

/**
 * Notes on a logged model which versions were made from it, where MLflow's own pages look for it
 * (`mlflow/store/tracking/sqlalchemy_store.py`, `set_model_versions_tags`). What stands there and is no such list stays.
 */
export async function noteVersion(tx: Writer, model_id: string, name: string, version: number): Promise<void> {
  const [there] = await noted(tx, { model_id });
  const versions = there === undefined ? [] : readList(there.value);
  if (versions === undefined || versions.some((one) => one?.name === name && Number(one.version) === version)) return;
  const value = JSON.stringify([...versions, { name, version }]);
  if (value.length <= LIMITS.tagValue) await note(tx, { model_id, key: KEY, value });
}

function readList(json: string): { name?: unknown; version?: unknown }[] | undefined {
  try {
    const list = JSON.parse(json);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

const noted = prepareRead<{ model_id: string }, { value: string }>((db, param) =>
  db.selectFrom('logged_model_tag').select('value').where('model_id', '=', param('model_id')).where('key', '=', KEY),
);

const note = prepareWrite<{ model_id: string; key: string; value: string }, never>((db, param) =>
  db
    .insertInto('logged_model_tag')
    .values({ model_id: param('model_id'), key: param('key'), value: param('value') })
    .onConflict((conflict) =>
      conflict.columns(['model_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    ),
);
