import { sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';

const EVALUATIONS = 24_000;
const DATASETS = 3_000;
const POINTS = 20_000;
const DEFINITIONS = 6_000;

/** Data sets, evaluations and points, many enough for a database to plan by. Every fourth data set is one name's. */
export async function fillEvidence({ write, name }: Database): Promise<void> {
  const run = (text: string) => sql.raw(text).execute(write);
  const to = (most: number) => `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${most})`;
  await run(`insert into evaluated_dataset (id, name, digest, evaluation_count, version_count, first_at, last_at, recency)
    ${to(DATASETS)} select i, 'data ' || case when i % 4 = 0 then 0 else i end, 'd' || i, 8, 8, i, i, i from n`);
  await run(`insert into evaluation (id, version_id, model_id, number, version_digest, dataset_id, n, evaluator, at,
      recorded_at, recorded_by, metrics, intervals, slices, curves, tags, source)
    ${to(EVALUATIONS)} select n.i, v.id, v.model_id, v.number, null, case when n.i % 2 = 0 then 1 else 1 + n.i % ${DATASETS} end,
      i, 'seed', i, i, 'seed', '{"auc":0.5,"accuracy":0.9}', '{}', '[]', null, '{}', null
    from n join version v on v.id = 1 + n.i % 6000`);
  for (const metric of ['accuracy', 'auc'])
    await run(`insert into standing (dataset_id, metric, version_id, model_id, evaluation_id, value, is_nan)
      select dataset_id, '${metric}', version_id, min(model_id), max(id), max(id) % 997, 0 from evaluation
      group by dataset_id, version_id`);
  await run(`insert into metric_point (version_id, name, step, at, value, is_nan)
    ${to(POINTS)} select 1 + i % 500, 'm' || (i % 5), i, i, i, 0 from n`);
  await run(`insert into latest_point (version_id, name, step, at, value, is_nan, points)
    select version_id, name, max(step), max(at), max(value), 0, count(*) from metric_point group by version_id, name`);
  await run(`insert into metric_definition (name, unit, direction, description, updated_at, updated_by, etag)
    ${to(DEFINITIONS)} select 'd' || i, null, 'higher', null, i, 'seed', 1 from n`);
  if (name === 'sqlite') return;
  // Rows that were given an id do not count up the next one.
  await run(`select setval(pg_get_serial_sequence('evaluated_dataset', 'id'), ${DATASETS})`);
  await run(`select setval(pg_get_serial_sequence('evaluation', 'id'), ${EVALUATIONS})`);
}
