import { isOneOf, listOf } from '../db/one-of.ts';
import { prepareRead } from '../db/prepared.ts';
import { fewVersions } from './few-versions.ts';
import type { ListParts } from './lists.ts';
import type { ModelRow } from './models/repository.ts';
import { inRuns, type Page, type PageAsked } from './paging/pages.ts';
import type { Filter } from './search/filter.ts';
import { searchModelIds, searchVersionIds } from './search/search.ts';
import type { SortKey } from './search/sort.ts';
import { LISTED_VERSION, type ListedVersion } from './versions/listed.ts';

/** A search that was read already, by a door with a filter language of its own. */
export interface FilterQuery extends PageAsked {
  filter: Filter;
  /** Of plain columns: no key needs quotes. */
  sort: readonly SortKey[];
  /** Which door asks: its page tokens are no other's. */
  door: string;
}

/** What a list shows of a model where it does not show all. */
const LISTED_MODEL = ['id', 'name', 'description', 'tags', 'aliases', 'created_at', 'updated_at'] as const;
export type ListedModel = Pick<ModelRow, (typeof LISTED_MODEL)[number]>;
/** `model` is the model's name. */
export type NamedVersion = ListedVersion & { id: number; model: string };

/** Live models that match, as rows. */
export function pageOfModelRows(parts: ListParts, asked: FilterQuery): Promise<Page<ListedModel>> {
  return inRuns(asked, async (run) => {
    const { ids, next_page_token } = await searchModelIds(...searched(parts, asked, run));
    const rows = await modelsById(parts.read, { ids: listOf(parts.read, ids) });
    return { items: inOrder(ids, rows), next_page_token };
  });
}

/** Live versions that match, as rows. */
export async function pageOfVersionRows(parts: ListParts, asked: FilterQuery): Promise<Page<NamedVersion>> {
  const few = asked.page_token === undefined ? await fewVersions(parts.read, asked) : undefined;
  if (few) return { items: few, next_page_token: null };
  return inRuns(asked, async (run) => {
    const { ids, next_page_token } = await searchVersionIds(...searched(parts, asked, run));
    const rows = await versionsById(parts.read, { ids: listOf(parts.read, ids) });
    return { items: inOrder(ids, rows), next_page_token };
  });
}

const modelsById = prepareRead<{ ids: unknown }, ListedModel>((db, param) =>
  db
    .selectFrom('model')
    .select([...LISTED_MODEL])
    .where(isOneOf(db, 'id', param('ids'), 'bigint'))
    .where('deregistered', 'is', null),
);

const versionsById = prepareRead<{ ids: unknown }, NamedVersion>((db, param) =>
  db
    .selectFrom('version')
    .innerJoin('model', 'model.id', 'version.model_id')
    .select(LISTED_VERSION.map((column) => `version.${column}` as const))
    .select(['version.id', 'model.name as model'])
    .where(isOneOf(db, 'version.id', param('ids'), 'bigint'))
    .where('version.deregistered', 'is', null),
);

function searched({ read, dialect, tokenKey }: ListParts, { filter, sort, door }: FilterQuery, run: PageAsked) {
  const { page_size, page_token } = run;
  const keys = sort.map(({ key, desc }) => (desc ? `-${key}` : key)).join(',');
  const query = { page_size, ...(page_token !== undefined && { page_token }), filter, sort: keys };
  return [{ read, dialect, token_key: tokenKey, door }, query] as const;
}

function inOrder<Row extends { id: number }>(ids: readonly number[], rows: readonly Row[]): Row[] {
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => found.get(id) ?? []);
}
