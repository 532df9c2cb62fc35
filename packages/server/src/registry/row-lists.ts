import type { ListParts } from './lists.ts';
import { inRuns, type Page, type PageAsked } from './paging/pages.ts';
import type { Filter } from './search/filter.ts';
import { type ModelRow, searchModels, searchVersions, type VersionRow } from './search/search.ts';

/** A search that was read already, by a door with a filter language of its own. */
export interface FilterQuery extends PageAsked {
  filter?: Filter | undefined;
  /** As the native API takes it: `-updated_at,name`. */
  sort?: string | undefined;
  /** Which door asks: its page tokens are no other's. */
  door: string;
}

/** Live models that match, as rows. */
export function pageOfModelRows(parts: ListParts, asked: FilterQuery): Promise<Page<ModelRow>> {
  return inRuns(asked, async (run) => toPage(await searchModels(...searched(parts, asked, run))));
}

/** Live versions that match, as rows. */
export function pageOfVersionRows(parts: ListParts, asked: FilterQuery): Promise<Page<VersionRow>> {
  return inRuns(asked, async (run) => toPage(await searchVersions(...searched(parts, asked, run))));
}

function searched({ read, dialect, tokenKey }: ListParts, { filter, sort, door }: FilterQuery, run: PageAsked) {
  const { page_size, page_token } = run;
  const query = {
    page_size,
    ...(page_token !== undefined && { page_token }),
    ...(filter !== undefined && { filter }),
    ...(sort !== undefined && { sort }),
  };
  return [{ read, dialect, token_key: tokenKey, door }, query] as const;
}

function toPage<Row>({ rows, next_page_token }: { rows: Row[]; next_page_token: string | null }): Page<Row> {
  return { items: rows, next_page_token };
}
