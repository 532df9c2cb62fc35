import type { Insertable } from 'kysely';
import type { Reader, Writer } from '../../db/database.ts';
import { prepareMerge } from '../../db/merge-rows.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead, prepareWrite } from '../../db/prepared.ts';
import type { ExperimentTable, ExperimentTagTable } from '../../db/tables.ts';
import { refuse } from '../refusals.ts';
import type { Entry, Experiment } from './documents.ts';
import { findExperimentNamed, requireActiveExperiment, requireExperiment } from './find.ts';
import { assertKey, assertLength, LONGEST_EXPERIMENT_NAME, LONGEST_EXPERIMENT_TAG } from './keys.ts';
import { assertLocation } from './locations.ts';

export interface NewExperiment {
  name: string;
  /** `mlflow-artifacts:/<id>` where it is left out. */
  artifact_location?: string | undefined;
  tags: Entry[];
}

const MOST_TAGS = 1_000;

const tagsOf = prepareRead<{ ids: unknown }, ExperimentTagTable>((db, param) =>
  db
    .selectFrom('experiment_tag')
    .selectAll()
    .where(isOneOf(db, 'experiment_id', param('ids'), 'bigint'))
    .orderBy('experiment_id')
    .orderBy('key'),
);

const insertExperiment = prepareWrite<Insertable<ExperimentTable> & Record<string, unknown>, { id: number }>(
  (db, param) =>
    db
      .insertInto('experiment')
      .values({
        name: param('name'),
        artifact_location: param('artifact_location'),
        lifecycle_stage: param('lifecycle_stage'),
        creation_time: param('creation_time'),
        last_update_time: param('last_update_time'),
      })
      .returning('id'),
);

const rename = prepareWrite<{ id: number; name: string; at: number }, never>((db, param) =>
  db
    .updateTable('experiment')
    .set({ name: param('name'), last_update_time: param('at') })
    .where('id', '=', param('id')),
);

const putTags = prepareMerge({
  table: 'experiment_tag',
  columns: ['experiment_id', 'key', 'value'],
  key: ['experiment_id', 'key'],
  update: ['value'],
});

const dropTag = prepareWrite<{ id: number; key: string }, { key: string }>((db, param) =>
  db
    .deleteFrom('experiment_tag')
    .where('experiment_id', '=', param('id'))
    .where('key', '=', param('key'))
    .returning('key'),
);

/** The tags of each of these experiments. */
async function tagsOfExperiments(read: Reader, ids: readonly number[]): Promise<Map<number, Entry[]>> {
  const found = new Map<number, Entry[]>(ids.map((id) => [id, []]));
  for (const { experiment_id, key, value } of await tagsOf(read, { ids: listOf(read, ids) }))
    found.get(experiment_id)?.push({ key, value });
  return found;
}

/** An experiment, also a deleted one. */
export async function getExperiment(read: Reader, experiment_id: string): Promise<Experiment> {
  return withTags(read, await requireExperiment(read, experiment_id));
}

export async function getExperimentNamed(read: Reader, name: string): Promise<Experiment> {
  const row = await findExperimentNamed(read, name);
  if (row) return withTags(read, row);
  return refuse('experiment-not-found', `Could not find experiment with name '${name.slice(0, 600)}'`, { name });
}

async function withTags(read: Reader, row: Omit<Experiment, 'tags'>): Promise<Experiment> {
  return { ...row, tags: (await tagsOfExperiments(read, [row.id])).get(row.id) ?? [] };
}

/** Answers its id. Names are unique among all experiments, deleted ones too. */
export async function createExperiment(tx: Writer, asked: NewExperiment, now: number): Promise<number> {
  assertLength(asked.name, 'name', LONGEST_EXPERIMENT_NAME);
  if (asked.artifact_location) assertLocation(asked.artifact_location);
  const tags = checkTags(asked.tags);
  await assertFree(tx, asked.name);
  const [made] = await insertExperiment(tx, {
    name: asked.name,
    artifact_location: asked.artifact_location ?? '',
    lifecycle_stage: 'active',
    creation_time: now,
    last_update_time: now,
  });
  const { id } = made as { id: number };
  if (!asked.artifact_location) await placeInStore(tx, { id, location: `mlflow-artifacts:/${id}` });
  await putTags(
    tx,
    tags.map(({ key, value }) => ({ experiment_id: id, key, value })),
  );
  return id;
}

const placeInStore = prepareWrite<{ id: number; location: string }, never>((db, param) =>
  db
    .updateTable('experiment')
    .set({ artifact_location: param('location') })
    .where('id', '=', param('id')),
);

/** Gives an active experiment another name (`mlflow/store/tracking/sqlalchemy_store.py`, `rename_experiment`). */
export async function renameExperiment(tx: Writer, experiment_id: string, name: string, now: number): Promise<void> {
  assertLength(name, 'name', LONGEST_EXPERIMENT_NAME);
  const { id, name: before } = await requireActiveExperiment(tx, experiment_id);
  if (name !== before) await assertFree(tx, name);
  await rename(tx, { id, name, at: now });
}

export async function setExperimentTag(tx: Writer, experiment_id: string, tag: Entry): Promise<void> {
  const [checked] = checkTags([tag]);
  const { id } = await requireActiveExperiment(tx, experiment_id);
  await putTags(tx, [{ experiment_id: id, ...(checked as Entry) }]);
}

/** One that is not there is refused. */
export async function deleteExperimentTag(tx: Writer, experiment_id: string, key: string): Promise<void> {
  const { id } = await requireActiveExperiment(tx, experiment_id);
  if ((await dropTag(tx, { id, key })).length === 0)
    refuse('tag-not-found', `No tag with name: ${key.slice(0, 300)} in experiment with id ${id}`, { key });
}

async function assertFree(tx: Writer, name: string): Promise<void> {
  if (await findExperimentNamed(tx, name))
    refuse('experiment-taken', `Experiment(name=${name}) already exists.`, { name });
}

/** Of a key that stands twice the last value counts. */
function checkTags(tags: readonly Entry[]): Entry[] {
  if (tags.length > MOST_TAGS)
    refuse('invalid', `An experiment is created with at most ${MOST_TAGS} tags. Got ${tags.length} tags.`, {
      errors: [{ path: '/tags', message: `must hold at most ${MOST_TAGS}` }],
    });
  for (const { key, value } of tags) {
    assertKey(key, 'key');
    assertLength(value, 'value', LONGEST_EXPERIMENT_TAG);
  }
  return [...new Map(tags.map((tag) => [tag.key, tag])).values()];
}
