import { SYSTEM } from '../contract/actor.ts';
import type { Reader } from '../db/database.ts';
import type { Change } from './change.ts';
import { purgeModelRow } from './models/deregister.ts';
import { purgeVersionRow } from './versions/deregister.ts';

const PURGED_TOGETHER = 500;

/** Purges what has been in the trash for its time. Each is a change of its own, by the actor `system`. */
export async function purgeExpired(reader: Reader, change: Change, now: number): Promise<number> {
  let purged = 0;
  for (let more = PURGED_TOGETHER; more >= PURGED_TOGETHER; purged += more) more = await purgeSome(reader, change, now);
  return purged;
}

async function purgeSome(reader: Reader, change: Change, now: number): Promise<number> {
  const caller = { actor: SYSTEM, request_id: 'trash' };
  const models = await expired(reader, 'model', now);
  for (const id of models)
    await change(caller, async (work) => {
      const row = await work.tx.selectFrom('model').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      if (row.deregistered !== null && row.purged_at === null) await purgeModelRow(work, row);
    });
  const versions = await expired(reader, 'version', now);
  for (const id of versions)
    await change(caller, async (work) => {
      const row = await work.tx.selectFrom('version').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      const { tx } = work;
      const model = await tx.selectFrom('model').selectAll().where('id', '=', row.model_id).executeTakeFirstOrThrow();
      if (row.deregistered !== null && row.purged_at === null) await purgeVersionRow(work, model, row);
    });
  return models.length + versions.length;
}

async function expired(reader: Reader, noun: 'model' | 'version', now: number): Promise<number[]> {
  const rows = await reader
    .selectFrom(noun)
    .select('id')
    .where('deregistered', 'is not', null)
    .where('purged_at', 'is', null)
    .where('purge_after', '<=', now)
    .limit(PURGED_TOGETHER)
    .execute();
  return rows.map((row) => row.id);
}
