import type { Caller } from '../../contract/actor.ts';
import type { Reader } from '../../db/database.ts';
import { memberOf } from '../../db/json-member.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { Work } from '../batch.ts';
import type { Change } from '../change.ts';
import type { NewPoint } from '../runs/points.ts';
import { headOf, keptText } from '../search/facets.ts';
import type { VersionRow } from '../versions/repository.ts';
import { newestEvaluationOn } from './evaluations-of.ts';
import { DATASETS_TAG, joined, type Measured, measuredIn, modelsInTag } from './from-run.ts';
import { createHold, type Hold, type HoldParts, type Seen } from './hold-back.ts';
import { writeEvaluation } from './record-evaluation.ts';

/** Versions that one evaluation is recorded of at most: the newest. */
const MOST_VERSIONS = 100;
/** Evaluations that one request brings about at most: what it logs beyond are metrics alone. */
const MOST_TOGETHER = 300;

/** What is written of evaluations that a run logs step by step, at once or in the end. */
export const createNoteHold = (change: Change, told: Omit<HoldParts, 'write'>): Hold =>
  createHold({
    write: (by, measured, versions) => change(by, (work) => writeAll(work, versions, measured)),
    ...told,
  });

/**
 * What a run logged on data sets becomes an evaluation of each version that was made from the logged model, or else from
 * the run: all of one request as one for each data set. To be called once the points are committed; the answer waits for
 * it, so that a client that repeats the request after a crash brings about what is missing.
 */
export async function noteEvaluations(
  { read, change, hold }: { read: Reader; change: Change; hold: Hold },
  by: Caller,
  run_id: string,
  points: readonly NewPoint[],
): Promise<void> {
  const onDatasets = points.filter((point) => point.dataset_name).map((point) => ({ ...point, run_id }));
  let left = MOST_TOGETHER;
  for (const measured of measuredIn(onDatasets)) {
    if (left === 0) return;
    const versions = (await versionsOf(read, measured)).slice(0, left);
    left -= versions.length;
    const now = hold.take(by, measured, versions);
    if (now.length > 0) await change(by, (work) => writeAll(work, now, measured));
  }
}

async function versionsOf(read: Reader, { run_id, model_id, evaluation }: Measured): Promise<Seen[]> {
  const models = model_id === undefined ? await modelsNoted(read, run_id, evaluation.dataset.name) : [model_id];
  return models.length === 0
    ? await ofRun(read, { run_id, head: headOf(run_id) })
    : (await Promise.all(models.map((one) => ofModel(read, { model_id: one })))).flat();
}

async function modelsNoted(read: Reader, run_id: string, dataset: string): Promise<string[]> {
  const [tag] = await tagOf(read, { run_id });
  return modelsInTag(tag?.value, dataset);
}

const tagOf = prepareRead<{ run_id: string }, { value: string }>((db, param) =>
  db.selectFrom('run_tag').select('value').where('run_id', '=', param('run_id')).where('key', '=', DATASETS_TAG),
);

const ofModel = prepareRead<{ model_id: string }, Seen>((db, param) =>
  db
    .selectFrom('version')
    .select(['id', 'digest'])
    .where('source', 'is not', null)
    .where(memberOf(db, 'source', 'model_id'), '=', param('model_id'))
    .where('deregistered', 'is', null)
    .orderBy('id', 'desc')
    .limit(MOST_VERSIONS),
);

const ofRun = prepareRead<{ run_id: string; head: string }, Seen>((db, param) =>
  db
    .selectFrom('version_facet as f')
    .innerJoin('version as v', 'v.id', 'f.version_id')
    .select(['v.id', 'v.digest'])
    .where('f.key', '=', 'lineage.run_id')
    .where('f.head', '=', param('head'))
    .where(keptText('f.'), '=', param('run_id'))
    .where('v.deregistered', 'is', null)
    .orderBy('v.id', 'desc')
    .limit(MOST_VERSIONS),
);

async function writeAll(work: Work, versions: readonly Seen[], measured: Measured): Promise<null> {
  const digests = new Map(versions.map(({ id, digest }) => [id, digest]));
  const rows = await work.tx
    .selectFrom('version as v')
    .innerJoin('model as m', 'm.id', 'v.model_id')
    .selectAll('v')
    .select('m.name as model')
    .where('v.id', 'in', [...digests.keys()])
    .where('v.deregistered', 'is', null)
    .where('m.deregistered', 'is', null)
    .orderBy('v.id')
    .execute();
  // Of bytes that it does not have any more, a version has nothing to say.
  for (const { model, ...row } of rows)
    if (row.digest === digests.get(row.id)) await writeMeasured(work, { name: model }, row, measured);
  return null;
}

/** Records what a run measured, joined with what it measured before on the same data set. */
export async function writeMeasured(
  work: Work,
  model: { name: string },
  row: VersionRow,
  measured: Measured,
): Promise<void> {
  const before = await newestEvaluationOn(work.tx, row.id, measured.evaluation.dataset);
  const digest = measured.isOfOther ? null : row.digest;
  const evaluation = joined(before, measured, digest);
  if (evaluation) await writeEvaluation(work, model, row, evaluation, { run_id: measured.run_id }, digest);
}
