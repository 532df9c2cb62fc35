import type { Metric, MetricOrigin } from '../../contract/metric.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
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
  if (origin.of === 'run') return { name, origin, read: pointsOfRun(reader, { run_id: origin.id!, name }) };
  if (origin.of === 'logged_model')
    return { name, origin, read: pointsOfModel(reader, { model_id: origin.id!, name }) };
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

/** The points of a run, or of a logged model: these may be there once for each data set and run. */
function tracked<K extends 'run_id' | 'model_id'>(table: 'metric' | 'logged_model_metric', owner: K) {
  type Of = Record<K, string> & { name: string };
  const first = prepareRead<Of & { most: number }, Point>(
    (db, param) => ordered(of(db as never, param as never)) as never,
  );
  const next = prepareRead<Of & Point & { most: number }, Point>((db, param) => {
    const at = param as unknown as (name: keyof Point) => number;
    return ordered(of(db as never, param as never)).where((eb) =>
      eb(
        eb.refTuple('timestamp', 'step', 'value', 'is_nan'),
        '>',
        eb.tuple(eb.val(at('timestamp')), eb.val(at('step')), eb.val(at('value')), eb.val(at('is_nan'))),
      ),
    ) as never;
  });
  return (reader: Reader, asked: Of): Series['read'] =>
    (after, most) =>
      after ? next(reader, { ...asked, ...after, most }) : first(reader, { ...asked, most });

  function of(db: Reader, param: (name: string) => never) {
    return db
      .selectFrom(table as 'logged_model_metric')
      .select(['timestamp', 'step', 'value', 'is_nan'])
      .distinct()
      .where(owner as 'model_id', '=', param(owner))
      .where('key', '=', param('name'))
      .limit(param('most'));
  }
  function ordered(query: ReturnType<typeof of>) {
    return query.orderBy('timestamp').orderBy('step').orderBy('value').orderBy('is_nan');
  }
}

const pointsOfRun = tracked('metric', 'run_id');
const pointsOfModel = tracked('logged_model_metric', 'model_id');

export function toMetricOf({ name, origin }: Series, point: Point): Metric {
  return toMetric({ key: name, ...point }, origin);
}
