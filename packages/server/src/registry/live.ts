import type { LiveStatus } from '../contract/live.ts';
import { toJsonPage } from './json-document.ts';
import type { ListParts } from './lists.ts';
import { inRuns, type Page, type PageAsked, pageOf } from './paging/pages.ts';
import { pastLive } from './past-live.ts';
import { toVersionJson } from './versions/json.ts';
import type { VersionRow } from './versions/repository.ts';

export interface LiveAsked extends PageAsked {
  status: LiveStatus;
  /** Epoch milliseconds: what was live then. */
  at?: number | undefined;
}

/** Every version that is in a status, or was at a moment: model by model in the order in which these were registered. */
export async function listLiveJson(parts: ListParts, asked: LiveAsked): Promise<string> {
  const { at } = asked;
  if (at !== undefined) return toJsonPage(await pastLive(parts, { ...asked, at }), JSON.stringify);
  const page = await inRuns(asked, (run) => liveNow(parts, { ...asked, ...run }));
  return toJsonPage(page, (row) => toVersionJson(row, row.model));
}

type LiveRow = VersionRow & { model: string };

/** What is live of a model in the trash is passed over: such a page ends early. */
async function liveNow({ read, tokenKey }: ListParts, asked: LiveAsked): Promise<Page<LiveRow>> {
  const page = await pageOf(
    tokenKey,
    `live ${asked.status}`,
    asked,
    (after, most) => {
      const [model_id, number] = (after ?? [0, 0]) as [number, number];
      const rows = read
        .selectFrom('version')
        .selectAll()
        .where('status', '=', asked.status)
        .where('deregistered', 'is', null)
        .where((eb) => eb(eb.refTuple('model_id', 'number'), '>', eb.tuple(model_id, number)))
        .orderBy('model_id')
        .orderBy('number')
        .limit(most);
      return read
        .selectFrom(rows.as('v'))
        .innerJoin('model as m', 'm.id', 'v.model_id')
        .selectAll('v')
        .select(['m.name as model', 'm.deregistered as model_deregistered'])
        .orderBy('v.model_id')
        .orderBy('v.number')
        .execute();
    },
    (row) => [row.model_id, row.number],
  );
  return { ...page, items: page.items.filter((row) => row.model_deregistered === null) };
}
