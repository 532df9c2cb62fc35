import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { type Comparison, type Filter, isComparison, type Noun } from './filter.ts';
import { placeOf } from './keys.ts';
import { type Condition, facetCondition } from './predicate.ts';

/**
 * How many rows are few: so many are gathered and sorted sooner than as many are skipped on a walk in the order of the
 * page.
 */
const FEW = 2_000;
/** Columns whose index tempts SQLite, however common the value. */
const TEMPTING = new Set(['framework', 'status', 'verdict', 'owner']);

export interface SearchAt {
  read: Kysely<Tables>;
  dialect: Dialect;
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
 * Finds the equality that the fewest rows satisfy, by counting up to a bound in the index. A database without
 * statistics of the values can not know: SQLite has none, PostgreSQL none of key and value together.
 */
export async function steer(
  at: SearchAt,
  noun: Noun,
  filter: Filter | undefined,
  model_id?: number,
): Promise<Steering> {
  const steering: Steering = { few: new Set(), many: new Set() };
  let least = FEW + 1;
  for (const one of required(filter).slice(0, 8)) {
    const rows = probe(at, noun, one, model_id);
    if (rows === undefined) continue;
    const count = least < 50 ? FEW + 1 : await countUpTo(at, rows);
    if (count < least) {
      for (const few of steering.few) steering.many.add(few);
      steering.few = new Set([one]);
      least = count;
    } else steering.many.add(one);
  }
  return steering;
}

function probe({ dialect }: SearchAt, noun: Noun, one: Comparison, model_id?: number): Condition | undefined {
  const place = placeOf(noun, one.key)!;
  if (one.op !== '=' || (noun === 'version' && place.of === 'model')) return undefined;
  if (place.column === undefined) {
    return sql`${sql.table(`${place.of}_facet`)} where key = ${one.key} and ${facetCondition(one, place, { dialect })}`;
  }
  if (dialect === 'postgres' || place.of !== noun || !TEMPTING.has(one.key)) return undefined;
  const within = model_id === undefined ? sql`` : sql`model_id = ${model_id} and `;
  return sql`${sql.table(place.of)} where ${within}${sql.ref(place.column)} = ${one.values[0]}`;
}

export async function isFew(at: SearchAt, rows: Condition): Promise<boolean> {
  return (await countUpTo(at, rows)) <= FEW;
}

async function countUpTo({ read }: SearchAt, rows: Condition): Promise<number> {
  const bounded = sql<{ n: number }>`select count(*) as n from (select 1 from ${rows} limit ${FEW + 1}) as bounded`;
  return Number((await bounded.execute(read)).rows[0]!.n);
}
