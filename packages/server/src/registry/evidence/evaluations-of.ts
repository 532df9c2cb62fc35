import { type Selectable, sql } from 'kysely';
import type { Evaluation } from '../../contract/evaluation.ts';
import type { Event } from '../../contract/event.ts';
import { toTime } from '../../contract/time.ts';
import type { Reader } from '../../db/database.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { EvaluationTable } from '../../db/tables.ts';

/** A row with the names of its model and its data set, as these are now. */
export type EvaluationRow = Selectable<EvaluationTable> & {
  model: string;
  dataset_name: string;
  dataset_digest: string;
};

export function toEvaluation(row: EvaluationRow): Evaluation {
  return {
    id: row.id,
    model: row.model,
    number: row.number,
    version_digest: row.version_digest,
    dataset: { name: row.dataset_name, digest: row.dataset_digest },
    metrics: JSON.parse(row.metrics),
    intervals: JSON.parse(row.intervals),
    slices: JSON.parse(row.slices),
    n: row.n,
    evaluator: row.evaluator,
    at: toTime(row.at),
    curves: row.curves === null ? null : JSON.parse(row.curves),
    tags: JSON.parse(row.tags),
    source: row.source === null ? null : JSON.parse(row.source),
    recorded_at: toTime(row.recorded_at),
    recorded_by: row.recorded_by,
  };
}

const rowsOf = prepareRead<{ ids: unknown }, Selectable<EvaluationTable>>((db, param) =>
  db
    .selectFrom('evaluation')
    .selectAll()
    .where(isOneOf(db, 'id', param('ids'), 'bigint'))
    .orderBy('id', 'desc'),
);

const modelsOf = prepareRead<{ ids: unknown }, { id: number; model: string }>((db, param) =>
  db
    .selectFrom('model')
    .select(['id', 'name as model'])
    .where(isOneOf(db, 'id', param('ids'), 'bigint')),
);

type Named = { id: number; dataset_name: string; dataset_digest: string };

const datasetsOf = prepareRead<{ ids: unknown }, Named>((db, param) =>
  db
    .selectFrom('evaluated_dataset')
    .select(['id', 'name as dataset_name', 'digest as dataset_digest'])
    .where(isOneOf(db, 'id', param('ids'), 'bigint')),
);

/** Name and digest of data sets, by id. */
export async function datasetsById(reader: Reader, ids: readonly number[]): Promise<Map<number, Named>> {
  const rows = await datasetsOf(reader, { ids: listOf(reader, [...new Set(ids)]) });
  return new Map(rows.map((row) => [row.id, row]));
}

/** Evaluations by id, the one recorded last first. */
export async function evaluationsById(reader: Reader, ids: readonly number[]): Promise<Evaluation[]> {
  if (ids.length === 0) return [];
  const rows = await rowsOf(reader, { ids: listOf(reader, ids) });
  const model_ids = listOf(reader, [...new Set(rows.map(({ model_id }) => model_id))]);
  const models = new Map((await modelsOf(reader, { ids: model_ids })).map(({ id, model }) => [id, model]));
  const datasets = await datasetsById(
    reader,
    rows.map(({ dataset_id }) => dataset_id),
  );
  return rows.map((row) => {
    const { dataset_name, dataset_digest } = datasets.get(row.dataset_id)!;
    return toEvaluation({ ...row, model: models.get(row.model_id)!, dataset_name, dataset_digest });
  });
}

/** How many characters each has, the one recorded last first: what is read together may be bounded by it. */
export type Sized = { id: number; bytes: number };
export const BYTES = sql<number>`octet_length(evaluation.metrics) + octet_length(intervals) + octet_length(slices)
  + coalesce(octet_length(curves), 0) + octet_length(evaluation.tags)`.as('bytes');

/** The data sets of a version that are told of together: those that came last. */
const MOST_DATASETS = 1_000;

type OfVersion = { version_id: number; up_to: number };

/** Of each data set the newest, found data set by data set, the newest of these first, however many evaluations there are. */
const newestIds = prepareRead<OfVersion, { id: number }>((_, param) => {
  const of = sql`from evaluation where version_id = ${param('version_id')} and id <= ${param('up_to')}`;
  return sql<{ id: number }>`with recursive datasets (dataset_id, place) as (
      select * from (select max(dataset_id), 1 ${of}) as first
      union all
      select (select max(dataset_id) ${of} and dataset_id < datasets.dataset_id), place + 1 from datasets
      where datasets.dataset_id is not null and place < ${sql.lit(MOST_DATASETS)})
    select id from (
      select (select max(id) ${of} and evaluation.dataset_id = datasets.dataset_id) as id
      from datasets where datasets.dataset_id is not null) as newest
    where id is not null order by id desc`;
});

/** Of each data set the id of a version's newest evaluation, the one recorded last first. */
export async function newestEvaluationIds(
  reader: Reader,
  version_id: number,
  upToId = Number.MAX_SAFE_INTEGER,
): Promise<number[]> {
  return (await newestIds(reader, { version_id, up_to: upToId })).map(({ id }) => id);
}

type OnDataset = OfVersion & { name: string };

const newestOnName = prepareRead<OnDataset, { id: number | null }>((db, param) =>
  db.selectFrom('evaluated_dataset as d').where('d.name', '=', param('name')).select(newestOf(param)),
);

const newestOnDigest = prepareRead<OnDataset & { digest: string }, { id: number | null }>((db, param) =>
  db
    .selectFrom('evaluated_dataset as d')
    .where('d.name', '=', param('name'))
    .where('d.digest', '=', param('digest'))
    .select(newestOf(param)),
);

/** Data set by data set, as the index has them. */
function newestOf(param: <K extends keyof OfVersion>(key: K) => OfVersion[K]) {
  return sql<number | null>`max((select max(id) from evaluation
    where version_id = ${param('version_id')} and dataset_id = d.id and id <= ${param('up_to')}))`.as('id');
}

/** The newest evaluation of a version on a data set; without a digest, on any of that name. */
export async function newestEvaluationOn(
  reader: Reader,
  version_id: number,
  { name, digest }: { name: string; digest?: string | undefined },
  upToId = Number.MAX_SAFE_INTEGER,
): Promise<Evaluation | undefined> {
  const of = { version_id, name, up_to: upToId };
  const [found] =
    digest === undefined ? await newestOnName(reader, of) : await newestOnDigest(reader, { ...of, digest });
  return found?.id ? (await evaluationsById(reader, [found.id]))[0] : undefined;
}

/** The id of the last evaluation that was recorded up to event `seq`; 0 where there is none. Ids grow with the ledger. */
export async function lastEvaluationId(reader: Reader, seq: number): Promise<number> {
  const [event] = await lastRecorded(reader, { seq });
  if (!event) return 0;
  const { details } = JSON.parse(event.line) as Event & { details: { evaluation: Evaluation } };
  return details.evaluation.id;
}

// Found before its line is read: where the order has to be made, SQLite would carry all lines through it.
const lastRecorded = prepareRead<{ seq: number }, { line: string }>((db, param) =>
  db
    .selectFrom('event')
    .select('line')
    .where('seq', '=', (eb) =>
      eb
        .selectFrom('event')
        .select('seq')
        .where('type', '=', 'evaluation.recorded')
        .where('seq', '<=', param('seq'))
        .orderBy('seq', 'desc')
        .limit(1),
    ),
);
