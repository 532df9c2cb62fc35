import { type Selectable, sql } from 'kysely';
import type { ModelTable, VersionTable } from '../../db/tables.ts';
import { openToken, PageTokenError, type Position, sealToken } from '../paging/page-token.ts';
import { countUpTo, type Sql } from '../paging/sql.ts';
import { BOUNDS, type Bounds, type Scope, type SearchAt } from './at.ts';
import { ranksOfFew } from './few-hits.ts';
import { type Filter, isComparison, printFilter } from './filter.ts';
import { fewestOf } from './gather.ts';
import { type Level, levelsOf } from './levels.ts';
import { effortOf, idsOf, type Looked, lookAlong, lookAtAll } from './look.ts';
import { hits } from './ranking.ts';
import { asksForSort, NEWEST, RANK, type SortKey, sortOf } from './sort.ts';
import { queryOf, type Term } from './text-query.ts';
import { alongEqual, required } from './walks.ts';

export interface SearchQuery {
  filter?: Filter;
  /** Full text: every word is a prefix. Without a letter or digit it asks for nothing. */
  q?: string;
  sort?: string;
  /** How many rows, from 1. */
  page_size: number;
  page_token?: string;
  /** Only versions of this model. */
  model_id?: number;
}

/** `token_key` authenticates the page tokens; `door` keeps those of one list from another. */
export interface Searching extends Omit<SearchAt, 'bounds'> {
  bounds?: Bounds;
  token_key: Uint8Array;
  door: string;
}

/** There may be more where the token is not null, even if there are fewer rows than were asked for, or none. */
export interface PageOf<Row> {
  rows: Row[];
  next_page_token: string | null;
}

export type ModelRow = Selectable<ModelTable>;
/** `model` is the model's name. */
export type VersionRow = Selectable<VersionTable> & { model: string };

/** Which live models are on a page, in order. Throws SortError, QueryError and PageTokenError. */
export function searchModelIds(asked: Searching, query: SearchQuery): Promise<Ids> {
  return search(asked, { noun: 'model', dialect: asked.dialect }, query);
}

/** The same for live versions of live models. */
export async function searchVersionIds(asked: Searching, query: SearchQuery): Promise<Ids> {
  const model_id = query.model_id ?? (await onlyModel(asked, query.filter));
  if (model_id === null) return { ids: [], next_page_token: null, tokenAfter: () => null };
  return search(asked, { noun: 'version', dialect: asked.dialect, model_id }, query);
}

/** A page of live models. Throws SortError, QueryError and PageTokenError. */
export async function searchModels(asked: Searching, query: SearchQuery): Promise<PageOf<ModelRow>> {
  const { ids, next_page_token } = await searchModelIds(asked, query);
  const found = await asked.read
    .selectFrom('model')
    .selectAll()
    .where('id', 'in', listOf(asked, ids))
    .where('deregistered', 'is', null)
    .execute();
  return { rows: inOrder(ids, found), next_page_token };
}

/** A page of live versions of live models. */
export async function searchVersions(asked: Searching, query: SearchQuery): Promise<PageOf<VersionRow>> {
  const { ids, next_page_token } = await searchVersionIds(asked, query);
  const found = await asked.read
    .selectFrom('version')
    .innerJoin('model', 'model.id', 'version.model_id')
    .selectAll('version')
    .select('model.name as model')
    .where('version.id', 'in', listOf(asked, ids))
    .where('version.deregistered', 'is', null)
    .execute();
  return { rows: inOrder(ids, found), next_page_token };
}

export interface Ids {
  ids: number[];
  next_page_token: string | null;
  /** Where a page goes on that ends with this many of the ids, from 1. */
  tokenAfter(count: number): string | null;
}

async function search(asked: Searching, scope: Scope, query: SearchQuery): Promise<Ids> {
  const words = queryOf(query.q);
  const at: Searching & SearchAt = { ...asked, bounds: boundsFor(asked.bounds ?? BOUNDS, query.filter) };
  const { sort, seal, position, ranked } = await whereFrom(at, scope, query, words);
  const levels = levelsOf(scope, sort, words);
  if (position && position.length > levels.length) throw new PageTokenError();
  const { found, next } = await look(at, scope, { ...query, words, levels, position, ranked });
  const ids = found.slice(0, query.page_size).map(({ id }) => id);
  const next_page_token = next ? seal(next) : null;
  const tokenAfter = (count: number) => (count < found.length ? seal(found[count - 1]!.position) : next_page_token);
  return { ids, next_page_token, tokenAfter };
}

/** Where a filter takes long, fewer rows are gathered at once. */
function boundsFor(bounds: Bounds, filter: Filter | undefined): Bounds {
  const most = Math.ceil(40_000 / effortOf(filter));
  return { ...bounds, few: Math.min(bounds.few, most), fewWords: Math.min(bounds.fewWords, 10 * most) };
}

interface Start {
  sort: SortKey[];
  position?: Position;
  seal(position: Position): string;
  /** What the words find, where it was asked for already and is to be ranked. */
  ranked?: number[];
}

