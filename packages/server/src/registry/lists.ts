import type { Model } from '../contract/model.ts';
import type { Version } from '../contract/version.ts';
import type { Database, Dialect } from '../db/database.ts';
import { toJsonPage } from './json-document.ts';
import { toModelJson } from './models/json.ts';
import { getModel, toModel } from './models/repository.ts';
import { inRuns, type Page, type PageAsked } from './paging/pages.ts';
import { pastModels, pastVersions } from './past-lists.ts';
import type { Filter, Noun } from './search/filter.ts';
import { parseFilter } from './search/grammar.ts';
import { type ModelRow, searchModels, searchVersions, type VersionRow } from './search/search.ts';
import { toVersionJson } from './versions/json.ts';
import { toVersion } from './versions/repository.ts';

export interface ListQuery extends PageAsked {
  q?: string | undefined;
  filter?: string | undefined;
  sort?: string | undefined;
  /** Epoch milliseconds: the list as it was then. */
  at?: number | undefined;
}

/** The same, read. */
export interface Query extends PageAsked {
  filter?: Filter;
  q?: string;
  sort?: string;
  model_id?: number;
  page_token?: string;
}

export interface ListParts {
  read: Database['read'];
  dialect: Dialect;
  tokenKey: Uint8Array;
}

/** Live models that match, now or at a moment. */
export function listModels(parts: ListParts, asked: ListQuery): Promise<Page<Model>> {
  return pageOfModels(
    parts,
    asked,
    (page) => mapItems(page, toModel),
    (page) => page,
  );
}

/** The same as it is answered. */
export function listModelsJson(parts: ListParts, asked: ListQuery): Promise<string> {
  return pageOfModels(
    parts,
    asked,
    (page) => toJsonPage(page, toModelJson),
    (page) => toJsonPage(page, JSON.stringify),
  );
}

type VersionsQuery = ListQuery & { model?: string };

/** Live versions that match, of one model or of all, now or at a moment. */
export function listVersions(parts: ListParts, asked: VersionsQuery): Promise<Page<Version>> {
  return pageOfVersions(
    parts,
    asked,
    (page) => mapItems(page, (row) => toVersion(row, row.model)),
    (page) => page,
  );
}

/** The same as it is answered. */
export function listVersionsJson(parts: ListParts, asked: VersionsQuery): Promise<string> {
  return pageOfVersions(
    parts,
    asked,
    (page) => toJsonPage(page, (row) => toVersionJson(row, row.model)),
    (page) => toJsonPage(page, JSON.stringify),
  );
}

/**
 * `ofRows` and `ofDocuments` make the answer from what is now, and from what was at a moment. A promise that waited is in the old
 * generation of the heap, and what it comes to follows it there: so this is one text, and not the texts of the items.
 */
async function pageOfModels<T>(
  parts: ListParts,
  asked: ListQuery,
  ofRows: (page: Page<ModelRow>) => T,
  ofDocuments: (page: Page<Model>) => T,
): Promise<T> {
  const query = toQuery(asked, 'model');
  if (asked.at !== undefined) return ofDocuments(await pastModels(parts, query, asked.at));
  const page = await inRuns(query, async (run) => {
    const { rows, next_page_token } = await searchModels(searching(parts, 'models'), { ...query, ...run } as Query);
    return { items: rows, next_page_token };
  });
  return ofRows(page);
}

async function pageOfVersions<T>(
  parts: ListParts,
  asked: VersionsQuery,
  ofRows: (page: Page<VersionRow>) => T,
  ofDocuments: (page: Page<Version>) => T,
): Promise<T> {
  const query = toQuery(asked, 'version');
  if (asked.at !== undefined) return ofDocuments(await pastVersions(parts, query, asked.at, asked.model));
  const within =
    asked.model === undefined ? query : { ...query, model_id: (await getModel(parts.read, asked.model)).id };
  const page = await inRuns(within, async (run) => {
    const { rows, next_page_token } = await searchVersions(searching(parts, 'versions'), {
      ...within,
      ...run,
    } as Query);
    return { items: rows, next_page_token };
  });
  return ofRows(page);
}

function mapItems<A, B>({ items, next_page_token }: Page<A>, to: (item: A) => B): Page<B> {
  return { items: items.map((item) => to(item)), next_page_token };
}

function toQuery({ q, filter, sort, page_size, page_token }: ListQuery, noun: Noun): Query {
  return {
    page_size,
    ...(page_token !== undefined && { page_token }),
    ...(q !== undefined && { q }),
    ...(sort !== undefined && { sort }),
    ...(filter !== undefined && { filter: parseFilter(filter, noun) }),
  };
}

const searching = ({ read, dialect, tokenKey }: ListParts, door: string) => ({
  read,
  dialect,
  token_key: tokenKey,
  door,
});
