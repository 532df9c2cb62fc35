import { type Selectable, sql } from 'kysely';
import type { ModelTable, VersionTable } from '../../db/tables.ts';
import { PageTokenError } from './errors.ts';
import { type Filter, type Noun, printFilter } from './filter.ts';
import { partsOf } from './ordering.ts';
import { openToken, type Position, sealToken } from './page-token.ts';
import { sortOf } from './sort.ts';
import { type Plan, statement } from './statement.ts';
import { isFew, required, type SearchAt, steer } from './steer.ts';
import { queryOf } from './text-query.ts';

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
export interface Searching extends SearchAt {
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

async function search<Row>(at: Searching, noun: Noun, query: SearchQuery): Promise<PageOf<Row>> {
  const { filter, page_size, page_token } = query;
  const words = queryOf(query.q);
  const sort = sortOf(noun, query, words !== undefined);
  const parts = partsOf(noun, sort, words, at.dialect);
  const asked = filter === undefined ? null : printFilter(filter);
  const scope = JSON.stringify([at.door, noun, asked, words ?? null, sort, query.model_id ?? null]);
  const position = page_token === undefined ? undefined : openToken(at.token_key, scope, page_token);
  if (position && position.length !== parts.length) throw new PageTokenError();
  const model_id = noun === 'version' ? (query.model_id ?? (await onlyModel(at, filter))) : undefined;
  if (model_id === null) return { rows: [], next_page_token: null };
  const steering = await steer(at, noun, filter, model_id);
  const byNumber = sort[0]!.key === 'number';
  const fromModel =
    model_id === undefined ||
    byNumber ||
    at.dialect === 'postgres' ||
    (await isFew(at, sql`version where model_id = ${model_id}`));
  const plan: Plan = {
    noun,
    dialect: at.dialect,
    filter,
    words,
    model_id,
    fromModel,
    parts,
    position,
    limit: page_size + 1,
    ...steering,
  };
  const { rows } = await statement(plan).execute(at.read);
  const more = rows.length > page_size;
  const page = rows.slice(0, page_size);
  const last = page.at(-1);
  const next =
    more && last
      ? sealToken(
          at.token_key,
          scope,
          parts.map((part) => last[part.field] as Position[number]),
        )
      : null;
  for (const row of page) for (const part of parts) if (part.as !== undefined) delete row[part.as];
  return { rows: page as Row[], next_page_token: next };
}

/** The model that a filter on versions names; null if no live model has the name. */
async function onlyModel({ read }: SearchAt, filter: Filter | undefined): Promise<number | null | undefined> {
  const named = required(filter).find(({ key, op }) => key === 'name' && op === '=');
  if (named === undefined) return undefined;
  const name = String(named.values[0]);
  const live = read.selectFrom('model').select('id').where('name', '=', name).where('deregistered', 'is', null);
  return (await live.executeTakeFirst())?.id ?? null;
}
