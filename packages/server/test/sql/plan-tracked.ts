import { sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';

const RUNS = 12_000;
const EXPERIMENTS = 3_000;
/** Those that have runs. */
const USED = 40;
const LOGGED_MODELS = 4_000;

/** Experiments, runs and logged models, many enough for a database to plan by. */
export async function fillTracked({ write, name }: Database): Promise<void> {
  const run = (text: string) => sql.raw(text).execute(write);
  const to = (most: number) => `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${most})`;
  await run(`insert into experiment (id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
    ${to(EXPERIMENTS)} select i, 'experiment ' || i, 'mlflow-artifacts:/' || i, 'active', i, i from n`);
  await run(`insert into experiment_tag (experiment_id, key, value)
    ${to(EXPERIMENTS)} select i, 'team', 'team ' || (i % 3) from n`);
  // The stage of every tenth run, which is spread over all experiments, is another.
  await run(`insert into run (run_id, experiment_id, run_name, user_id, status, start_time, end_time, artifact_uri,
      lifecycle_stage, deleted_at)
    ${to(RUNS)} select 'run' || i, 1 + i % ${USED}, 'name ' || i, 'user ' || (i % 5), 'FINISHED', i, i + 5, 'uri',
      case when i % 11 = 0 then 'deleted' else 'active' end, null from n`);
  const each = (count: number) => `${to(RUNS)}, m (j) as (select 1 union all select j + 1 from m where j < ${count})`;
  for (const table of ['param', 'run_tag'])
    await run(`insert into ${table} (run_id, key, value)
      ${each(5)} select 'run' || i, 'k' || j, (i % 100) || ' of ' || j from n cross join m`);
  await run(`insert into latest_metric (run_id, key, value, timestamp, step, is_nan)
    ${each(5)} select 'run' || i, 'k' || j, i % 97, 1, 1, 0 from n cross join m`);
  await run(`insert into dataset (experiment_id, name, digest, source_type, source, schema, profile)
    ${each(1)} select 1 + i % ${USED}, 'data ' || i, 'd', 'local', '{}', null, null from n where i <= 2000`);
  await run(`insert into run_dataset (run_id, dataset_id, tags)
    select 'run' || id, id, '[{"key":"mlflow.data.context","value":"train"}]' from dataset`);
  await run(
    `insert into run_model (run_id, role, model_id, step) ${to(RUNS)} select 'run' || i, 'output', 'm-' || i, 0 from n`,
  );
  await run(`insert into logged_model (model_id, experiment_id, name, artifact_location, creation_time, last_update_time,
      status, model_type, source_run_id, deleted_at)
    ${to(LOGGED_MODELS)} select 'm-' || i, 1 + i % ${USED}, 'model ' || (i % 10), 'uri', i, i, 'LOGGED_MODEL_READY',
      'sklearn', 'run' || i, null from n`);
  for (const table of ['logged_model_param', 'logged_model_tag'])
    await run(`insert into ${table} (model_id, key, value)
      ${each(4)} select 'm-' || i, 'k' || j, (i % 100) || ' of ' || j from n cross join m where i <= ${LOGGED_MODELS}`);
  await run(`insert into logged_model_metric
      (model_id, key, timestamp, step, value, is_nan, run_id, dataset_name, dataset_digest)
    ${each(4)} select 'm-' || i, 'k' || (j % 2), j, j, i % 97, 0, 'run' || i, 'data', 'd' from n cross join m
    where i <= ${LOGGED_MODELS}`);
  if (name === 'sqlite') return;
  // Rows that were given an id do not count up the next one.
  await run(`select setval(pg_get_serial_sequence('experiment', 'id'), ${EXPERIMENTS})`);
}
