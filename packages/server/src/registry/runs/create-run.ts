import { randomBytes } from 'node:crypto';
import type { Writer } from '../../db/database.ts';
import { insertRows } from '../../db/rows.ts';
import { refuse } from '../refusals.ts';
import type { Entry, Run } from './documents.ts';
import { NAME_TAG, toRunTag } from './entries.ts';
import { requireActiveExperiment } from './find.ts';
import { assertLength, assertWhole, cutTo, LONGEST_RUN_TAG } from './keys.ts';
import { locationIn } from './locations.ts';
import { inventName } from './names.ts';

export interface NewRun {
  experiment_id: string;
  user_id: string;
  run_name: string;
  start_time: number;
  tags: Entry[];
}

const MOST_TAGS = 1_000;
const LONGEST_USER = 256;

/** Begins a run in an active experiment. Its name is kept as a tag, too (`mlflow/store/tracking/sqlalchemy_store.py`, `create_run`). */
export async function createRun(tx: Writer, asked: NewRun): Promise<Run> {
  assertLength(asked.user_id, 'user_id', LONGEST_USER);
  assertWhole(asked.start_time, 'start_time');
  const { run_name, tags } = nameAndTags(asked);
  const experiment = await requireActiveExperiment(tx, asked.experiment_id);
  const run_id = randomBytes(16).toString('hex');
  const info = {
    run_id,
    experiment_id: experiment.id,
    run_name,
    user_id: asked.user_id,
    status: 'RUNNING',
    start_time: asked.start_time,
    end_time: null,
    artifact_uri: locationIn(experiment.artifact_location, `${run_id}/artifacts`),
    lifecycle_stage: 'active',
    deleted_at: null,
  } as const;
  await insertRows(tx, 'run', [info]);
  await insertRows(
    tx,
    'run_tag',
    tags.map(({ key, value }) => ({ run_id, key, value })),
  );
  return { info, metrics: [], params: [], tags, datasets: [], inputs: [], outputs: [] };
}

/** Of a tag that stands twice the last value counts. */
function nameAndTags(asked: NewRun): { run_name: string; tags: Entry[] } {
  if (asked.tags.length > MOST_TAGS)
    refuse('invalid', `A run is created with at most ${MOST_TAGS} tags. Got ${asked.tags.length} tags.`, {
      errors: [{ path: '/tags', message: `must hold at most ${MOST_TAGS}` }],
    });
  const tags = new Map(asked.tags.map((tag, i) => [tag.key, toRunTag(tag, (member) => `tags[${i}].${member}`)]));
  const asTag = tags.get(NAME_TAG)?.value;
  const name = cutTo(asked.run_name, LONGEST_RUN_TAG);
  if (name && asTag && name !== asTag)
    refuse(
      'invalid',
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${name}', mlflow.runName='${asTag}').`,
      { errors: [{ path: '/run_name', message: 'differs from the tag mlflow.runName' }] },
    );
  const run_name = name || asTag || inventName();
  tags.set(NAME_TAG, { key: NAME_TAG, value: run_name });
  return { run_name, tags: [...tags.values()] };
}
