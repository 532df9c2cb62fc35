import { CompiledQuery } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import type { Ran } from './plan-recorder.ts';

/** How a database answers a statement. */
export interface Plan {
  /** Its steps, indented as they are within each other; none where no table is read. */
  steps: string[];
  /**
   * Tables that are read from one end without a bound, and along which index: `version by version_size`. `passing some`
   * where not every row is taken, `to the end` where reading does not stop as soon as there is enough. Also joins that
   * read both sides, whatever is found in the other.
   */
  whole: string[];
}

export function explain(db: Database, query: Ran): Promise<Plan> {
  return db.name === 'sqlite' ? explainSqlite(db, query) : explainPostgres(db, query);
}

interface SqliteStep {
  id: number;
  parent: number;
  detail: string;
}

async function explainSqlite(db: Database, { sql, parameters }: Ran): Promise<Plan> {
  const explained = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
  const { rows } = await db.write.executeQuery<SqliteStep>(explained);
  const depths = new Map([[0, -1]]);
  for (const { id, parent } of rows) depths.set(id, depths.get(parent)! + 1);
  // Of a subquery whose rows are read where it stands, what it reads is a step of its own.
  const subqueries = new Set(rows.map(({ detail }) => /^(?:CO-ROUTINE|MATERIALIZE) (\S+)/.exec(detail)?.[1]));
  const whole = rows.flatMap(({ parent, detail }) => {
    const [, name, index] = /^SCAN (\S+)(?: EXISTS)?(?: USING (?:COVERING )?INDEX (\S+))?$/.exec(detail) ?? [];
    if (name === undefined || subqueries.has(name)) return [];
    const isSorted = rows.some((one) => one.parent === parent && /B-TREE FOR (ORDER|GROUP) BY/.test(one.detail));
    const table = new RegExp(`(\\w+)"? as "?${name}\\b`).exec(sql)?.[1] ?? name;
    return told({ table, index, passes: false, stops: !isSorted && / limit /.test(sql) });
  });
  const reads = rows.some(({ detail }) => !/VALUES CLAUSE$/.test(detail));
  return { steps: reads ? rows.map(({ id, detail }) => '  '.repeat(depths.get(id)!) + detail) : [], whole };
}

interface Reading {
  table: string;
  index: string | undefined;
  passes: boolean;
  stops: boolean;
}

function told({ table, index, passes, stops }: Reading): string {
  const along = index === undefined ? table : `${table} by ${index}`;
  return [along, ...(passes ? ['passing some'] : []), ...(stops ? [] : ['to the end'])].join(', ');
}

/** A step as `explain (format json)` has it. */
interface PostgresStep {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Subplan Name'?: string;
  Plans?: PostgresStep[];
  [more: string]: unknown;
}

async function explainPostgres(db: Database, { sql, parameters }: Ran): Promise<Plan> {
  const explained = CompiledQuery.raw(`explain (format json, costs off) ${sql}`, [...parameters]);
  const { rows } = await db.write.executeQuery<{ 'QUERY PLAN': [{ Plan: PostgresStep }] }>(explained);
  const plan: Plan = { steps: [], whole: [] };
  const reads = follow(plan, rows[0]!['QUERY PLAN'][0].Plan, 0, false);
  return reads ? plan : { steps: [], whole: [] };
}

/** Steps that take all their rows before they give one. */
const TAKES_ALL = /^(Sort|Hash|Aggregate|Materialize|BitmapAnd|BitmapOr|WindowAgg|SetOp|ModifyTable)$/;
const TOLD = ['Scan Direction', 'Index Cond', 'Filter', 'Hash Cond', 'Merge Cond', 'Join Filter', 'Sort Key'];

/** Writes a step and those within it down, and says whether they read a table. */
function follow(plan: Plan, step: PostgresStep, depth: number, stops: boolean): boolean {
  const { 'Node Type': type, 'Relation Name': table, 'Index Name': index, 'Subplan Name': subplan, Plans = [] } = step;
  const name = [type, index && `using ${index}`, table && `on ${table}`].filter(Boolean).join(' ');
  const more = TOLD.filter((key) => step[key] !== undefined && step[key] !== 'Forward').map(
    (key) => ` (${key.toLowerCase()}: ${withoutValues(String(step[key]))})`,
  );
  plan.steps.push(`${'  '.repeat(depth)}${subplan ? `${subplan}: ` : ''}${name}${more.join('')}`);
  const isRead = table !== undefined && type !== 'ModifyTable';
  if (isRead && step['Index Cond'] === undefined && / Scan$/.test(type) && !/^Bitmap/.test(type))
    plan.whole.push(told({ table, index, passes: step.Filter !== undefined, stops }));
  if (/^(Hash|Merge) Join$/.test(type)) plan.whole.push(type.toLowerCase());
  const goesOn = type === 'Limit' || (stops && !TAKES_ALL.test(type));
  const inner = Plans.map((one, i) => {
    // The second of a nested loop is begun anew for each row of the first.
    const isAgain = type === 'Nested Loop' && i > 0;
    return follow(plan, one, depth + 1, goesOn && !isAgain);
  });
  return isRead || inner.includes(true);
}

function withoutValues(condition: string): string {
  return condition.replaceAll(/'(?:[^']|'')*'/g, '?').replaceAll(/::[a-z]+(?: [a-z]+)*(?:\[\])?/g, '');
}
