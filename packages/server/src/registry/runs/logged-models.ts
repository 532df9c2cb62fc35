import { prepareWrite } from '../../db/prepared.ts';
import type { LoggedModelTable } from '../../db/tables.ts';
import type { Entry } from './documents.ts';
import { requireActiveExperiment } from './find.ts';
import { logModel, type NewLoggedModel } from './log-model.ts';
import { completeLoggedModel, type LoggedModel, noSuchLoggedModel, requireLoggedModel } from './logged-model.ts';
import { addParams, deleteTag, setTags } from './logged-model-entries.ts';
import type { TrackingParts } from './tracking.ts';

type Written = { model_id: string; now: number } & Record<string, unknown>;

const writeStatus = prepareWrite<Written & { status: LoggedModelTable['status'] }, LoggedModelTable>((db, param) =>
  db
    .updateTable('logged_model')
    .set({ status: param('status'), last_update_time: param('now') })
    .where('model_id', '=', param('model_id'))
    .returningAll(),
);

/** Of one that is deleted again the first time counts. */
const writeDeleted = prepareWrite<Written, { model_id: string }>((db, param) =>
  db
    .updateTable('logged_model')
    .set((eb) => ({ deleted_at: eb.fn.coalesce('deleted_at', eb.val(param('now'))), last_update_time: param('now') }))
    .where('model_id', '=', param('model_id'))
    .returning('model_id'),
);

/**
 * Logged models: what a run made, before any of it is registered. A deleted one is gone for those who ask for it, but can
 * still be written, as MLflow has it (`mlflow/store/tracking/sqlalchemy_store.py`).
 */
export function createLoggedModels({ read, ingest, now }: Pick<TrackingParts, 'read' | 'ingest' | 'now'>) {
  return {
    log: (experimentId: string, asked: NewLoggedModel): Promise<LoggedModel> =>
      ingest(async (tx) => logModel(tx, await requireActiveExperiment(tx, experimentId), asked, now())),
    get: async (model_id: string, deletedToo = false): Promise<LoggedModel> =>
      completeLoggedModel(read, await requireLoggedModel(read, model_id, deletedToo)),
    finalize: (model_id: string, status: LoggedModelTable['status']): Promise<LoggedModel> =>
      ingest(async (tx) => {
        const [row] = await writeStatus(tx, { model_id, status, now: now() });
        if (!row) throw noSuchLoggedModel(model_id);
        return completeLoggedModel(tx, row);
      }),
    delete: (model_id: string): Promise<void> =>
      ingest(async (tx) => {
        const [row] = await writeDeleted(tx, { model_id, now: now() });
        if (!row) throw noSuchLoggedModel(model_id);
      }),
    addParams: (model_id: string, params: Entry[]): Promise<void> =>
      ingest(async (tx) => {
        await requireLoggedModel(tx, model_id);
        await addParams(tx, model_id, params);
      }),
    setTags: (model_id: string, tags: Entry[]): Promise<void> =>
      ingest(async (tx) => {
        await requireLoggedModel(tx, model_id);
        await setTags(tx, model_id, tags);
      }),
    deleteTag: (model_id: string, key: string): Promise<void> =>
      ingest(async (tx) => {
        await requireLoggedModel(tx, model_id);
        await deleteTag(tx, model_id, key);
      }),
  };
}
