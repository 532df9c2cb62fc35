import type { TrashEntry } from '../contract/trash.ts';
import type { Dialect, Reader } from '../db/database.ts';
import { startClock } from './paging/clock.ts';
import { sealToken } from './paging/page-token.ts';
import { opened, type Page, type PageAsked } from './paging/pages.ts';

interface TrashParts {
  read: Reader;
  dialect: Dialect;
  tokenKey: Uint8Array;
}

type Place = [kind: 'model' | 'version', purge_after: number, id: number];

/** What can be restored, the first to be purged first: models, then versions of live models. */
export async function listTrash(parts: TrashParts, asked: PageAsked): Promise<Page<TrashEntry>> {
  const { page_size, page_token } = asked;
  let at = (page_token !== undefined ? opened(parts.tokenKey, 'trash', page_token) : ['model', 0, 0]) as Place;
  const items: TrashEntry[] = [];
  const clock = startClock(parts.dialect);
  for (;;) {
    const [kind, ...after] = at;
    const rows = kind === 'model' ? await trashedModels(parts.read, after) : await trashedVersions(parts.read, after);
    for (const { entry, purge_after, id } of rows) {
      if (entry && items.length === page_size)
        return { items, next_page_token: sealToken(parts.tokenKey, 'trash', at) };
      if (entry) items.push(entry);
      at = [kind, purge_after, id];
    }
    if (rows.length < ROWS_TOGETHER) {
      if (kind === 'version') return { items, next_page_token: null };
      at = ['version', 0, 0];
    }
    if (clock.isOver()) return { items, next_page_token: sealToken(parts.tokenKey, 'trash', at) };
    await clock.rest();
  }
}

const ROWS_TOGETHER = 200;

interface Trashed {
  id: number;
  purge_after: number;
  /** Undefined where its model is in the trash, and told of there. */
  entry: TrashEntry | undefined;
}

async function trashedModels(reader: Reader, [purge_after, id]: number[]): Promise<Trashed[]> {
  const rows = await reader
    .selectFrom('model')
    .select(['id', 'name', 'deregistered', 'purge_after'])
    .where('deregistered', 'is not', null)
    .where('purged_at', 'is', null)
    .where((eb) => eb(eb.refTuple('purge_after', 'id'), '>', eb.tuple(purge_after!, id!)))
    .orderBy('purge_after')
    .orderBy('id')
    .limit(ROWS_TOGETHER)
    .execute();
  return rows.map((row) => {
    const deregistered = JSON.parse(row.deregistered as string);
    const entry = { kind: 'model' as const, model: row.name, number: null, digest: null, deregistered };
    return { id: row.id, purge_after: row.purge_after as number, entry };
  });
}

async function trashedVersions(reader: Reader, [purge_after, id]: number[]): Promise<Trashed[]> {
  const rows = await reader
    .selectFrom('version as v')
    .select(['v.id', 'v.number', 'v.digest', 'v.deregistered', 'v.purge_after'])
    .select((eb) =>
      eb
        .selectFrom('model as m')
        .select('m.name')
        .whereRef('m.id', '=', 'v.model_id')
        .where('m.deregistered', 'is', null)
        .as('name'),
    )
    .where('v.deregistered', 'is not', null)
    .where('v.purged_at', 'is', null)
    .where((eb) => eb(eb.refTuple('v.purge_after', 'v.id'), '>', eb.tuple(purge_after!, id!)))
    .orderBy('v.purge_after')
    .orderBy('v.id')
    .limit(ROWS_TOGETHER)
    .execute();
  return rows.map(({ id, name, number, digest, ...row }) => {
    const deregistered = JSON.parse(row.deregistered as string);
    const entry = name === null ? undefined : { kind: 'version' as const, model: name, number, digest, deregistered };
    return { id, purge_after: row.purge_after as number, entry };
  });
}
