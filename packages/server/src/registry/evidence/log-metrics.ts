import { LIMITS } from '../../contract/limits.ts';
import type { LoggedMetrics, Metric, NewMetrics } from '../../contract/metric.ts';
import type { Metrics } from '../../contract/shapes.ts';
import { fromTime, toTime } from '../../contract/time.ts';
import { prepareAdd, prepareMerge } from '../../db/merge-rows.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { LatestPointTable, MetricPointTable } from '../../db/tables.ts';
import type { Work } from '../batch.ts';
import { assertMetricName } from '../names.ts';
import { refuseField } from '../refusals.ts';
import { compareText } from '../search/order.ts';
import { getVersion, updateVersion, type VersionRow } from '../versions/repository.ts';
import { fromStored, toStored } from './values.ts';

type Point = MetricPointTable;
type Latest = LatestPointTable;

const COLUMNS = ['version_id', 'name', 'step', 'at', 'value', 'is_nan'] as const;
const addPoints = prepareAdd({ table: 'metric_point', columns: COLUMNS, key: COLUMNS, real: 'value' });
const putLatest = prepareMerge({
  table: 'latest_point',
  columns: [...COLUMNS, 'points'],
  key: ['version_id', 'name'],
  update: ['step', 'at', 'value', 'is_nan', 'points'],
  real: 'value',
});

const latestOf = prepareRead<{ version_id: number; names: unknown }, Latest>((db, param) =>
  db
    .selectFrom('latest_point')
    .selectAll()
    .where('version_id', '=', param('version_id'))
    .where(isOneOf(db, 'name', param('names'))),
);

const countOf = prepareRead<{ version_id: number }, { points: number | null }>((db, param) =>
  db
    .selectFrom('latest_point')
    .select((eb) => eb.cast<number | null>(eb.fn.sum('points'), 'bigint').as('points'))
    .where('version_id', '=', param('version_id')),
);

/**
 * Adds points to metrics of a version, sealed or not. The same point twice is one. What the version was created with
 * becomes a point of its own, of step 0, as soon as a metric gets another.
 */
export async function logMetrics(
  work: Work,
  name: string,
  ref: string,
  { metrics }: NewMetrics,
): Promise<LoggedMetrics & { added: number }> {
  for (const [i, point] of metrics.entries()) assertMetricName(point.name, `/metrics/${i}/name`);
  const { model, row } = await getVersion(work.tx, name, ref);
  const asked = distinct(metrics.map((point) => toPoint(work, row.id, point)));
  const document = new Map(Object.entries(JSON.parse(row.metrics) as Metrics));
  const names = [...new Set(asked.map((point) => point.name))].sort(compareText);
  const latest = new Map((await latestOf(work.tx, { version_id: row.id, names: listOf(work.tx, names) })).map(byName));
  const first = names.flatMap((one) => (latest.has(one) ? [] : atCreation(row, one, document)));
  const isThere = new Set(first.map(identityOf));
  const added = await addPoints(
    work.tx,
    asked.filter((point) => !isThere.has(identityOf(point))),
  );
  if (added.length === 0)
    return { metrics: names.map((one) => toMetric(latest.get(one) ?? first.find(named(one))!)), added: 0 };
  await addPoints(work.tx, first);
  for (const point of [...first, ...added]) {
    const other = latest.get(point.name);
    const points = (other?.points ?? 0) + 1;
    latest.set(point.name, { ...(other && !isLater(point, other) ? other : point), points });
  }
  for (const [one, point] of latest) document.set(one, fromStored(point));
  if (document.size > LIMITS.metrics)
    refuseField('/metrics', `would be ${document.size} metrics: a version has at most ${LIMITS.metrics}`);
  await putLatest(work.tx, [...latest.values()]);
  await assertRoom(work, row);
  const { changes } = await updateVersion(work, model.name, row, { metrics: Object.fromEntries(document) });
  const unchanged = { model_id: row.model_id, number: row.number, before: {}, after: {} };
  work.record({
    type: 'metrics.logged',
    subject: `${model.name}/${row.number}`,
    details: { metrics: added.sort(byPlace).map(toTold), ...(first.length > 0 && { taken_over: first.map(toTold) }) },
    changes: changes.length > 0 ? changes : [unchanged],
  });
  return { metrics: names.map((one) => toMetric(latest.get(one)!)), added: added.length };
}

function toPoint(work: Work, version_id: number, { name, value, step = 0, at }: NewMetrics['metrics'][number]): Point {
  return { version_id, name, step: step + 0, at: at === undefined ? work.at : fromTime(at), ...toStored(value) };
}

/** What a version was created with, before it has points. */
function atCreation(row: VersionRow, name: string, document: ReadonlyMap<string, Metrics[string]>): Point[] {
  const value = document.get(name);
  return value === undefined ? [] : [{ version_id: row.id, name, step: 0, at: row.created_at, ...toStored(value) }];
}

async function assertRoom(work: Work, { id }: VersionRow): Promise<void> {
  const [count] = await countOf(work.tx, { version_id: id });
  if ((count?.points ?? 0) > LIMITS.pointsOfVersion)
    refuseField('/metrics', `would be more points than the ${LIMITS.pointsOfVersion} that a version has at most`);
}

function distinct(points: readonly Point[]): Point[] {
  return [...new Map(points.map((point) => [identityOf(point), point])).values()];
}

function identityOf({ name, step, at, value, is_nan }: Point): string {
  return `${step} ${at} ${value} ${is_nan} ${name}`;
}

/** As MLflow has it (`sqlalchemy_store.py`, `_update_latest_metrics_if_necessary`): by step, time and value, NaN as 0. */
function isLater(a: Point, b: Point): boolean {
  return (a.step - b.step || a.at - b.at || order(a.value, b.value) || a.is_nan - b.is_nan) > 0;
}

/** Infinities have no difference. */
function order(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byPlace(a: Point, b: Point): number {
  return (
    compareText(a.name, b.name) || a.step - b.step || a.at - b.at || order(a.value, b.value) || a.is_nan - b.is_nan
  );
}

function toTold(point: Point) {
  return { name: point.name, value: fromStored(point), step: point.step, at: toTime(point.at) };
}

function toMetric(point: Point): Metric {
  return { ...toTold(point), origin: { of: 'version' } };
}

const byName = <T extends { name: string }>(point: T): [string, T] => [point.name, point];
const named = (name: string) => (point: Point) => point.name === name;
