import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import type { Filter, Noun } from './filter.ts';
import { after, orderBy, type Part } from './ordering.ts';
import type { Position } from './page-token.ts';
import { type Condition, predicate } from './predicate.ts';
import { hitCondition } from './ranking.ts';
import { PROBED, required, type Steering } from './steer.ts';
import { type Term, toMatch } from './text-query.ts';

export interface Plan extends Steering {
  noun: Noun;
  dialect: Dialect;
  filter?: Filter;
  words?: Term[];
  model_id?: number;
  /** Whether SQLite may start from the versions of the model; else it walks the sort's index. */
  fromModel: boolean;
  /** Whether to walk the full-text index, newest first, instead of gathering what it finds. */
  streams: boolean;
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
  const narrow = (part: Part) => (part.as === undefined ? inOrder(plan, part) : sql.ref(part.as));
  const inner = sql`select ${sql.ref(`${noun}.id`)} as page_id${sql.join(named, sql``)} from ${tables(plan)}
    where ${sql.join(conditions(plan), sql` and `)}
    order by ${orderBy(parts, narrow)} limit ${plan.limit}`;
  const extra = computed.map((part) => sql`, page.${sql.ref(part.as!)}`);
  const model = noun === 'version' ? sql`, model.name as model` : sql``;
  const joined = noun === 'version' ? sql` cross join model` : sql``;
  const same = noun === 'version' ? sql` and model.id = version.model_id` : sql``;
  return sql`select ${sql.ref(noun)}.*${model}${sql.join(extra, sql``)} from (${inner}) as page
    cross join ${sql.table(noun)}${joined} where ${sql.ref(`${noun}.id`)} = page.page_id${same}
    order by ${orderBy(parts, (part) => (part.as === undefined ? part.expression : sql.ref(`page.${part.as}`)))}`;
}

/** FTS5 keeps its rows in order of their ids: a walk along it needs no sort. */
function inOrder({ noun, dialect, streams }: Plan, part: Part): RawBuilder<unknown> {
  return streams && dialect === 'sqlite' ? sql.ref(`${noun}_text.rowid`) : part.expression;
}

/** A cross join keeps SQLite to this order of the tables; to PostgreSQL it is any join. */
function tables({ noun, parts, streams, dialect }: Plan): RawBuilder<unknown> {
  const text = streams && dialect === 'sqlite' ? sql`${sql.table(`${noun}_text`)} cross join ` : sql``;
  if (noun === 'model') return sql`${text}model`;
  return parts[0]!.field === 'model' ? sql`model cross join version` : sql`${text}version cross join model`;
}

function conditions(plan: Plan): Condition[] {
  const { noun, dialect, filter, model_id, parts, position } = plan;
  const conditions: Condition[] = [];
  if (noun === 'version') conditions.push(sql`model.id = version.model_id`, sql`version.deregistered is null`);
  conditions.push(sql`model.deregistered is null`);
  const shy = dialect === 'sqlite' && !plan.fromModel ? sql`+` : sql``;
  if (model_id !== undefined) conditions.push(sql`${shy}version.model_id = ${model_id}`);
  if (filter !== undefined)
    conditions.push(sql`(${predicate(filter, { ...plan, opaque: required(filter).length > PROBED })})`);
  if (plan.streams && dialect === 'sqlite') return [...conditions, ...streamed(plan)];
  if (plan.words !== undefined) conditions.push(hitCondition(noun, plan.words, dialect));
  if (position !== undefined) conditions.push(after(parts, position));
  return conditions;
}

/** FTS5 starts from a rowid only where it is an integer, and the driver binds every number as a real. */
function streamed({ noun, words, position }: Plan): Condition[] {
  const rowid = sql.ref(`${noun}_text.rowid`);
  const found = sql`${sql.table(`${noun}_text`)} match ${toMatch({ all: words! })} and ${sql.ref(`${noun}.id`)} = ${rowid}`;
  return position === undefined ? [found] : [found, sql`${rowid} < cast(${position[0]} as integer)`];
}
