import type { Metric, MetricOrigin } from '../../contract/metric.ts';
import type { Reader } from '../../db/database.ts';
import { type Page, type PageAsked, pageOf } from '../paging/pages.ts';
import { refuse } from '../refusals.ts';
import { compareText } from '../search/order.ts';
import { getVersion } from '../versions/repository.ts';
import { metricsFrom } from './metrics-of.ts';
import { findSeries, type Point, toMetricOf } from './points.ts';

interface Parts {
  read: Reader;
  tokenKey: Uint8Array;
}

const ORIGINS = ['version', 'logged_model', 'run'];

/** A page of the latest points of a version's metrics, own and linked, by name. */
export async function pageOfMetrics(
  { read, tokenKey }: Parts,
  model: string,
  ref: string,
  asked: PageAsked,
): Promise<Page<Metric>> {
  const { row } = await getVersion(read, model, ref);
  const place = ({ name, origin }: Metric) => [name, ORIGINS.indexOf(origin.of)] as [string, number];
  return pageOf(
    tokenKey,
    `metrics ${row.id}`,
    asked,
    async (after, most) => {
      const [name, rank] = (after ?? ['', -1]) as [string, number];
      const isBeyond = (metric: Metric) => {
        const [own, ownRank] = place(metric);
        return (compareText(own, name) || ownRank - rank) > 0;
      };
      // Of each origin one may be named as the last one was.
      return (await metricsFrom(read, row, name, most + 1)).filter(isBeyond).slice(0, most);
    },
    place,
  );
}

export interface HistoryAsked extends PageAsked {
  origin?: MetricOrigin['of'] | undefined;
}

/** A page of the points of one metric. */
export async function pageOfPoints(
  { read, tokenKey }: Parts,
  model: string,
  ref: string,
  metric: string,
  { origin, ...asked }: HistoryAsked,
): Promise<Page<Metric>> {
  const { row, model: of } = await getVersion(read, model, ref);
  const series = await findSeries(read, row, metric, origin);
  if (!series) {
    const from = origin === undefined || origin === 'version' ? '' : ` from a ${origin.replace('_', ' ')}`;
    refuse('metric-not-found', `Version ${row.number} of ${of.name} has no metric ${metric}${from}.`, {
      model: of.name,
      number: row.number,
      metric,
    });
  }
  const page = await pageOf(
    tokenKey,
    JSON.stringify(['metric points', row.id, metric, series.origin]),
    asked,
    (after, most) => series.read(after && toPoint(after as number[]), most),
    ({ timestamp, step, value, is_nan }) => [timestamp, step, value, is_nan],
  );
  return { ...page, items: page.items.map((point) => toMetricOf(series, point)) };
}

function toPoint([timestamp, step, value, is_nan]: number[]): Point {
  return { timestamp: timestamp!, step: step!, value: value!, is_nan: is_nan! };
}
