import { isOneOf, listOf } from '../db/one-of.ts';
import { prepareRead } from '../db/prepared.ts';
import { fewVersions } from './few-versions.ts';
import type { ListParts } from './lists.ts';
import { LISTED_MODEL, type ListedModel } from './models/listed.ts';
import { charactersIn, PAGE_CHARACTERS, type Page, type PageAsked } from './paging/pages.ts';
import type { Filter } from './search/filter.ts';
import { type Ids, searchModelIds, searchVersionIds } from './search/search.ts';
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

/** `model` is the model's name. */
export type NamedVersion = ListedVersion & { id: number; model: string };

/** Live models that match, as rows. */
export async function pageOfModelRows(parts: ListParts, asked: FilterQuery): Promise<Page<ListedModel>> {
  const found = await searchModelIds(...searched(parts, asked));
  return readPage(found, (ids) => modelsById(parts.read, { ids: listOf(parts.read, ids) }));
}

/** Live versions that match, as rows. */
export async function pageOfVersionRows(parts: ListParts, asked: FilterQuery): Promise<Page<NamedVersion>> {
  const few = asked.page_token === undefined ? await fewVersions(parts.read, asked) : undefined;
  if (few) return { items: few, next_page_token: null };
  const found = await searchVersionIds(...searched(parts, asked));
  return readPage(found, (ids) => versionsById(parts.read, { ids: listOf(parts.read, ids) }));
}

/** A page holds no more, whatever is asked for: the next one goes on. */
const MOST_ROWS = 20_000;
/** Each may be as long as a subject's metadata can be. */
const FIRST_ROWS = 50;

/** Reads rows in runs, each as long as what is left of the page may hold by those seen so far. */
async function readPage<Row extends { id: number }>(
  { ids, next_page_token, tokenAfter }: Ids,
  read: (ids: number[]) => Promise<Row[]>,
): Promise<Page<Row>> {
  const items: Row[] = [];
  let characters = 0;
  for (let from = 0, most = FIRST_ROWS; from < ids.length; ) {
    const run = ids.slice(from, from + most);
    const rows = inOrder(run, await read(run));
    for (const row of rows) characters += charactersIn(row);
    items.push(...rows);
    from += run.length;
    if (characters >= PAGE_CHARACTERS) return { items, next_page_token: tokenAfter(from) };
    most = Math.max(1, Math.floor((PAGE_CHARACTERS - characters) / Math.max(1, characters / from)));
  }
  return { items, next_page_token };
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

function searched({ read, dialect, tokenKey }: ListParts, { filter, sort, door, page_size, page_token }: FilterQuery) {
  const keys = sort.map(({ key, desc }) => (desc ? `-${key}` : key)).join(',');
  const asked = { page_size: Math.min(page_size, MOST_ROWS), ...(page_token !== undefined && { page_token }) };
  return [
    { read, dialect, token_key: tokenKey, door },
    { ...asked, filter, sort: keys },
  ] as const;
}

function inOrder<Row extends { id: number }>(ids: readonly number[], rows: readonly Row[]): Row[] {
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => found.get(id) ?? []);
}
