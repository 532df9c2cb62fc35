import type { Insertable } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import type { Tables } from '../../src/db/tables.ts';

type Values = Record<string, string>;

/** A run as a test tells it. */
export interface RunMade {
  run_id: string;
  experiment_id?: number;
  run_name?: string;
  user_id?: string;
  status?: Tables['run']['status'];
  start_time?: number;
  end_time?: number | null;
  lifecycle_stage?: 'active' | 'deleted';
  params?: Values;
  tags?: Values;
  metrics?: Record<string, number>;
  datasets?: { name: string; digest: string; context?: string; profile?: string }[];
  inputs?: string[];
  outputs?: { model_id: string; step: number }[];
}

const NAN = { value: 0, is_nan: 1 };

/** Writes experiments past all verbs, by id and name. */
export async function insertExperiments(
  { write }: Database,
  experiments: (Partial<Insertable<Tables['experiment']>> & { id: number; name: string; tags?: Values })[],
): Promise<void> {
  for (const { tags = {}, ...row } of experiments) {
    const usual = { artifact_location: `mlflow-artifacts:/${row.id}`, lifecycle_stage: 'active' as const };
    const times = { creation_time: row.id, last_update_time: row.id };
    await write
      .insertInto('experiment')
      .values({ ...usual, ...times, ...row })
      .execute();
    for (const [key, value] of Object.entries(tags))
      await write.insertInto('experiment_tag').values({ experiment_id: row.id, key, value }).execute();
  }
}

/** Writes runs past all verbs, whose rules they need not keep. */
export async function insertRuns({ write }: Database, runs: readonly RunMade[]): Promise<void> {
  for (const { params = {}, tags = {}, metrics = {}, datasets = [], inputs = [], outputs = [], ...row } of runs) {
    const { run_id, experiment_id = 0 } = row;
    const usual = {
      experiment_id,
      run_name: run_id,
      user_id: 'ada',
      status: 'FINISHED' as const,
      start_time: 0,
      end_time: null,
      artifact_uri: `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts`,
      lifecycle_stage: 'active' as const,
      deleted_at: null,
    };
    await write
      .insertInto('run')
      .values({ ...usual, ...row })
      .execute();
    for (const [table, entries] of [
      ['param', params],
      ['run_tag', tags],
    ] as const)
      for (const [key, value] of Object.entries(entries))
        await write.insertInto(table).values({ run_id, key, value }).execute();
    for (const [key, value] of Object.entries(metrics))
      await write
        .insertInto('latest_metric')
        .values({ run_id, key, timestamp: 1, step: 0, ...(Number.isNaN(value) ? NAN : { value, is_nan: 0 }) })
        .execute();
    for (const { name, digest, context, profile } of datasets) {
      const of = { experiment_id, name, digest };
      const row = { ...of, source_type: 'local', source: '{}', schema: null, profile: profile ?? null };
      await write
        .insertInto('dataset')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const { id: dataset_id } = await write
        .selectFrom('dataset')
        .select('id')
        .where('experiment_id', '=', experiment_id)
        .where('name', '=', name)
        .where('digest', '=', digest)
        .executeTakeFirstOrThrow();
      const told = JSON.stringify(context === undefined ? [] : [{ key: 'mlflow.data.context', value: context }]);
      await write.insertInto('run_dataset').values({ run_id, dataset_id, tags: told }).execute();
    }
    for (const model_id of inputs)
      await write.insertInto('run_model').values({ run_id, role: 'input', model_id, step: 0 }).execute();
    for (const { model_id, step } of outputs)
      await write.insertInto('run_model').values({ run_id, role: 'output', model_id, step }).execute();
  }
}

type Metric = Partial<Insertable<Tables['logged_model_metric']>> & { key: string; value: number };
type LoggedModelMade = Partial<Insertable<Tables['logged_model']>> & {
  model_id: string;
  params?: Values;
  tags?: Values;
  metrics?: Metric[];
};

/** Writes logged models past all verbs. */
export async function insertLoggedModels({ write }: Database, models: readonly LoggedModelMade[]): Promise<void> {
  for (const { params = {}, tags = {}, metrics = [], ...row } of models) {
    const { model_id, experiment_id = 0 } = row;
    const usual = {
      experiment_id,
      name: model_id,
      artifact_location: `mlflow-artifacts:/${experiment_id}/models/${model_id}/artifacts`,
      creation_time: 0,
      last_update_time: 0,
      status: 'LOGGED_MODEL_READY' as const,
      model_type: '',
      source_run_id: '',
      deleted_at: null,
    };
    await write
      .insertInto('logged_model')
      .values({ ...usual, ...row })
      .execute();
    for (const [table, entries] of [
      ['logged_model_param', params],
      ['logged_model_tag', tags],
    ] as const)
      for (const [key, value] of Object.entries(entries))
        await write.insertInto(table).values({ model_id, key, value }).execute();
    for (const { value, ...point } of metrics)
      await write
        .insertInto('logged_model_metric')
        .values({
          model_id,
          timestamp: 0,
          step: 0,
          run_id: '',
          dataset_name: '',
          dataset_digest: '',
          ...point,
          ...(Number.isNaN(value) ? NAN : { value, is_nan: 0 }),
        })
        .execute();
  }
}
