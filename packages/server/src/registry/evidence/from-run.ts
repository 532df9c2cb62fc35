import type { Evaluation, NewEvaluation } from '../../contract/evaluation.ts';
import { LIMITS } from '../../contract/limits.ts';
import { toTime } from '../../contract/time.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { charactersOf, problemOfDatasetText, problemOfMetricName } from '../names.ts';
import type { NewPoint } from '../runs/points.ts';
import { LAST_MOMENT } from './metrics-of.ts';
import { fromStored, toStored } from './values.ts';

/** What a run measured on one data set, of one logged model if it is named. */
export interface Measured {
  run_id: string;
  model_id: string | undefined;
  evaluation: NewEvaluation;
  /** Whether the files that the version is made from were written later: it says nothing of them. */
  isOfOther?: boolean;
}

/** Under which MLflow's evaluators say how many rows they looked at. */
const COUNT = 'example_count';

type Point = Pick<NewPoint, 'key' | 'value' | 'timestamp' | 'step' | 'model_id' | 'dataset_name' | 'dataset_digest'>;

/** Points that name their data set, by run, logged model and data set; of a metric the latest counts. The newest is the last. */
export function measuredIn(points: readonly (Point & { run_id: string })[]): Measured[] {
  const groups = new Map<string, { point: Point & { run_id: string }; latest: Map<string, Point> }>();
  for (const point of points) {
    if (!isEvaluation(point)) continue;
    const key = JSON.stringify([point.run_id, point.model_id || '', point.dataset_name, point.dataset_digest]);
    const group = groups.get(key) ?? { point, latest: new Map() };
    groups.set(key, group);
    const other = group.latest.get(point.key);
    if (!other || isLater(point, other)) group.latest.set(point.key, point);
  }
  const measured = [...groups.values()].filter(({ latest }) => latest.size <= LIMITS.evaluationMetrics).map(toMeasured);
  return measured.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ at: _, ...rest }) => rest);
}

function isEvaluation({ key, dataset_name, dataset_digest }: Point): boolean {
  const isText = (text: string | undefined) =>
    !!text && charactersOf(text) <= LIMITS.datasetText && problemOfDatasetText(text) === undefined;
  const isMetric = key !== '' && charactersOf(key) <= LIMITS.metricName && problemOfMetricName(key) === undefined;
  return isMetric && isText(dataset_name) && isText(dataset_digest);
}

function isLater(a: Point, b: Point): boolean {
  return (a.step - b.step || a.timestamp - b.timestamp) >= 0;
}

function toMeasured({ point, latest }: { point: Point & { run_id: string }; latest: Map<string, Point> }) {
  const at = toTime(Math.min(Math.max(...[...latest.values()].map(({ timestamp }) => timestamp)), LAST_MOMENT));
  const count = latest.get(COUNT)?.value ?? 0;
  const metrics = [...latest].map(([key, { value }]) => [key, fromStored(toStored(fromNumber(value)))]);
  const evaluation: NewEvaluation = {
    dataset: { name: point.dataset_name as string, digest: point.dataset_digest as string },
    metrics: Object.fromEntries(metrics),
    ...(Number.isSafeInteger(count) && count > 0 && { n: count }),
    evaluator: 'mlflow',
    at,
  };
  return { run_id: point.run_id, model_id: point.model_id || undefined, evaluation, at };
}

function fromNumber(value: number) {
  return fromStored({ value: Number.isNaN(value) ? 0 : value, is_nan: Number.isNaN(value) ? 1 : 0 });
}

/**
 * What was evaluated later adds to what was evaluated before in the same run, of the same sealed bytes; undefined where it
 * says nothing new.
 */
export function joined(
  before: Evaluation | undefined,
  { run_id, evaluation }: Measured,
  digest: string | null,
): NewEvaluation | undefined {
  if (before?.source?.run_id !== run_id || before.version_digest !== digest) return evaluation;
  const saysNothing = Object.entries(evaluation.metrics).every(([name, value]) => before.metrics[name] === value);
  if (saysNothing && (evaluation.n ?? before.n) === before.n) return undefined;
  // Of a version that is open, nobody knows whether the bytes are still the same.
  if (digest === null) return evaluation;
  const metrics = { ...before.metrics, ...evaluation.metrics };
  if (Object.keys(metrics).length > LIMITS.evaluationMetrics) return evaluation;
  const n = evaluation.n ?? before.n ?? undefined;
  return { ...evaluation, metrics, ...(n !== undefined && { n }) };
}

/** As many as a version takes over of what was logged for the model that it is made from: as for its metrics. */
const MOST_POINTS = 10 * LIMITS.metrics;
const MOST_MEASURED = 100;

/**
 * What was measured of a logged model on data sets so far. Points that are not later than `written_at`, when the last of
 * its files came, by the clock of the client that logged them, are of other bytes.
 */
export async function measuredOfModel(reader: Reader, model_id: string, written_at: number): Promise<Measured[]> {
  const points = (await pointsOnDatasets(reader, { model_id })).map(({ is_nan, ...point }) => ({
    ...point,
    value: is_nan ? Number.NaN : point.value,
  }));
  const earlier = measuredIn(points.filter(({ timestamp }) => timestamp <= written_at));
  const later = measuredIn(points.filter(({ timestamp }) => timestamp > written_at));
  return [...earlier.map((one) => ({ ...one, isOfOther: true })), ...later].slice(-MOST_MEASURED);
}

type Row = Required<Point> & { run_id: string; is_nan: number };

const pointsOnDatasets = prepareRead<{ model_id: string }, Row>((db, param) =>
  db
    .selectFrom('logged_model_metric')
    .select(['model_id', 'key', 'value', 'timestamp', 'step', 'is_nan', 'run_id', 'dataset_name', 'dataset_digest'])
    .where('model_id', '=', param('model_id'))
    .where('dataset_name', '!=', '')
    .where('dataset_digest', '!=', '')
    .orderBy('key')
    .orderBy('step')
    .orderBy('timestamp')
    .orderBy('value')
    .limit(MOST_POINTS),
);

/** Names and models that a run of `mlflow.models.evaluate` notes (`mlflow/models/evaluation/base.py`, `_log_dataset_tag`). */
export const DATASETS_TAG = 'mlflow.datasets';

/** The logged models that were evaluated on a data set of that name, as the tag of the run has them. */
export function modelsInTag(tag: string | undefined, dataset: string): string[] {
  try {
    const noted: unknown = JSON.parse(tag ?? '[]');
    if (!Array.isArray(noted)) return [];
    const models = noted
      .filter((one) => one?.name === dataset && typeof one.model === 'string')
      .map((one) => one.model);
    return [...new Set<string>(models)];
  } catch {
    return [];
  }
}
