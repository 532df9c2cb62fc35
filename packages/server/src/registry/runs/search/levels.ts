import { sql } from 'kysely';
import type { Sql } from '../../paging/sql.ts';
import type { Level } from '../../search/levels.ts';
import type { Noun } from './nouns.ts';
import type { OrderKey } from './order.ts';
import { idOf } from './predicate.ts';

/** An order, and what orders those that are equal in it. The key that tells all apart is the last one. */
export function withEnd(noun: Noun, order: readonly OrderKey[]): OrderKey[] {
  const { id, time } = noun;
  const attribute = (name: string, desc: boolean): OrderKey => ({ family: 'attribute', name, desc });
  // mlflow/store/tracking/sqlalchemy_store.py, _get_search_experiments_order_by_clauses
  if (noun.table === 'experiment')
    return upTo(id, order.length > 0 ? [...order, attribute(id, true)] : [attribute(time, true), attribute(id, false)]);
  // _get_orderby_clauses, _apply_order_by_search_logged_models
  const isTimed = order.some(({ family, name }) => family === 'attribute' && name === time);
  return upTo(id, [...order, ...(isTimed ? [] : [attribute(time, true)]), attribute(id, false)]);
}

function upTo(id: string, order: OrderKey[]): OrderKey[] {
  return order.slice(0, order.findIndex(({ family, name }) => family === 'attribute' && name === id) + 1);
}

/** The steps of an order, as registry/search/levels.ts has them: what is missing comes last in both directions. */
export function levelsOf(noun: Noun, order: readonly OrderKey[]): Level[] {
  return order.map((one): Level => {
    const { family, name, desc } = one;
    const level = { key: `${family}.${name}`, desc, several: false };
    if (family === 'metric') return { ...level, nullable: true, number: ofMetric(noun, one) };
    if (family !== 'attribute') return { ...level, nullable: true, text: ofEntry(noun, one) };
    const { type, missing } = noun.columns[name]!;
    const column = sql.ref(`${noun.table}.${name}`);
    const value = missing === 'empty' ? sql`nullif(${column}, '')` : column;
    return {
      ...level,
      nullable: missing !== undefined,
      [type === 'text' || type === 'status' ? 'text' : 'number']: value,
    };
  });
}

function ofEntry(noun: Noun, { family, name }: OrderKey): Sql {
  const { table } = noun.families[family as 'param' | 'tag']!;
  return sql`(select kept.value from ${sql.table(table)} as kept
    where ${sql.ref(`kept.${noun.owner}`)} = ${idOf(noun)} and kept.key = ${name})`;
}

/** NaN comes behind all numbers in both directions: as an infinity, of which no metric has one. */
function ofMetric(noun: Noun, { name, desc, dataset }: OrderKey): Sql {
  const { table } = noun.families.metric!;
  const nan = desc ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const of = sql`${sql.table(table)} as kept where ${sql.ref(`kept.${noun.owner}`)} = ${idOf(noun)} and kept.key = ${name}`;
  const value = sql`case when kept.is_nan = 1 then cast(${nan} as double precision) else kept.value end`;
  if (noun.table === 'run') return sql`(select ${value} from ${of})`;
  const named = dataset?.name === undefined ? sql`` : sql` and kept.dataset_name = ${dataset.name}`;
  const exact = dataset?.digest === undefined ? sql`` : sql` and kept.dataset_digest = ${dataset.digest}`;
  return sql`(select ${value} from ${of}${named}${exact}
    order by kept.timestamp desc, kept.step desc, kept.run_id limit 1)`;
}
