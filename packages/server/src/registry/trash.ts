import { SYSTEM } from '../contract/actor.ts';
import type { TrashEntry } from '../contract/trash.ts';
import type { Reader } from '../db/database.ts';
import type { Change } from './change.ts';
import { purgeModelRow } from './models/deregister.ts';
import { type Page, type PageAsked, pageOf } from './pages.ts';
import { purgeVersionRow } from './versions/deregister.ts';

/** What can be restored, the first to be purged first: models, then versions of live models. */
export function listTrash(reader: Reader, tokenKey: Uint8Array, asked: PageAsked): Promise<Page<TrashEntry>> {
  return pageOf(
    tokenKey,
    'trash',
    asked,
    async (after, most) => {
      const [kind, purge_after, id] = (after ?? ['model', 0, 0]) as [string, number, number];
      const models = kind === 'model' ? await trashedModels(reader, [purge_after, id], most) : [];
      const rest = most - models.length;
      const versions =
        rest > 0 ? await trashedVersions(reader, kind === 'version' ? [purge_after, id] : [0, 0], rest) : [];
      return [...models, ...versions];
    },
    (row) => [row.kind, row.purge_after, row.id],
  ).then((page) => ({ ...page, items: page.items.map(({ id: _, purge_after: __, ...entry }) => entry) }));
}

type Place = [purge_after: number, id: number];

async function trashedModels(reader: Reader, [purge_after, id]: Place, most: number) {
  const rows = await reader
    .selectFrom('model')
    .select(['id', 'name', 'deregistered', 'purge_after'])
    .where('deregistered', 'is not', null)
    .where('purged_at', 'is', null)
    .where((eb) => eb(eb.refTuple('purge_after', 'id'), '>', eb.tuple(purge_after, id)))
    .orderBy('purge_after')
    .orderBy('id')
    .limit(most)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    purge_after: row.purge_after as number,
    kind: 'model' as const,
    model: row.name,
    number: null,
    digest: null,
    deregistered: JSON.parse(row.deregistered as string),
  }));
}

async function trashedVersions(reader: Reader, [purge_after, id]: Place, most: number) {
  const rows = await reader
    .selectFrom('version as v')
    .innerJoin('model as m', 'm.id', 'v.model_id')
    .select(['v.id', 'm.name', 'v.number', 'v.digest', 'v.deregistered', 'v.purge_after'])
    .where('v.deregistered', 'is not', null)
    .where('v.purged_at', 'is', null)
    .where('m.deregistered', 'is', null)
    .where((eb) => eb(eb.refTuple('v.purge_after', 'v.id'), '>', eb.tuple(purge_after, id)))
    .orderBy('v.purge_after')
    .orderBy('v.id')
    .limit(most)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    purge_after: row.purge_after as number,
    kind: 'version' as const,
    model: row.name,
    number: row.number,
    digest: row.digest,
    deregistered: JSON.parse(row.deregistered as string),
  }));
}

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
