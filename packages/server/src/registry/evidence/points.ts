import type { Metric, MetricOrigin } from '../../contract/metric.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { pointsOfRun } from '../runs/history.ts';
import type { VersionRow } from '../versions/repository.ts';
import { linkedPointsOf, linksOf, type TrackedPoint } from './linked.ts';
import { ownMetric, toMetric } from './metrics-of.ts';
import { toStored } from './values.ts';

/** A point of one metric, as columns hold it. */
export type Point = Omit<TrackedPoint, 'key'>;

/** The points of a metric of a version by one origin. */
export interface Series {
  name: string;
  origin: MetricOrigin;
  /** The next ones after a point, in the order of the series. */
  read(after: Point | undefined, most: number): Promise<Point[]>;
}

/**
 * The points of a metric, by the origin that is asked for, else by the first one that has any: the version's own where
 * something was logged for it, else those of the logged model or of the run that it was made from, else the one that it was
 * created with. Undefined where there is no such metric. Own points are in order of step, time and value, linked ones in
 * that of time, step and value, as MLflow keeps them.
 */
export async function findSeries(
  reader: Reader,
  row: VersionRow,
  name: string,
  of?: MetricOrigin['of'],
): Promise<Series | undefined> {
  const origin = of === undefined ? await firstOrigin(reader, row, name) : await originOf(reader, row, name, of);
  if (!origin) return undefined;
  if (origin.of === 'run') {
    const of = { run_id: origin.id!, key: name };
    return { name, origin, read: (after, most) => pointsOfRun(reader, of, after, most) };
  }
  if (origin.of === 'logged_model') return { name, origin, read: pointsOfModel(reader, origin.id!, name) };
  return { name, origin, read: await ownPoints(reader, row, name) };
}

async function firstOrigin(reader: Reader, row: VersionRow, name: string): Promise<MetricOrigin | undefined> {
  const own = await ownMetric(reader, row, name);
  if (own && !own.taken_over) return own.origin;
  return (await linkedOrigins(reader, row, name))[0] ?? own?.origin;
}

async function originOf(
  reader: Reader,
  row: VersionRow,
  name: string,
  of: MetricOrigin['of'],
): Promise<MetricOrigin | undefined> {
  if (of === 'version') return (await ownMetric(reader, row, name))?.origin;
  return (await linkedOrigins(reader, row, name)).find((origin) => origin.of === of);
}

async function linkedOrigins(reader: Reader, row: VersionRow, name: string): Promise<MetricOrigin[]> {
  const linked = await linkedPointsOf(reader, linksOf(row), name);
  return linked.flatMap(({ origin, points }) => (points.length > 0 ? [origin] : []));
}

async function ownPoints(reader: Reader, row: VersionRow, name: string): Promise<Series['read']> {
  const own = await ownMetric(reader, row, name);
  if (own?.taken_over) {
    const only = { timestamp: row.created_at, step: 0, ...toStored(own.value) };
    return async (after) => (after ? [] : [only]);
  }
  return (after, most) => {
    const of = { version_id: row.id, name, most };
    return after ? ownNext(reader, { ...of, ...after }) : ownFirst(reader, of);
  };
}

function pointsOfModel(reader: Reader, model_id: string, name: string): Series['read'] {
  return (after, most) => {
    const of = { model_id, name, most };
    return after ? modelNext(reader, { ...of, ...after }) : modelFirst(reader, of);
  };
}

type Own = { version_id: number; name: string; most: number };
const POINT = ['step', 'at as timestamp', 'value', 'is_nan'] as const;

const ownFirst = prepareRead<Own, Point>((db, param) =>
  db
    .selectFrom('metric_point')
    .select(POINT)
    .where('version_id', '=', param('version_id'))
    .where('name', '=', param('name'))
    .orderBy('step')
    .orderBy('at')
    .orderBy('value')
    .orderBy('is_nan')
    .limit(param('most')),
);

const ownNext = prepareRead<Own & Point, Point>((db, param) =>
  db
    .selectFrom('metric_point')
    .select(POINT)
    .where('version_id', '=', param('version_id'))
    .where('name', '=', param('name'))
    .where((eb) =>
      eb(
        eb.refTuple('step', 'at', 'value', 'is_nan'),
        '>',
        eb.tuple(eb.val(param('step')), eb.val(param('timestamp')), eb.val(param('value')), eb.val(param('is_nan'))),
      ),
    )
    .orderBy('step')
    .orderBy('at')
    .orderBy('value')
    .orderBy('is_nan')
    .limit(param('most')),
);

type OfModel = { model_id: string; name: string; most: number };

/** The points of a logged model: these may be there once for each data set and run. */
const modelFirst = prepareRead<OfModel, Point>((db, param) =>
  db
    .selectFrom('logged_model_metric')
    .select(['timestamp', 'step', 'value', 'is_nan'])
    .distinct()
    .where('model_id', '=', param('model_id'))
    .where('key', '=', param('name'))
    .orderBy('timestamp')
    .orderBy('step')
    .orderBy('value')
    .orderBy('is_nan')
    .limit(param('most')),
);

const modelNext = prepareRead<OfModel & Point, Point>((db, param) =>
  db
    .selectFrom('logged_model_metric')
    .select(['timestamp', 'step', 'value', 'is_nan'])
    .distinct()
    .where('model_id', '=', param('model_id'))
    .where('key', '=', param('name'))
    .where((eb) =>
      eb(
        eb.refTuple('timestamp', 'step', 'value', 'is_nan'),
        '>',
        eb.tuple(eb.val(param('timestamp')), eb.val(param('step')), eb.val(param('value')), eb.val(param('is_nan'))),
      ),
    )
    .orderBy('timestamp')
    .orderBy('step')
    .orderBy('value')
    .orderBy('is_nan')
    .limit(param('most')),
);

export function toMetricOf({ name, origin }: Series, point: Point): Metric {
  return toMetric({ key: name, ...point }, origin);
}
