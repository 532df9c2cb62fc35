import { CompiledQuery, sql } from 'kysely';
import type { Writer } from '../../db/database.ts';
import { execute } from '../../db/direct.ts';
import { isSqlite } from '../../db/one-of.ts';
import { prepareWrite } from '../../db/prepared.ts';
import type { Point } from './documents.ts';

/** What a statement of SQLite holds at most: each power of two is a statement to keep. */
const FEW_POINTS = 32;
const COLUMNS = ['key', 'timestamp', 'step', 'value', 'is_nan'] as const;

/** Adds points of metrics that have a latest one. The same point twice is one. */
export async function addPoints(tx: Writer, run_id: string, points: readonly Point[]): Promise<void> {
  if (!isSqlite(tx)) return void (await addRecords(tx, { run_id, records: JSON.stringify(points) }));
  for (let i = 0; i < points.length; ) {
    const few = points.slice(i, i + 2 ** Math.floor(Math.log2(Math.min(points.length - i, FEW_POINTS))));
    i += few.length;
    const parameters = few.flatMap((point) => COLUMNS.map((column) => point[column]));
    await execute(tx, CompiledQuery.raw(textFor(few.length), [...parameters, run_id]));
  }
}

const texts = new Map<number, string>();

function textFor(points: number): string {
  const text =
    texts.get(points) ??
    `insert into metric (series, timestamp, step, value, is_nan)
      select latest.id, column2, column3, column4, column5
      from (values ${Array(points).fill('(?, ?, ?, ?, ?)').join(', ')}) as point
      cross join latest_metric as latest where latest.run_id = ? and latest.key = column1 on conflict do nothing`;
  texts.set(points, text);
  return text;
}

/** PostgreSQL gets all of them as one parameter, as in db/rows.ts. */
const addRecords = prepareWrite<{ run_id: string; records: string }, never>(
  (_, param) => sql`insert into metric (series, timestamp, step, value, is_nan)
    select latest.id, point.timestamp, point.step, point.value, point.is_nan
    from json_to_recordset(${param('records')}::json)
      as point (key text, timestamp bigint, step bigint, value double precision, is_nan bigint)
    inner join latest_metric as latest on latest.run_id = ${param('run_id')} and latest.key = point.key
    on conflict do nothing`,
);
