import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { MOST } from './bounds.ts';
import { type Cell, toCell } from './values.ts';

/** The params of a run, and over them those of the logged model. A run that was purged has none, though its rows may not be gone yet. */
export async function paramsOf(
  read: Reader,
  run_id: string | undefined,
  model_id: string | undefined,
): Promise<Map<string, Cell>> {
  const params = new Map<string, Cell>();
  const add = (rows: readonly { key: string; value: string }[]) => {
    for (const { key, value } of rows) params.set(key, toCell(value));
  };
  if (run_id !== undefined) add(await ofRun(read, { run_id }));
  if (model_id !== undefined) add(await ofModel(read, { model_id }));
  return params;
}

const ofRun = prepareRead<{ run_id: string }, { key: string; value: string }>((db, param) =>
  db
    .selectFrom('param')
    .innerJoin('run', 'run.run_id', 'param.run_id')
    .select(['param.key', 'param.value'])
    .where('param.run_id', '=', param('run_id'))
    .where('run.lifecycle_stage', '!=', 'purged')
    .orderBy('param.key')
    .limit(MOST.params),
);

const ofModel = prepareRead<{ model_id: string }, { key: string; value: string }>((db, param) =>
  db
    .selectFrom('logged_model_param')
    .select(['key', 'value'])
    .where('model_id', '=', param('model_id'))
    .orderBy('key')
    .limit(MOST.params),
);
