import type { EvaluatedSlice, Evaluation, NewEvaluation } from '../../contract/evaluation.ts';
import { fromTime, toTime } from '../../contract/time.ts';
import { prepareMerge } from '../../db/merge-rows.ts';
import { prepareRead, prepareWrite } from '../../db/prepared.ts';
import { insertRow } from '../../db/rows.ts';
import type { EvaluatedDatasetTable } from '../../db/tables.ts';
import type { Work } from '../batch.ts';
import type { ModelRow } from '../models/repository.ts';
import { getVersion, touchVersion, type VersionRow } from '../versions/repository.ts';
import { assertEvaluation } from './check-evaluation.ts';
import { intervalsOf } from './interval.ts';
import { toStored } from './values.ts';

/** Records what a version came to on a data set. It is never changed after. */
export async function recordEvaluation(
  work: Work,
  name: string,
  ref: string,
  asked: NewEvaluation,
): Promise<Evaluation> {
  assertEvaluation(asked);
  const { model, row } = await getVersion(work.tx, name, ref);
  return writeEvaluation(work, model, row, asked, null);
}

export async function writeEvaluation(
  work: Work,
  model: Pick<ModelRow, 'name'>,
  row: VersionRow,
  asked: NewEvaluation,
  source: Evaluation['source'],
  version_digest = row.digest,
): Promise<Evaluation> {
  const { dataset, metrics, n = null, evaluator = null, curves = null, tags = {} } = asked;
  const at = asked.at === undefined ? work.at : fromTime(asked.at);
  const slices: EvaluatedSlice[] = (asked.slices ?? []).map((slice) => ({
    ...slice,
    intervals: intervalsOf(slice.metrics, slice.n),
  }));
  const dataset_id = await noteDataset(work, row, dataset, at);
  const recorded = {
    version_digest,
    metrics,
    intervals: intervalsOf(metrics, n),
    slices,
    n,
    evaluator,
    curves,
    tags,
    source,
  };
  const { model_id, number } = row;
  const id = await insertRow(work.tx, 'evaluation', {
    version_id: row.id,
    model_id,
    number,
    dataset_id,
    at,
    recorded_at: work.at,
    recorded_by: work.caller.actor.name,
    ...recorded,
    metrics: JSON.stringify(metrics),
    intervals: JSON.stringify(recorded.intervals),
    slices: JSON.stringify(slices),
    curves: curves && JSON.stringify(curves),
    tags: JSON.stringify(tags),
    source: source && JSON.stringify(source),
  });
  await putStandings(
    work.tx,
    Object.entries(metrics).map(([metric, value]) => ({
      dataset_id,
      metric,
      version_id: row.id,
      model_id,
      evaluation_id: id,
      ...toStored(value),
    })),
  );
  const evaluation: Evaluation = {
    id,
    model: model.name,
    number,
    dataset,
    at: toTime(at),
    recorded_at: toTime(work.at),
    recorded_by: work.caller.actor.name,
    ...recorded,
  };
  const { changes } = await touchVersion(work, model.name, row);
  work.record({
    type: 'evaluation.recorded',
    subject: `${model.name}/${number}`,
    details: { evaluation },
    changes,
  });
  return evaluation;
}

const putStandings = prepareMerge({
  table: 'standing',
  columns: ['dataset_id', 'metric', 'version_id', 'model_id', 'evaluation_id', 'value', 'is_nan'],
  key: ['dataset_id', 'metric', 'version_id'],
  update: ['evaluation_id', 'value', 'is_nan'],
  real: 'value',
});

const datasetNamed = prepareRead<{ name: string; digest: string }, EvaluatedDatasetTable & { id: number }>(
  (db, param) =>
    db
      .selectFrom('evaluated_dataset')
      .selectAll()
      .where('name', '=', param('name'))
      .where('digest', '=', param('digest')),
);

const wasEvaluated = prepareRead<{ dataset_id: number; version_id: number }, { id: number }>((db, param) =>
  db
    .selectFrom('evaluation')
    .select('id')
    .where('version_id', '=', param('version_id'))
    .where('dataset_id', '=', param('dataset_id'))
    .limit(1),
);

const mostRecent = prepareRead<{ name: string }, { recency: number; digest: string }>((db, param) =>
  db
    .selectFrom('evaluated_dataset')
    .select(['recency', 'digest'])
    .where('name', '=', param('name'))
    .orderBy('recency', 'desc')
    .orderBy('id', 'desc')
    .limit(1),
);

type Counted = Pick<EvaluatedDatasetTable, 'evaluation_count' | 'version_count' | 'first_at' | 'last_at' | 'recency'>;

const count = prepareWrite<Counted & { id: number }, never>(
  (db, param) =>
    db
      .updateTable('evaluated_dataset')
      .set({
        evaluation_count: param('evaluation_count'),
        version_count: param('version_count'),
        first_at: param('first_at'),
        last_at: param('last_at'),
        recency: param('recency'),
      })
      .where('id', '=', param('id')) as never,
);

/** A data set is one for each name and digest; it counts what was recorded on it. */
async function noteDataset(
  work: Work,
  row: VersionRow,
  { name, digest }: Evaluation['dataset'],
  at: number,
): Promise<number> {
  const [there] = await datasetNamed(work.tx, { name, digest });
  const [recent] = await mostRecent(work.tx, { name });
  const recency = recent?.digest === digest ? recent.recency : (recent?.recency ?? 0) + 1;
  if (!there) {
    const counted = { evaluation_count: 1, version_count: 1, first_at: at, last_at: at, recency };
    return insertRow(work.tx, 'evaluated_dataset', { name, digest, ...counted });
  }
  const isKnown = (await wasEvaluated(work.tx, { dataset_id: there.id, version_id: row.id })).length > 0;
  await count(work.tx, {
    id: there.id,
    evaluation_count: there.evaluation_count + 1,
    version_count: there.version_count + (isKnown ? 0 : 1),
    first_at: Math.min(there.first_at, at),
    last_at: Math.max(there.last_at, at),
    recency,
  });
  return there.id;
}
