import type { Model } from '../contract/model.ts';
import type { Version } from '../contract/version.ts';
import type { Database, Dialect } from '../db/database.ts';
import { getModel, toModel } from './models/repository.ts';
import { inRuns, opened, type Page, type PageAsked } from './pages.ts';
import { type Filter, isComparison, type Noun } from './search/filter.ts';
import { parseFilter } from './search/grammar.ts';
import { placeOf } from './search/keys.ts';
import { withEnd } from './search/levels.ts';
import { type Doc, pageOf } from './search/page.ts';
import { sealToken } from './search/page-token.ts';
import { searchModels, searchVersions } from './search/search.ts';
import { sortOf } from './search/sort.ts';
import { queryOf } from './search/text-query.ts';
import { modelAt, modelsAt, seqAt, versionsAt } from './timeline.ts';
import { toVersion } from './versions/repository.ts';

export interface ListQuery extends PageAsked {
  q?: string | undefined;
  filter?: string | undefined;
  sort?: string | undefined;
  /** Epoch milliseconds: the list as it was then. */
  at?: number | undefined;
}

export interface ListParts {
  read: Database['read'];
  dialect: Dialect;
  tokenKey: Uint8Array;
}

/** Live models that match, now or at a moment. */
export async function listModels(parts: ListParts, asked: ListQuery): Promise<Page<Model>> {
  const query = toQuery(asked, 'model');
  if (asked.at !== undefined) {
    const seq = await seqAt(parts.read, asked.at);
    const past = modelsAt(parts.read, seq, asksOfVersions(query));
    const { docs, next } = await pageOfPast(parts, 'model', asked, query, past, `models as of ${asked.at}`);
    return { items: docs.map(({ model }) => model), next_page_token: next };
  }
  const page = await inRuns(query, async (run) => {
    const { rows, next_page_token } = await searchModels(searching(parts, 'models'), { ...query, ...run } as Query);
    return { items: rows, next_page_token };
  });
  return { ...page, items: page.items.map(toModel) };
}

/** Live versions that match, of one model or of all, now or at a moment. */
export async function listVersions(parts: ListParts, asked: ListQuery & { model?: string }): Promise<Page<Version>> {
  const query = toQuery(asked, 'version');
  if (asked.at !== undefined) {
    const seq = await seqAt(parts.read, asked.at);
    const of = asked.model === undefined ? undefined : (await modelAt(parts.read, asked.model, seq)).id;
    const past = versionsAt(parts.read, seq, of);
    const within = of === undefined ? query : { ...query, model_id: of };
    const { docs, next } = await pageOfPast(parts, 'version', asked, within, past, `versions ${of} as of ${asked.at}`);
    return { items: docs.map(({ version }) => version), next_page_token: next };
  }
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

/** Documents of the past are held in memory until the page is sorted out. */
const PAST_TOGETHER = 100;

interface Query extends PageAsked {
  filter?: Filter;
  q?: string;
  sort?: string;
  model_id?: number;
  page_token?: string;
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

/** The same filter, order and pages over what replaying the ledger gives. */
async function pageOfPast<D extends Doc>(
  parts: ListParts,
  noun: Noun,
  asked: ListQuery,
  query: Query,
  past: AsyncIterable<D>,
  door: string,
): Promise<{ docs: D[]; next: string | null }> {
  const words = queryOf(asked.q);
  const sort = withEnd(noun, query.model_id, sortOf(noun, query, words !== undefined));
  const scope = JSON.stringify([door, asked.filter ?? null, words ?? null, sort]);
  const after = query.page_token === undefined ? undefined : opened(parts.tokenKey, scope, query.page_token);
  const page = await pageOf(past, {
    sort,
    page_size: Math.min(query.page_size, PAST_TOGETHER),
    ...(query.filter && { filter: query.filter }),
    ...(words && { words }),
    ...(after && { after }),
  });
  return { docs: page.docs, next: page.next && sealToken(parts.tokenKey, scope, page.next) };
}

/** Whether a filter or an order of models looks at their versions. */
function asksOfVersions({ filter, sort }: Query): boolean {
  const keys = [
    ...(filter ? keysOf(filter) : []),
    ...sortOf('model', sort === undefined ? {} : { sort }, false).map(({ key }) => key),
  ];
  return keys.some((key) => placeOf('model', key)?.of === 'version');
}

function keysOf(filter: Filter): string[] {
  if (isComparison(filter)) return [filter.key];
  return filter.op === 'NOT' ? keysOf(filter.part) : filter.parts.flatMap(keysOf);
}
