import type { SubjectChange } from '../../contract/event.ts';
import type { Status, Version } from '../../contract/version.ts';
import { prepareWrite } from '../../db/prepared.ts';
import { insertRows } from '../../db/rows.ts';
import type { Work } from '../batch.ts';
import { type ModelRow, updateModel } from '../models/repository.ts';
import { liveLists, sinceNow, updateVersion, type VersionRow } from '../versions/repository.ts';

/** Why a stay in a status ended. */
type Ending = 'promotion' | 'rollback' | 'deregistration';

const LIVE: readonly Status[] = ['staging', 'production'];

/** Puts one version into a status, and closes and opens the stays that rollback reads. The model's lists follow in `listLive`. */
export async function moveVersion(
  work: Work,
  model: ModelRow,
  row: VersionRow,
  to: Status,
  ending: Ending,
): Promise<{ version: Version; changes: SubjectChange[] }> {
  if (LIVE.includes(row.status)) await endTenure(work, row, ending);
  if (LIVE.includes(to))
    await insertRows(work.tx, 'tenure', [
      { model_id: model.id, number: row.number, status: to, since: work.at, until: null, ended_by: null },
    ]);
  const status_since = await sinceNow(work, model.id, to);
  return updateVersion(work, model.name, row, { status: to }, { status_since });
}

export async function endTenure(work: Work, row: VersionRow, ended_by: Ending): Promise<void> {
  const { model_id, number, status } = row;
  await endStays(work.tx, { model_id, number, status, until: work.at, ended_by });
}

const endStays = prepareWrite<
  Pick<VersionRow, 'model_id' | 'number' | 'status'> & { until: number; ended_by: Ending },
  never
>(
  (db, param) =>
    db
      .updateTable('tenure')
      .set({ until: param('until'), ended_by: param('ended_by') })
      .where('model_id', '=', param('model_id'))
      .where('number', '=', param('number'))
      .where('status', '=', param('status'))
      .where('until', 'is', null) as never,
);

export async function endStay(work: Work, id: number, ended_by: Ending): Promise<void> {
  await work.tx.updateTable('tenure').set({ until: work.at, ended_by }).where('id', '=', id).execute();
}

/** Writes the model's lists of live versions anew. */
export async function listLive(work: Work, model: ModelRow): Promise<SubjectChange[]> {
  const live = await liveLists(work.tx, model.id);
  return (await updateModel(work, model, { live })).changes;
}
