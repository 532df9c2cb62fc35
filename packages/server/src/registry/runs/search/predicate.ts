import { sql } from 'kysely';
import type { Dialect } from '../../../db/database.ts';
import { all, exists, rowByRow, type Sql } from '../../paging/sql.ts';
import { toGlob } from '../../search/like.ts';
import { onInteger } from '../../search/predicate.ts';
import { type Comparison, type Filter, isComparison, type Operator } from './filter.ts';
import type { Noun } from './nouns.ts';

/** The tag of a run's data set that says what it was read for (`mlflow.utils.mlflow_tags`, MLFLOW_DATASET_CONTEXT). */
export const CONTEXT = 'mlflow.data.context';

/** A data set that a point of a logged model's metric has to be of; of any digest where none is told. */
export interface DatasetAsked {
  name: string;
  digest?: string | undefined;
}

export interface Compiling {
  noun: Noun;
  dialect: Dialect;
  datasets?: readonly DatasetAsked[] | undefined;
}

/** The filter as a condition over the table of a noun. It is never null: NOT is its complement. */
export function predicate(filter: Filter, at: Compiling): Sql {
  if (isComparison(filter)) return comparison(filter, at);
  if (filter.op === 'NOT') return sql`not (${predicate(filter.part, at)})`;
  const parts = filter.parts.map((part) => sql`(${predicate(part, at)})`);
  return sql.join(parts, filter.op === 'AND' ? sql` and ` : sql` or `);
}

function comparison(one: Comparison, at: Compiling): Sql {
  if (one.family === 'attribute') return ofAttribute(one, at);
  if (one.family === 'dataset')
    return exists(one.name === 'context' ? contexts(one, at) : datasets(one, at), at.dialect);
  const { noun, dialect } = at;
  const kept = noun.families[one.family]!;
  const rows = sql`${sql.table(kept.table)} as kept
    where ${sql.ref(`kept.${noun.owner}`)} = ${idOf(noun)} and kept.key = ${one.name}`;
  if (one.op === 'IS NULL') return sql`not ${exists(rows, dialect)}`;
  if (one.op === 'IS NOT NULL') return exists(rows, dialect);
  if (one.family !== 'metric') return exists(sql`${rows} and ${onText(sql`kept.value`, one, dialect)}`, dialect);
  return exists(
    sql`${rows} and ${onNumber(one)}${sql.join(
      ofDatasets(at).map((of) => sql` and ${of}`),
      sql``,
    )}`,
    dialect,
  );
}

export function idOf({ table, id }: Noun): Sql {
  return sql.ref(`${table}.${id}`);
}

function ofAttribute(one: Comparison, { noun, dialect }: Compiling): Sql {
  const { type, missing } = noun.columns[one.name]!;
  const column = sql.ref(`${noun.table}.${one.name}`);
  const isNumber = type === 'time' || type === 'id';
  const condition = isNumber ? onInteger(column, one.op, one.values as number[]) : onText(column, one, dialect);
  if (missing === undefined) return condition;
  return sql`(${missing === 'null' ? sql`${column} is not null` : sql`${column} <> ''`} and ${condition})`;
}

/** NaN is kept as 0, and is not equal to anything. */
function onNumber({ op, values }: Comparison): Sql {
  const compared = sql`kept.value ${sql.raw(op === '!=' ? '<>' : op)} ${values[0]}`;
  return op === '!=' ? sql`(kept.is_nan = 1 or ${compared})` : sql`(kept.is_nan = 0 and ${compared})`;
}

/** Case-sensitive LIKE is GLOB on SQLite; ILIKE takes ASCII letters of both cases for one, as MLflow's does on SQLite. */
function onText(column: Sql, { op, values }: Comparison, dialect: Dialect): Sql {
  if (op === 'LIKE') return like(column, String(values[0]), dialect);
  if (op === 'ILIKE') return like(sql`lower(${column})`, foldAscii(String(values[0])), dialect);
  if (op === 'IN' || op === 'NOT IN') return sql`${column} ${sql.raw(op.toLowerCase())} (${sql.join([...values])})`;
  return sql`${column} ${sql.raw(textSign(op))} ${values[0]}`;
}

function textSign(op: Operator): string {
  return op === '!=' ? '<>' : op;
}

function like(column: Sql, pattern: string, dialect: Dialect): Sql {
  return dialect === 'sqlite' ? sql`${column} glob ${toGlob(pattern)}` : sql`${column} like ${pattern} escape ''`;
}

export function foldAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The data sets that a run read. */
function datasets(one: Comparison, { noun, dialect }: Compiling): Sql {
  const dataset = rowByRow(dialect, { table: 'dataset', key: 'id' }, sql`read.dataset_id`);
  return sql`run_dataset as read cross join ${dataset.table} where read.run_id = ${idOf(noun)}
    and ${all([dataset.on, onText(sql.ref(`dataset.${one.name}`), one, dialect)])}`;
}

function contexts(one: Comparison, { noun, dialect }: Compiling): Sql {
  const of = sql`read.run_id = ${idOf(noun)}`;
  if (dialect === 'sqlite')
    return sql`run_dataset as read cross join json_each(read.tags) as tag where ${of}
      and json_extract(tag.value, '$.key') = ${CONTEXT} and ${onText(sql`json_extract(tag.value, '$.value')`, one, dialect)}`;
  return sql`run_dataset as read cross join lateral jsonb_array_elements(cast(read.tags as jsonb)) as tag where ${of}
    and tag ->> 'key' = ${CONTEXT} and ${onText(sql`((tag ->> 'value') collate "C")`, one, dialect)}`;
}

/** That a point of a logged model's metric is of one of the data sets that were asked for, if any were. */
export function ofDatasets({ datasets = [] }: Pick<Compiling, 'datasets'>): Sql[] {
  if (datasets.length === 0) return [];
  const each = datasets.map(({ name, digest }) => {
    const named = sql`kept.dataset_name = ${name}`;
    return digest === undefined ? named : sql`(${named} and kept.dataset_digest = ${digest})`;
  });
  return [sql`(${sql.join(each, sql` or `)})`];
}
