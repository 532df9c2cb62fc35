import type { Metric, MetricOrigin } from '../../contract/metric.ts';
import type { Metrics, MetricValue } from '../../contract/shapes.ts';
import { toTime } from '../../contract/time.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { LatestPointTable } from '../../db/tables.ts';
import { compareText } from '../search/order.ts';
import type { VersionRow } from '../versions/repository.ts';
import { linkedPoints, linkedPointsOf, linksOf, type TrackedPoint } from './linked.ts';
import { fromStored } from './values.ts';

const OWN: MetricOrigin = { of: 'version' };

/**
 * The latest point of each metric, by name: the version's own first, then those of the logged model and of the run that
 * it was made from, as they are now. What it took over from these when it was made is named once, as linked, as long as it
 * is the same there.
 */
export async function metricsOf(reader: Reader, row: VersionRow): Promise<Metric[]> {
  return together(await ownMetrics(reader, row), await linkedPoints(reader, linksOf(row)));
}

/** The same in part: of those that are named `from` or later the first ones, `most` or a few more, where there are so many. */
export async function metricsFrom(reader: Reader, row: VersionRow, from: string, most: number): Promise<Metric[]> {
  const own = await ownFrom(reader, row, from, most);
  const links = await linkedPoints(reader, linksOf(row), from, most);
  // Beyond the last one of what was cut off, others may be missing.
  const [end] = [own.map(({ name }) => name), ...links.map(({ points }) => points.map(({ key }) => key))]
    .flatMap((names) => (names.length === most ? names.slice(-1) : []))
    .sort(compareText);
  const all = together(own, links);
  return end === undefined ? all : all.filter(({ name }) => compareText(name, end) <= 0);
}

/** The same of one metric: at most one by each origin. */
export async function metricsNamed(reader: Reader, row: VersionRow, name: string): Promise<Metric[]> {
  const own = await ownMetric(reader, row, name);
  return together(own ? [own] : [], await linkedPointsOf(reader, linksOf(row), name));
}

type Linked = Awaited<ReturnType<typeof linkedPoints>>;

function together(own: readonly OwnMetric[], links: Linked): Metric[] {
  const linked = links.flatMap(({ origin, points }) => points.map((point) => toMetric(point, origin)));
  const there = new Set(linked.map(({ name, value }) => JSON.stringify([name, value])));
  const distinct = own.filter(
    ({ name, value, taken_over }) => !taken_over || !there.has(JSON.stringify([name, value])),
  );
  // Sorting keeps the order of those that have one name.
  return [...distinct.map(({ taken_over: _, ...metric }) => metric), ...linked].sort((a, b) =>
    compareText(a.name, b.name),
  );
}

/** Of several of one name the first one counts: the version's own, then what is linked. */
export function firstOfEach(metrics: readonly Metric[]): Map<string, Metric> {
  const first = new Map<string, Metric>();
  for (const metric of metrics) if (!first.has(metric.name)) first.set(metric.name, metric);
  return first;
}

/** What counts of each metric, or of those that are named. */
export async function valuesOf(
  reader: Reader,
  row: VersionRow,
  names: readonly string[] = [],
): Promise<Map<string, MetricValue>> {
  const own = new Map(Object.entries(JSON.parse(row.metrics) as Metrics));
  const links = linksOf(row);
  const missing = names.filter((name) => !own.has(name));
  const linked = names.length === 0 ? await linkedPoints(reader, links) : [];
  for (const name of missing) linked.push(...(await linkedPointsOf(reader, links, name)));
  for (const point of linked.flatMap(({ points }) => points))
    if (!own.has(point.key)) own.set(point.key, fromStored(point));
  return own;
}

/** `taken_over`: it was there when the version was created, and nothing was logged since. */
export type OwnMetric = Metric & { taken_over: boolean };

export async function ownMetrics(reader: Reader, row: VersionRow): Promise<OwnMetric[]> {
  const latest = await latestOf(reader, { version_id: row.id });
  return toOwn(row, Object.entries(JSON.parse(row.metrics) as Metrics), latest);
}

/** By name. What the version was created with is in its row alone. */
async function ownFrom(reader: Reader, row: VersionRow, from: string, most: number): Promise<OwnMetric[]> {
  const latest = await latestFrom(reader, { version_id: row.id, from, most });
  const there = Object.entries(JSON.parse(row.metrics) as Metrics).filter(([name]) => compareText(name, from) >= 0);
  return toOwn(row, firstByName(there, most), latest);
}

/** The first ones by name, in order. What comes after so many others is not put in order. */
function firstByName<T>(all: readonly (readonly [string, T])[], most: number): (readonly [string, T])[] {
  let first: (readonly [string, T])[] = [];
  let end: string | undefined;
  const cut = () => first.sort(([a], [b]) => compareText(a, b)).slice(0, most);
  for (const one of all) {
    if (end !== undefined && compareText(one[0], end) > 0) continue;
    first.push(one);
    if (first.length < 4 * most) continue;
    first = cut();
    end = first.at(-1)?.[0];
  }
  return cut();
}

type Latest = Pick<LatestPointTable, 'name' | 'step' | 'at'>;

function toOwn(row: VersionRow, metrics: readonly (readonly [string, MetricValue])[], points: Latest[]): OwnMetric[] {
  const latest = new Map(points.map((point) => [point.name, point]));
  return metrics.map(([name, value]) => {
    const { step, at } = latest.get(name) ?? { step: 0, at: row.created_at };
    return { name, value, step, at: toTime(at), origin: OWN, taken_over: !latest.has(name) };
  });
}

export async function ownMetric(reader: Reader, row: VersionRow, name: string): Promise<OwnMetric | undefined> {
  const value = new Map(Object.entries(JSON.parse(row.metrics) as Metrics)).get(name);
  if (value === undefined) return undefined;
  const [latest] = await latestNamed(reader, { version_id: row.id, name });
  const { step, at } = latest ?? { step: 0, at: row.created_at };
  return { name, value, step, at: toTime(at), origin: OWN, taken_over: !latest };
}

const latestOf = prepareRead<{ version_id: number }, Latest>((db, param) =>
  db.selectFrom('latest_point').select(['name', 'step', 'at']).where('version_id', '=', param('version_id')),
);

const latestFrom = prepareRead<{ version_id: number; from: string; most: number }, Latest>((db, param) =>
  db
    .selectFrom('latest_point')
    .select(['name', 'step', 'at'])
    .where('version_id', '=', param('version_id'))
    .where('name', '>=', param('from'))
    .orderBy('name')
    .limit(param('most')),
);

const latestNamed = prepareRead<{ version_id: number; name: string }, Latest>((db, param) =>
  db
    .selectFrom('latest_point')
    .select(['name', 'step', 'at'])
    .where('version_id', '=', param('version_id'))
    .where('name', '=', param('name')),
);

/** What MLflow logged may lie beyond the years that a time is written in. */
export const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export function toMetric(point: TrackedPoint, origin: MetricOrigin): Metric {
  const at = toTime(Math.min(point.timestamp, LAST_MOMENT));
  return { name: point.key, value: fromStored(point), step: point.step, at, origin };
}
