import type { Model } from '../contract/model.ts';
import type { Version } from '../contract/version.ts';
import type { Database, Dialect } from '../db/database.ts';
import { getModel, toModel } from './models/repository.ts';
import { inRuns, type Page, type PageAsked } from './paging/pages.ts';
import { pastModels, pastVersions } from './past-lists.ts';
import type { Filter, Noun } from './search/filter.ts';
import { parseFilter } from './search/grammar.ts';
import { searchModels, searchVersions } from './search/search.ts';
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
export async function listModels(parts: ListParts, asked: ListQuery): Promise<Page<Model>> {
  const query = toQuery(asked, 'model');
  if (asked.at !== undefined) return pastModels(parts, query, asked.at);
  const page = await inRuns(query, async (run) => {
    const { rows, next_page_token } = await searchModels(searching(parts, 'models'), { ...query, ...run } as Query);
    return { items: rows, next_page_token };
  });
  return { ...page, items: page.items.map(toModel) };
}

/** Live versions that match, of one model or of all, now or at a moment. */
export async function listVersions(parts: ListParts, asked: ListQuery & { model?: string }): Promise<Page<Version>> {
  const query = toQuery(asked, 'version');
  if (asked.at !== undefined) return pastVersions(parts, query, asked.at, asked.model);
  const within =
    asked.model === undefined ? query : { ...query, model_id: (await getModel(parts.read, asked.model)).id };
  const page = await inRuns(within, async (run) => {
    const { rows, next_page_token } = await searchVersions(searching(parts, 'versions'), {
      ...within,
      ...run,
    } as Query);
    return { items: rows, next_page_token };
  });
  return { ...page, items: page.items.map((row) => toVersion(row, row.model)) };
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
