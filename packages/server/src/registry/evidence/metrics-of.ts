import type { Metric, MetricOrigin } from '../../contract/metric.ts';
import type { Metrics } from '../../contract/shapes.ts';
import { toTime } from '../../contract/time.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { LatestPointTable } from '../../db/tables.ts';
import { compareText } from '../search/order.ts';
import type { VersionRow } from '../versions/repository.ts';
import { linkedPoints, linksOf, type TrackedPoint } from './linked.ts';
import { fromStored } from './values.ts';

const OWN: MetricOrigin = { of: 'version' };

/**
 * The latest point of each metric, by name: the version's own first, then those of the logged model and of the run that
 * it was made from, as they are now. What it took over from these when it was made is named once, as linked, as long as it
 * is the same there.
 */
export async function metricsOf(reader: Reader, row: VersionRow): Promise<Metric[]> {
  const own = await ownMetrics(reader, row);
  const linked = (await linkedPoints(reader, linksOf(row))).flatMap(({ origin, points }) =>
    points.map((point) => toMetric(point, origin)),
  );
  const there = new Set(linked.map(({ name, value }) => JSON.stringify([name, value])));
  const distinct = own.filter(
    ({ name, value, taken_over }) => !taken_over || !there.has(JSON.stringify([name, value])),
  );
  // Sorting keeps the order of those that have one name.
  return [...distinct.map(({ taken_over: _, ...metric }) => metric), ...linked].sort((a, b) =>
    compareText(a.name, b.name),
  );
}

/** `taken_over`: it was there when the version was created, and nothing was logged since. */
export type OwnMetric = Metric & { taken_over: boolean };

export async function ownMetrics(reader: Reader, row: VersionRow): Promise<OwnMetric[]> {
  const latest = new Map((await latestOf(reader, { version_id: row.id })).map((point) => [point.name, point]));
  return Object.entries(JSON.parse(row.metrics) as Metrics).map(([name, value]) => {
    const { step, at } = latest.get(name) ?? { step: 0, at: row.created_at };
    return { name, value, step, at: toTime(at), origin: OWN, taken_over: !latest.has(name) };
  });
}

const latestOf = prepareRead<{ version_id: number }, Pick<LatestPointTable, 'name' | 'step' | 'at'>>((db, param) =>
  db.selectFrom('latest_point').select(['name', 'step', 'at']).where('version_id', '=', param('version_id')),
);

/** What MLflow logged may lie beyond the years that a time is written in. */
export const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export function toMetric(point: TrackedPoint, origin: MetricOrigin): Metric {
  const at = toTime(Math.min(point.timestamp, LAST_MOMENT));
  return { name: point.key, value: fromStored(point), step: point.step, at, origin };
}
