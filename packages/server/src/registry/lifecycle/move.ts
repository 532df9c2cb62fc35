import type { SubjectChange } from '../../contract/event.ts';
import type { Status, Version } from '../../contract/version.ts';
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
    await work.tx
      .insertInto('tenure')
      .values({ model_id: model.id, number: row.number, status: to, since: work.at, until: null, ended_by: null })
      .execute();
  const status_since = await sinceNow(work, model.id, to);
  return updateVersion(work, model.name, row, { status: to }, { status_since });
}

export async function endTenure(work: Work, row: VersionRow, ended_by: Ending): Promise<void> {
  await work.tx
    .updateTable('tenure')
    .set({ until: work.at, ended_by })
    .where('model_id', '=', row.model_id)
    .where('number', '=', row.number)
    .where('status', '=', row.status)
    .where('until', 'is', null)
    .execute();
}

export async function endStay(work: Work, id: number, ended_by: Ending): Promise<void> {
  await work.tx.updateTable('tenure').set({ until: work.at, ended_by }).where('id', '=', id).execute();
}

/** Writes the model's lists of live versions anew. */
export async function listLive(work: Work, model: ModelRow): Promise<SubjectChange[]> {
  const live = await liveLists(work.tx, model.id);
  return (await updateModel(work, model, { live })).changes;
}
