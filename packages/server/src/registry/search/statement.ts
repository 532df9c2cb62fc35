import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import type { Filter, Noun } from './filter.ts';
import { after, orderBy, type Part } from './ordering.ts';
import type { Position } from './page-token.ts';
import { type Condition, predicate } from './predicate.ts';
import { hitCondition } from './ranking.ts';
import type { Steering } from './steer.ts';
import type { Term } from './text-query.ts';

export interface Plan extends Steering {
  noun: Noun;
  dialect: Dialect;
  filter?: Filter;
  words?: Term[];
  model_id?: number;
  /** Whether SQLite may start from the versions of the model; else it walks the sort's index. */
  fromModel: boolean;
  parts: Part[];
  position?: Position;
  limit: number;
}

/**
 * The statement of one page. The inner select finds ids in order, and so sorts narrow rows; the outer one reads the
 * rows of the page.
 */
export function statement(plan: Plan): RawBuilder<Record<string, unknown>> {
  const { noun, parts } = plan;
  const computed = parts.filter((part) => part.as !== undefined);
  const named = computed.map((part) => sql`, ${part.expression} as ${sql.ref(part.as!)}`);
  const inner = sql`select ${sql.ref(`${noun}.id`)} as page_id${sql.join(named, sql``)} from ${tables(plan)}
    where ${sql.join(conditions(plan), sql` and `)}
    order by ${orderBy(parts, (part) => (part.as === undefined ? part.expression : sql.ref(part.as)))} limit ${plan.limit}`;
  const extra = computed.map((part) => sql`, page.${sql.ref(part.as!)}`);
  const model = noun === 'version' ? sql`, model.name as model` : sql``;
  const joined = noun === 'version' ? sql` inner join model on model.id = version.model_id` : sql``;
  return sql`select ${sql.ref(noun)}.*${model}${sql.join(extra, sql``)} from (${inner}) as page
    inner join ${sql.table(noun)} on ${sql.ref(`${noun}.id`)} = page.page_id${joined}
    order by ${orderBy(parts, (part) => (part.as === undefined ? part.expression : sql.ref(`page.${part.as}`)))}`;
}

/** A cross join keeps SQLite to this order of the tables; to PostgreSQL it is any join. */
function tables({ noun, parts }: Plan): RawBuilder<unknown> {
  if (noun === 'model') return sql`model`;
  return parts[0]!.field === 'model' ? sql`model cross join version` : sql`version cross join model`;
}

function conditions(plan: Plan): Condition[] {
  const { noun, dialect, filter, words, model_id, parts, position } = plan;
  const conditions: Condition[] = [];
  if (noun === 'version') conditions.push(sql`model.id = version.model_id`, sql`version.deregistered is null`);
  conditions.push(sql`model.deregistered is null`);
  const shy = dialect === 'sqlite' && !plan.fromModel ? sql`+` : sql``;
  if (model_id !== undefined) conditions.push(sql`${shy}version.model_id = ${model_id}`);
  if (filter !== undefined) conditions.push(sql`(${predicate(filter, plan)})`);
  if (words !== undefined) conditions.push(hitCondition(noun, words, dialect));
  if (position !== undefined) conditions.push(after(parts, position));
  return conditions;
}
