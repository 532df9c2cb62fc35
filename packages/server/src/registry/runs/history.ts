import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { type Page, pageOf } from '../paging/pages.ts';
import type { Point } from './documents.ts';
import { type Series, seriesOf } from './series.ts';

const PLACE = ['timestamp', 'step', 'value', 'is_nan'] as const;
type Place = Pick<Point, (typeof PLACE)[number]>;

const first = prepareRead<Series & { most: number }, Place>((db, param) =>
  db
    .selectFrom('metric')
    .select(PLACE)
    .where('series', '=', seriesOf(db, param))
    .orderBy('timestamp')
    .orderBy('step')
    .orderBy('value')
    .orderBy('is_nan')
    .limit(param('most')),
);

const next = prepareRead<Series & Place & { most: number }, Place>((db, param) =>
  db
    .selectFrom('metric')
    .select(PLACE)
    .where('series', '=', seriesOf(db, param))
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

/** The first points of a metric of a run, or the next ones after a point, by timestamp, step and value. */
export async function pointsOfRun(
  read: Reader,
  { run_id, key }: Series,
  after: Place | undefined,
  most: number,
): Promise<Point[]> {
  const places = after ? await next(read, { ...after, run_id, key, most }) : await first(read, { run_id, key, most });
  return places.map((place) => ({ key, ...place }));
}

export interface HistoryAsked {
  run_id: string;
  key: string;
  page_size: number;
  page_token?: string | undefined;
}

/** Every point of a metric of a run, by timestamp, step and value. A run that is not there has none. */
export function pageOfHistory(read: Reader, tokenKey: Uint8Array, asked: HistoryAsked): Promise<Page<Point>> {
  const { run_id, key } = asked;
  return pageOf(
    tokenKey,
    JSON.stringify(['metric history', run_id, key]),
    asked,
    (after, most) => {
      const [timestamp, step, value, is_nan] = (after ?? []) as [number, number, number, number];
      return pointsOfRun(read, { run_id, key }, after && { timestamp, step, value, is_nan }, most);
    },
    ({ timestamp, step, value, is_nan }) => [timestamp, step, value, is_nan],
  );
}

export interface RunPoint extends Point {
  run_id: string;
}

/** The first `most` points of a metric of several runs, in order of run, timestamp, step and value. */
export async function historyOf(
  read: Reader,
  run_ids: readonly string[],
  key: string,
  most: number,
): Promise<RunPoint[]> {
  const points: RunPoint[] = [];
  for (const run_id of [...new Set(run_ids)].sort()) {
    const left = most - points.length;
    if (left <= 0) break;
    for (const point of await pointsOfRun(read, { run_id, key }, undefined, left)) points.push({ run_id, ...point });
  }
  return points;
}
