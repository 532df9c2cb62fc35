import type { Insertable } from 'kysely';
import type { Writer } from '../../db/database.ts';
import { prepareMerge } from '../../db/merge-rows.ts';
import { prepareRead, prepareWrite } from '../../db/prepared.ts';
import type { DatasetTable } from '../../db/tables.ts';
import { refuse } from '../refusals.ts';
import type { DatasetInput } from './documents.ts';
import { requireActiveRun } from './find.ts';
import { assertLength, assertWhole } from './keys.ts';
import { assertRunId } from './log-batch.ts';
import { assertRoom, assertRoomForDatasets } from './room.ts';

const MOST_TOGETHER = 1_000;
const LONGEST = {
  name: 500,
  digest: 36,
  source_type: 36,
  source: 65_535,
  schema: 1_048_575,
  profile: 16_777_215,
} as const;
const LONGEST_TAG_KEY = 255;
const LONGEST_TAG_VALUE = 500;
const LONGEST_MODEL_ID = 500;

const datasetId = prepareRead<{ experiment_id: number; name: string; digest: string }, { id: number }>((db, param) =>
  db
    .selectFrom('dataset')
    .select('id')
    .where('experiment_id', '=', param('experiment_id'))
    .where('name', '=', param('name'))
    .where('digest', '=', param('digest')),
);

const addDataset = prepareWrite<Insertable<DatasetTable> & Record<string, unknown>, { id: number }>((db, param) =>
  db
    .insertInto('dataset')
    .values({
      experiment_id: param('experiment_id'),
      name: param('name'),
      digest: param('digest'),
      source_type: param('source_type'),
      source: param('source'),
      schema: param('schema'),
      profile: param('profile'),
    })
    .returning('id'),
);

/** What a run says of a data set the first time is what is kept. */
const addToRun = prepareMerge({
  table: 'run_dataset',
  columns: ['run_id', 'dataset_id', 'tags'],
  key: ['run_id', 'dataset_id'],
});

const putModels = prepareMerge({
  table: 'run_model',
  columns: ['run_id', 'role', 'model_id', 'step'],
  key: ['run_id', 'role', 'model_id'],
  update: ['step'],
});

export interface Inputs {
  datasets: DatasetInput[];
  /** Ids of logged models, which need not be there. */
  models: string[];
}

/** Bounds as in MLflow (`mlflow/utils/validation.py`, `_validate_dataset_inputs`). */
function assertInputs({ datasets, models }: Inputs): void {
  assertBound('datasets', datasets.length);
  assertBound('models', models.length);
  for (const [i, { dataset, tags }] of datasets.entries()) {
    for (const [member, most] of Object.entries(LONGEST))
      assertLength(dataset[member as keyof typeof LONGEST] ?? '', `datasets[${i}].dataset.${member}`, most);
    assertBound(`datasets[${i}].tags`, tags.length);
    for (const [j, { key, value }] of tags.entries()) {
      assertLength(key, `datasets[${i}].tags[${j}].key`, LONGEST_TAG_KEY);
      assertLength(value, `datasets[${i}].tags[${j}].value`, LONGEST_TAG_VALUE);
    }
  }
  for (const [i, model_id] of models.entries()) assertLength(model_id, `models[${i}].model_id`, LONGEST_MODEL_ID);
}

/** A data set is one per experiment, name and digest: what is there already stays as it is. */
export async function logInputs(tx: Writer, run_id: string, inputs: Inputs): Promise<void> {
  assertRunId(run_id);
  assertInputs(inputs);
  const { datasets, models } = inputs;
  const { experiment_id } = await requireActiveRun(tx, run_id);
  const rows = [];
  for (const { dataset, tags } of datasets) {
    const { name, digest } = dataset;
    const [found] = await datasetId(tx, { experiment_id, name, digest });
    const [made] = found ? [found] : await addDataset(tx, { experiment_id, ...dataset });
    const last = [...new Map(tags.map((tag) => [tag.key, tag])).values()];
    rows.push({ run_id, dataset_id: (made as { id: number }).id, tags: JSON.stringify(last) });
  }
  await addToRun(tx, rows);
  if (rows.length > 0) await assertRoomForDatasets(tx, run_id);
  const ids = [...new Set(models)];
  await putModels(
    tx,
    ids.map((model_id) => ({ run_id, role: 'input', model_id, step: 0 })),
  );
  if (ids.length > 0) await assertRoom(tx, 'run_model', run_id);
}

export interface Output {
  /** Of a logged model, which need not be there. */
  model_id: string;
  step: number;
}

/** Of a model that is named again the last step counts. */
export async function logOutputs(tx: Writer, run_id: string, outputs: readonly Output[]): Promise<void> {
  assertBound('models', outputs.length);
  for (const [i, { model_id, step }] of outputs.entries()) {
    assertLength(model_id, `models[${i}].model_id`, LONGEST_MODEL_ID);
    assertWhole(step, `models[${i}].step`);
  }
  await requireActiveRun(tx, run_id);
  const last = new Map(outputs.map((output) => [output.model_id, output]));
  await putModels(
    tx,
    [...last.values()].map(({ model_id, step }) => ({ run_id, role: 'output', model_id, step })),
  );
  await assertRoom(tx, 'run_model', run_id);
}

function assertBound(field: string, length: number): void {
  if (length > MOST_TOGETHER)
    refuse('invalid', `A request can contain at most ${MOST_TOGETHER} ${field}. Got ${length}.`, {
      errors: [{ path: `/${field}`, message: `must hold at most ${MOST_TOGETHER}` }],
    });
}