/** The sort and where in it the page starts. A walk that began by rank, or without, goes on as it began. */
async function whereFrom(
  at: Searching & SearchAt,
  { noun, model_id }: Scope,
  query: SearchQuery,
  words: Term[] | undefined,
): Promise<Start> {
  const asked = query.filter === undefined ? null : printFilter(query.filter);
  const { page_token } = query;
  const start = (sort: SortKey[]) => {
    const scope = JSON.stringify([at.door, noun, asked, words ?? null, sort, query.model_id ?? null]);
    const position = page_token === undefined ? undefined : openToken(at.token_key, scope, page_token);
    return { sort, ...(position && { position }), seal: (next: Position) => sealToken(at.token_key, scope, next) };
  };
  const usual = start(sortOf(noun, model_id === undefined ? query : { ...query, model_id }, words !== undefined));
  if (words === undefined || asksForSort(query)) {
    if (page_token !== undefined && !usual.position) throw new PageTokenError();
    return usual;
  }
  const newest = start([{ key: NEWEST, desc: true }]);
  if (page_token !== undefined) {
    if (usual.position) return usual;
    if (newest.position) return newest;
    throw new PageTokenError();
  }
  const ranked = await idsWithin(at, hits(noun, words, at.dialect), at.bounds.common);
  return ranked ? { ...usual, ranked } : newest;
}

interface Ask extends SearchQuery {
  words: Term[] | undefined;
  levels: Level[];
  position: Position | undefined;
  ranked: number[] | undefined;
}

/** The page: of few rows that an index has together, if there are so few; or else along the order of the list. */
async function look(at: SearchAt, scope: Scope, ask: Ask): Promise<Looked> {
  const { filter, words, levels, position } = ask;
  const enough = ask.page_size + 1;
  const sought = { scope, levels, filter };
  const { noun, dialect, model_id } = scope;
  const all = words && hits(noun, words, dialect);
  if (all && levels[0]!.key === RANK) {
    const ids = ask.ranked ?? (await idsOf(at, all));
    const rank = await ranksOfFew(at, noun, ids, words);
    const byRank = rank ? [{ ...levels[0]!, number: rank }, ...levels.slice(1)] : levels;
    return lookAtAll(at, { ...sought, levels: byRank }, ids, position, enough);
  }
  const { few, fewWords, step } = at.bounds;
  const found = all && levels[0]!.key !== NEWEST ? await idsWithin(at, all, few) : undefined;
  if (found) return lookAtAll(at, sought, found, position, enough);
  const fewest = await fewestOf(at, scope, partsToCount(scope, levels, filter));
  if (fewest) return lookAtAll(at, { ...sought, words }, await idsOf(at, fewest), position, enough);
  if (model_id !== undefined && (words || (levels.length > 1 && !isTogether(levels[0]!)))) {
    const own = sql`select id from version where model_id = ${model_id}`;
    if ((await countUpTo(at, sql`(${own}) as own`, few)) <= few)
      return lookAtAll(at, { ...sought, words }, await idsOf(at, own), position, enough);
  }
  if (levels.length > 1 && all && (await countUpTo(at, sql`(${all}) as hits`, fewWords)) <= fewWords)
    return lookAtAll(at, sought, await idsOf(at, all), position, enough);
  const walking = { at, scope, levels, filter, words, step };
  return lookAlong(walking, { ...sought, words }, position, enough);
}

/** The ids of rows that a query names; undefined where there are more than so many. */
async function idsWithin(at: SearchAt, rows: Sql, bound: number): Promise<number[] | undefined> {
  const ids = await idsOf(at, sql`${rows} limit ${bound + 1}`);
  return ids.length > bound ? undefined : ids;
}

/** Whether an index has the values of one model's versions together: it has their numbers so, and hardly a metric is none. */
function isTogether({ key }: Level): boolean {
  return key.startsWith('metrics.');
}

/** What the list is walked along needs no count: a range of its first key, and an equality where that key is its end. */
function partsToCount(scope: Scope, levels: readonly Level[], filter: Filter | undefined): Filter[] {
  const [first, ...more] = levels;
  return required(filter).filter((part) => {
    if (!isComparison(part)) return true;
    if (part.key === first!.key) return first!.several;
    // All versions of a model have its name.
    if (scope.model_id !== undefined && part.key === 'name') return false;
    return more.length > 0 || !alongEqual(scope, first!, part);
  });
}

/** The model that a filter on versions names; null if no live model has the name. */
async function onlyModel({ read }: Searching, filter: Filter | undefined): Promise<number | null | undefined> {
  const named = required(filter)
    .filter(isComparison)
    .find(({ key, op }) => key === 'name' && op === '=');
  if (named === undefined) return undefined;
  const name = String(named.values[0]);
  const live = read.selectFrom('model').select('id').where('name', '=', name).where('deregistered', 'is', null);
  return (await live.executeTakeFirst())?.id ?? null;
}

/** Ids as one parameter, so that there is one statement for pages of any size. */
function listOf({ dialect }: Searching, ids: readonly number[]) {
  if (dialect === 'sqlite') return sql<number>`(select value from json_each(${JSON.stringify(ids)}))`;
  return sql<number>`(select unnest(cast(${ids} as bigint[])))`;
}

function inOrder<Row extends { id: number }>(ids: readonly number[], rows: Row[]): Row[] {
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => found.get(id) ?? []);
}
