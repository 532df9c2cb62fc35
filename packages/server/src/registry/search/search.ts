import type { Selectable } from 'kysely';
import type { ModelTable, VersionTable } from '../../db/tables.ts';
import { PageTokenError } from './errors.ts';
import { type Filter, type Noun, printFilter } from './filter.ts';
import { partsOf } from './ordering.ts';
import { openToken, type Position, sealToken } from './page-token.ts';
import { hits } from './ranking.ts';
import { asksForSort, NEWEST, type SortKey, sortOf } from './sort.ts';
import { type Plan, statement } from './statement.ts';
import { BOUNDS, type Bounds, countUpTo, hasFew, required, type SearchAt, steer } from './steer.ts';
import { queryOf, type Term } from './text-query.ts';

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

export interface PageOf<Row> {
  rows: Row[];
  next_page_token: string | null;
}

export type ModelRow = Selectable<ModelTable>;
/** `model` is the model's name. */
export type VersionRow = Selectable<VersionTable> & { model: string };

/** A page of live models. Throws SortError, QueryError and PageTokenError. */
export function searchModels(at: Searching, query: SearchQuery): Promise<PageOf<ModelRow>> {
  return search(at, 'model', query);
}

/** A page of live versions of live models. */
export function searchVersions(at: Searching, query: SearchQuery): Promise<PageOf<VersionRow>> {
  return search(at, 'version', query);
}

async function search<Row>(asked: Searching, noun: Noun, query: SearchQuery): Promise<PageOf<Row>> {
  const words = queryOf(query.q);
  const at: Searching & SearchAt = { bounds: BOUNDS, ...asked };
  const { sort, scope, position } = await whereFrom(at, noun, query, words);
  const parts = partsOf(noun, sort, words, at.dialect);
  if (position && position.length !== parts.length) throw new PageTokenError();
  const plan = await planOf(at, noun, query, { words, sort, parts, position });
  if (plan === undefined) return { rows: [], next_page_token: null };
  const { rows } = await statement(plan).execute(at.read);
  const page = rows.slice(0, query.page_size);
  const last = rows.length > page.length ? page.at(-1) : undefined;
  const values = last && parts.map((part) => last[part.field] as Position[number]);
  for (const row of page) for (const part of parts) if (part.as !== undefined) delete row[part.as];
  return { rows: page as Row[], next_page_token: values ? sealToken(at.token_key, scope, values) : null };
}

interface Start {
  sort: SortKey[];
  scope: string;
  position?: Position;
}

/** The sort and where in it the page starts. A walk that began by rank, or without, goes on as it began. */
async function whereFrom(
  at: Searching & SearchAt,
  noun: Noun,
  query: SearchQuery,
  words: Term[] | undefined,
): Promise<Start> {
  const asked = query.filter === undefined ? null : printFilter(query.filter);
  const start = (sort: SortKey[]): Start => {
    return { sort, scope: JSON.stringify([at.door, noun, asked, words ?? null, sort, query.model_id ?? null]) };
  };
  const usual = start(sortOf(noun, query, words !== undefined));
  const newest = words === undefined || asksForSort(query) ? undefined : start([{ key: NEWEST, desc: true }]);
  const { page_token } = query;
  if (page_token !== undefined) {
    for (const one of newest ? [usual, newest] : [usual]) {
      const position = openToken(at.token_key, one.scope, page_token);
      if (position !== undefined) return { ...one, position };
    }
    throw new PageTokenError();
  }
  if (newest === undefined) return usual;
  const { common } = at.bounds;
  return (await countUpTo(at, hits(noun, words!, at.dialect), common)) > common ? newest : usual;
}

/** How the page is found; undefined if the filter names a model that is not there. */
async function planOf(
  at: SearchAt,
  noun: Noun,
  query: SearchQuery,
  start: Pick<Plan, 'words' | 'parts' | 'position'> & { sort: SortKey[] },
): Promise<Plan | undefined> {
  const { filter } = query;
  const model_id = noun === 'version' ? (query.model_id ?? (await onlyModel(at, filter))) : undefined;
  if (model_id === null) return undefined;
  const first = start.sort[0]!.key;
  const steering = await steer(at, noun, filter, first, model_id);
  const free = steering.few.size === 0;
  const fromModel = free && (first === 'number' || at.dialect === 'postgres' || (await hasFew(at, model_id)));
  const streams = first === NEWEST;
  return {
    noun,
    dialect: at.dialect,
    filter,
    model_id,
    fromModel,
    streams,
    limit: query.page_size + 1,
    ...start,
    ...steering,
  };
}

/** The model that a filter on versions names; null if no live model has the name. */
async function onlyModel({ read }: SearchAt, filter: Filter | undefined): Promise<number | null | undefined> {
  const named = required(filter).find(({ key, op }) => key === 'name' && op === '=');
  if (named === undefined) return undefined;
  const name = String(named.values[0]);
  const live = read.selectFrom('model').select('id').where('name', '=', name).where('deregistered', 'is', null);
  return (await live.executeTakeFirst())?.id ?? null;
}
