import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { Point } from './documents.ts';
import type { RunPoint } from './history.ts';
import { type Series, seriesOf } from './series.ts';

type Of = Series & { from: number; to: number };

const ORDER = ['step', 'timestamp', 'value', 'is_nan'] as const;
type Place = Pick<Point, (typeof ORDER)[number]>;

/** The points from a step to another, in no order, to see whether there are more than `most`. */
const few = prepareRead<Of & { most: number }, Place>((db, param) =>
  db
    .selectFrom('metric')
    .select(ORDER)
    .where('series', '=', seriesOf(db, param))
    .where('step', '>=', param('from'))
    .where('step', '<=', param('to'))
    .limit(param('most')),
);

/** The first point of each of as many buckets of equal size. */
const firstOfEach = prepareRead<Of & { buckets: number }, Place>((db, param) =>
  db
    .with('bucketed', (on) =>
      on
        .selectFrom('metric')
        .select(ORDER)
        .select((eb) =>
          eb.fn
            .agg<number>('ntile', [eb.cast<number>(eb.val(param('buckets')), 'integer')])
            .over((over) => over.orderBy('step').orderBy('timestamp').orderBy('value').orderBy('is_nan'))
            .as('bucket'),
        )
        .where('series', '=', seriesOf(db, param))
        .where('step', '>=', param('from'))
        .where('step', '<=', param('to')),
    )
    .with('ranked', (on) =>
      on
        .selectFrom('bucketed')
        .select(ORDER)
        .select((eb) =>
          eb.fn
            .agg<number>('row_number')
            .over((over) =>
              over.partitionBy('bucket').orderBy('step').orderBy('timestamp').orderBy('value').orderBy('is_nan'),
            )
            .as('place'),
        ),
    )
    .selectFrom('ranked')
    .select(ORDER)
    .where('place', '=', 1),
);

const last = prepareRead<Of, Place>((db, param) =>
  db
    .selectFrom('metric')
    .select(ORDER)
    .where('series', '=', seriesOf(db, param))
    .where('step', '>=', param('from'))
    .where('step', '<=', param('to'))
    .orderBy('step', 'desc')
    .orderBy('timestamp', 'desc')
    .orderBy('value', 'desc')
    .orderBy('is_nan', 'desc')
    .limit(1),
);

export interface SampleAsked {
  run_ids: readonly string[];
  key: string;
  /** Of each run, at most. */
  most: number;
  /** First and last step; all, if it is left out. */
  steps?: { from: number; to: number } | undefined;
}

/**
 * Of each run at most as many points, evenly taken from all of them in order of step, the last one among them
 * (`mlflow/store/tracking/sqlalchemy_store.py`, `get_metric_history_bulk_interval`).
 */
export async function sampleHistory(read: Reader, { run_ids, key, most, steps }: SampleAsked): Promise<RunPoint[]> {
  const { from, to } = steps ?? { from: -Number.MAX_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };
  const points: RunPoint[] = [];
  for (const run_id of run_ids)
    for (const place of await sampleOf(read, { run_id, key, from, to }, most)) points.push({ run_id, key, ...place });
  return points;
}

async function sampleOf(read: Reader, of: Of, most: number): Promise<Place[]> {
  const all = await few(read, { ...of, most: most + 1 });
  if (all.length <= most) return all.sort(byStep);
  const sampled = (await firstOfEach(read, { ...of, buckets: most })).sort(byStep);
  const [end] = await last(read, of);
  if (end && byStep(sampled.at(-1) as Place, end) !== 0) sampled[sampled.length - 1] = end;
  return sampled;
}

function byStep(a: Place, b: Place): number {
  for (const column of ORDER) if (a[column] !== b[column]) return a[column] - b[column];
  return 0;
}
