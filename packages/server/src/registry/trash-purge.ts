import { SYSTEM } from '../contract/actor.ts';
import type { Reader } from '../db/database.ts';
import type { Change } from './change.ts';
import { purgeModelRow } from './models/deregister.ts';
import { purgeVersionRow } from './versions/deregister.ts';

const PURGED_TOGETHER = 500;

/**
 * Purges what has been in the trash for its time, and answers how many that were. Each is a change of its own, by the
 * actor `system`; none is begun once the signal is aborted.
 */
export async function purgeExpired(reader: Reader, change: Change, now: number, signal?: AbortSignal): Promise<number> {
  let purged = 0;
  for (let more = PURGED_TOGETHER; more >= PURGED_TOGETHER; purged += more)
    more = await purgeSome(reader, change, now, signal);
  return purged;
}

async function purgeSome(reader: Reader, change: Change, now: number, signal?: AbortSignal): Promise<number> {
  const caller = { actor: SYSTEM, request_id: 'trash' };
  let purged = 0;
  for (const id of await expired(reader, 'model', now)) {
    if (signal?.aborted) return purged;
    await change(caller, async (work) => {
      const row = await work.tx.selectFrom('model').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      if (row.deregistered !== null && row.purged_at === null) await purgeModelRow(work, row);
    });
    purged += 1;
  }
  for (const id of await expired(reader, 'version', now)) {
    if (signal?.aborted) return purged;
    await change(caller, async (work) => {
      const row = await work.tx.selectFrom('version').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      const { tx } = work;
      const model = await tx.selectFrom('model').selectAll().where('id', '=', row.model_id).executeTakeFirstOrThrow();
      if (row.deregistered !== null && row.purged_at === null) await purgeVersionRow(work, model, row);
    });
    purged += 1;
  }
  return purged;
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
