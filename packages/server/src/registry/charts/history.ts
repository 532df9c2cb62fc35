import { toText } from '../../charts/numbers.ts';
import { thin } from '../../charts/thin.ts';
import type { HistoryChart, HistorySeries } from '../../contract/chart.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { MetricOrigin } from '../../contract/metric.ts';
import type { Dialect, Reader } from '../../db/database.ts';
import { linksOf } from '../evidence/linked.ts';
import { metricsNamed } from '../evidence/metrics-of.ts';
import { findSeries, type Point, toMetricOf } from '../evidence/points.ts';
import { startClock } from '../paging/clock.ts';
import { refuse } from '../refusals.ts';
import { type Asked, chartMetrics, listed, nameOf, versionsAsked } from './asked.ts';
import type { Kept } from './kept.ts';
import { isLonger, scan } from './scan.ts';

export interface HistoryAsked {
  versions: readonly string[];
  metric: string;
  x: 'step' | 'time';
  /** Of each series, at most. */
  points: number;
  origin?: MetricOrigin['of'] | undefined;
}

export interface HistoryParts {
  read: Reader;
  dialect: Dialect;
  kept: Kept;
}

/** So many points are read and thinned here; of more the database tells the extremes. */
const READ = 10_000;
/** Points of a chart of many series together. */
const TOGETHER = 8_000;

/** How a metric went in versions: their own points, and those that are linked. */
export async function historyChart(parts: HistoryParts, asked: HistoryAsked): Promise<HistoryChart> {
  const { metric, x } = asked;
  const versions = await versionsAsked(parts.read, asked.versions);
  const [definition] = await chartMetrics(parts.read, [metric]);
  const sources: (Asked & { origin: MetricOrigin['of'] })[] = [];
  const clock = startClock(parts.dialect);
  for (const version of versions) {
    for (const { origin } of await metricsNamed(parts.read, version.row, metric))
      if ((asked.origin ?? origin.of) === origin.of) sources.push({ ...version, origin: origin.of });
    await clock.rest();
  }
  if (sources.length > LIMITS.compared)
    refuse(
      'query-invalid',
      `These versions have ${sources.length} series of ${metric}, own and linked; at most ${LIMITS.compared} are drawn together. Name fewer versions, or one origin.`,
      { parameter: 'version' },
    );
  const most = Math.max(50, Math.min(asked.points, Math.floor(TOGETHER / Math.max(1, sources.length))));
  const series: HistorySeries[] = [];
  for (const source of sources) {
    series.push(await seriesOf(parts, source, metric, x, most));
    await clock.rest();
  }
  return {
    chart: 'metric-history',
    title: `${metric} by ${x}`,
    summary: inWords(metric, x, versions, series),
    metric: definition!,
    x,
    series,
  };
}

async function seriesOf(
  parts: HistoryParts,
  { model, row, origin }: Asked & { origin: MetricOrigin['of'] },
  metric: string,
  x: 'step' | 'time',
  most: number,
): Promise<HistorySeries> {
  const found = await findSeries(parts.read, row, metric, origin);
  const of = { model, number: row.number };
  if (!found) return { ...of, origin: { of: origin }, count: 0, thinned: false, points: [] };
  const place = { of: origin, owner: origin === 'version' ? row.id : linksOf(row)[origin]!, name: metric };
  const { count, points } = (await isLonger(parts.read, place, READ))
    ? await scanned(parts, place, most)
    : all(await found.read(undefined, READ));
  const thinned = thinTo(points.sort(x === 'step' ? byStep : byTime), x, most);
  return {
    ...of,
    origin: found.origin,
    count,
    thinned: thinned.length < count,
    points: thinned.map((point) => {
      const { step, at, value } = toMetricOf(found, point);
      return { step, at, value };
    }),
  };
}

const all = (points: Point[]) => ({ count: points.length, points });

function scanned({ read, dialect, kept }: HistoryParts, place: Parameters<typeof scan>[2], most: number) {
  return kept.find(read, { ...place, most }, () => scan(read, dialect, place, most));
}

const byStep = (a: Point, b: Point) => a.step - b.step || a.timestamp - b.timestamp;
const byTime = (a: Point, b: Point) => a.timestamp - b.timestamp || a.step - b.step;

function thinTo(points: readonly Point[], x: 'step' | 'time', most: number): Point[] {
  const xs = Float64Array.from(points, (point) => (x === 'step' ? point.step : point.timestamp));
  const ys = Float64Array.from(points, ({ value, is_nan }) =>
    is_nan || Math.abs(value) >= Number.MAX_VALUE ? Number.NaN : value,
  );
  return thin(xs, ys, most).map((i) => points[i] as Point);
}

function inWords(metric: string, x: string, versions: readonly Asked[], series: readonly HistorySeries[]): string {
  const names = listed(
    versions.map(({ model, row }) => nameOf(model, row.number)),
    LIMITS.compared,
  );
  const lines = series.map(({ model, number, origin, count, thinned, points }) => {
    const values = points.map(({ value }) => value).filter((value) => typeof value === 'number');
    const whose = origin.of === 'version' ? '' : ` (linked, of the ${origin.of.replace('_', ' ')})`;
    if (values.length === 0) return `${nameOf(model, number)}${whose}: no number to draw.`;
    const shown = thinned ? `, ${points.length} of them shown` : '';
    const range = `from ${toText(Math.min(...values))} to ${toText(Math.max(...values))}, at last ${toText(points.at(-1)!.value)}`;
    return `${nameOf(model, number)}${whose}: ${count.toLocaleString('en-US')} ${count === 1 ? 'point' : 'points'}${shown}, ${range}.`;
  });
  return [`Lines of ${metric} by ${x} of ${names}.`, ...(lines.length > 0 ? lines : ['There are no points.'])].join(
    ' ',
  );
}
