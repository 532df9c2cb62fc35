import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { type Comparison, type Filter, isComparison, type Noun } from './filter.ts';
import { placeOf } from './keys.ts';
import { type Condition, facetCondition, onColumn } from './predicate.ts';

/** From how many rows on a search goes another way; the answers are the same, but for the order of common words. */
export interface Bounds {
  /** So many rows are gathered and sorted sooner than as many are skipped on a walk in the order of the page. */
  few: number;
  /**
   * A full text that finds more is not ranked: what everything holds ranks nothing, and sorting it would cost as much
   * as there is. It is answered newest first, by id.
   */
  common: number;
}

/** How many comparisons are counted at most. */
export const PROBED = 8;

export const BOUNDS: Bounds = { few: 2_000, common: 10_000 };

/** Columns whose index tempts SQLite, however common the value. */
const TEMPTING = new Set(['framework', 'status', 'verdict', 'owner', 'created_at', 'updated_at', 'size_bytes']);

export interface SearchAt {
  read: Kysely<Tables>;
  dialect: Dialect;
  bounds: Bounds;
}

export interface Steering {
  few: Set<Comparison>;
  many: Set<Comparison>;
}

/** The comparisons that every match satisfies. */
export function required(filter: Filter | undefined): Comparison[] {
  if (filter === undefined) return [];
  if (isComparison(filter)) return [filter];
  return filter.op === 'AND' ? filter.parts.flatMap(required) : [];
}

/**
 * Finds the comparison that the fewest rows satisfy, by counting up to a bound in its index. A database without
 * statistics of the values can not know: SQLite has none, PostgreSQL none of key and value together. `first` is the
 * first key of the sort, `model_id` the only model asked for.
 */
export async function steer(
  at: SearchAt,
  noun: Noun,
  filter: Filter | undefined,
  first: string,
  model_id?: number,
): Promise<Steering> {
  const steering: Steering = { few: new Set(), many: new Set() };
  let least = at.bounds.few + 1;
  for (const one of required(filter).slice(0, PROBED)) {
    const rows = probe(at, noun, one, first, model_id);
    if (rows === undefined) continue;
    const count = least < 50 ? least : await countUpTo(at, rows, at.bounds.few);
    if (count < least) {
      for (const few of steering.few) steering.many.add(few);
      steering.few = new Set([one]);
      least = count;
    } else steering.many.add(one);
  }
  return steering;
}

/** The rows that satisfy a comparison, if an index has them and may not serve the sort as well. */
function probe(at: SearchAt, noun: Noun, one: Comparison, first: string, model_id?: number): Condition | undefined {
  const place = placeOf(noun, one.key)!;
  if (noun === 'version' && place.of === 'model') return undefined;
  const ranged = typeof one.values[0] === 'number' && ['<', '<=', '>', '>='].includes(one.op);
  if (one.op !== '=' && !ranged) return undefined;
  if (place.column === undefined) {
    return sql`${sql.table(`${place.of}_facet`)} where key = ${one.key} and ${facetCondition(one, place, at)}`;
  }
  if (at.dialect === 'postgres' || place.of !== noun || !TEMPTING.has(one.key) || one.key === first) return undefined;
  const inOrder = (one.key === 'status' || one.key === 'verdict') && first === 'updated_at' && model_id === undefined;
  if (inOrder) return undefined;
  const within = model_id === undefined ? sql`` : sql`+model_id = ${model_id} and `;
  return sql`${sql.table(place.of)} where ${within}${onColumn(one, place, { ...at, noun, few: new Set(), many: new Set(), opaque: false })}`;
}

/** Whether a model has few versions. */
export async function hasFew(at: SearchAt, model_id: number | undefined): Promise<boolean> {
  return (
    model_id === undefined ||
    (await countUpTo(at, sql`version where model_id = ${model_id}`, at.bounds.few)) <= at.bounds.few
  );
}

/** Counts rows, and stops at one more than `bound`. */
export async function countUpTo({ read }: SearchAt, rows: Condition, bound: number): Promise<number> {
  const bounded = sql<{ n: number }>`select count(*) as n from (select 1 from ${rows} limit ${bound + 1}) as bounded`;
  return Number((await bounded.execute(read)).rows[0]!.n);
}
