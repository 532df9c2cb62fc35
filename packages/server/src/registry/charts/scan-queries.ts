import { type RawBuilder, sql } from 'kysely';
import type { MetricOrigin } from '../../contract/metric.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { Point } from '../evidence/points.ts';

/** One metric in one of the tables that hold points. */
export interface Place {
  of: MetricOrigin['of'];
  /** Of the version, run or logged model. */
  owner: number | string;
  name: string;
}

/** Points between two values of a column that the table is ordered by: both are in it. */
export interface Stretch {
  from: number;
  to: number;
}

/** What a stretch holds. `least` and `greatest` are of the values that are numbers; NaN counts in `nans`. */
export interface Summary extends Stretch {
  count: number;
  nans: number;
  least: number | null;
  greatest: number | null;
}

type Of = { owner: unknown; name: unknown };
const inColumns =
  (owner: string, name: string) =>
  (of: Of): RawBuilder<unknown> =>
    sql`${sql.ref(owner)} = ${of.owner} and ${sql.ref(name)} = ${of.name}`;

/** A table as its primary key orders it: by what its points are of, by `major`, then by `minor`. */
const TABLES = {
  version: {
    table: 'metric_point',
    of: inColumns('version_id', 'name'),
    major: 'step',
    minor: 'at',
    step: 'step',
    at: 'at',
  },
  run: {
    table: 'metric',
    of: ({ owner, name }: Of) => sql`series = (select id from latest_metric where run_id = ${owner} and key = ${name})`,
    major: 'timestamp',
    minor: 'step',
    step: 'step',
    at: 'timestamp',
  },
  logged_model: {
    table: 'logged_model_metric',
    of: inColumns('model_id', 'key'),
    major: 'timestamp',
    minor: 'step',
    step: 'step',
    at: 'timestamp',
  },
} as const;

/** `fixed`: the `major` of all points, where stretches are cut along `minor`. */
type Within = Of & { fixed: number; from: number; to: number };
type Sum = Omit<Summary, 'from' | 'to'>;
type Param = (key: string) => unknown;

/** The queries on a table; `by` is what stretches are cut along: `minor`, where all points have the same `major`. */
function queriesOn(of: MetricOrigin['of'], by: 'major' | 'minor') {
  const t = TABLES[of];
  const table = sql.table(t.table);
  const along = sql.ref(t[by]);
  const point = sql`${sql.ref(t.step)} as step, ${sql.ref(t.at)} as timestamp, value, is_nan`;
  const order = sql`${sql.ref(t.major)}, ${sql.ref(t.minor)}, value, is_nan`;
  const back = sql`${sql.ref(t.major)} desc, ${sql.ref(t.minor)} desc, value desc, is_nan desc`;
  const sums = sql`count(*) as count, cast(coalesce(sum(is_nan), 0) as bigint) as nans, min(value) as least,
    max(value) as greatest`;
  const most = sql.lit(Number.MAX_VALUE);
  /** A point of a logged model may be there once for each data set and run. */
  const distinct = of === 'logged_model' ? sql`distinct ` : sql``;
  const pointsWhere = (where: RawBuilder<unknown>) =>
    of === 'logged_model'
      ? sql`(select distinct ${point} from ${table} where ${where}) as points`
      : sql`${table} where ${where}`;
  const owned = (param: Param) => {
    const all = t.of({ owner: param('owner'), name: param('name') });
    return by === 'major' ? all : sql`${all} and ${sql.ref(t.major)} = ${param('fixed')}`;
  };
  const within = (param: Param) => sql`${owned(param)} and ${along} >= ${param('from')} and ${along} <= ${param('to')}`;
  /** Of any text, with any parameters. */
  const prepared = <P extends Record<string, unknown>, O>(text: (param: Param) => RawBuilder<O>) =>
    prepareRead<P, O>((_, param) => text(param as Param));
  return {
    first: prepared<Of, Point>(
      (param) => sql`select ${point} from ${table} where ${owned(param)} order by ${order} limit 1`,
    ),
    last: prepared<Of, Point>(
      (param) => sql`select ${point} from ${table} where ${owned(param)} order by ${back} limit 1`,
    ),
    /** One where there are more than `most`. */
    beyond: prepared<Of & { most: number }, Point>(
      (param) => sql`select ${distinct}${point} from ${table} where ${owned(param)} order by ${order} limit 1
        offset ${param('most')}`,
    ),
    sum: prepared<Within, Sum>((param) => sql`select ${sums} from ${pointsWhere(within(param))}`),
    /** The same of what can be drawn: no NaN, no infinity. */
    sumDrawn: prepared<Within, Sum>(
      (param) =>
        sql`select ${sums} from ${pointsWhere(
          sql`${within(param)} and is_nan = 0 and value > -${most} and value < ${most}`,
        )}`,
    ),
    /** Of all stretches of one width at once, by their place: for PostgreSQL, to which every question is a way. */
    sumEach: prepared<Within & { width: number }, Sum & { place: number }>(
      (param) => sql`select (${along} - ${param('from')}::bigint) / ${param('width')}::bigint as place, ${sums}
        from ${pointsWhere(within(param))} group by 1`,
    ),
    firstIn: prepared<Within, Point>(
      (param) => sql`select ${point} from ${table} where ${within(param)} order by ${order} limit 1`,
    ),
    lastIn: prepared<Within, Point>(
      (param) => sql`select ${point} from ${table} where ${within(param)} order by ${back} limit 1`,
    ),
    find: prepared<Within & { value: number }, Point>(
      (param) => sql`select ${point} from ${table} where ${within(param)} and value = ${param('value')} and is_nan = 0
        order by ${order} limit 1`,
    ),
    /** The same of several stretches. */
    findEach: prepared<Of & { fixed: number; from: unknown; to: unknown; values: unknown }, Point>(
      (param) => sql`select found.* from unnest(${param('from')}::bigint[], ${param('to')}::bigint[],
          ${param('values')}::double precision[]) with ordinality as stretch (least, most, sought, place)
        cross join lateral (select ${point} from ${table} where ${owned(param)} and ${along} >= stretch.least
          and ${along} <= stretch.most and value = stretch.sought and is_nan = 0 order by ${order} limit 1) as found
        order by stretch.place`,
    ),
  };
}

export type Queries = ReturnType<typeof queriesOn>;

/** Made when they are first needed. */
const made = new Map<string, Queries>();

export function queriesOf(of: MetricOrigin['of'], by: 'major' | 'minor'): Queries {
  const known = made.get(of + by) ?? queriesOn(of, by);
  made.set(of + by, known);
  return known;
}

/** A point's `major` or `minor`. */
export function placeOf({ step, timestamp }: Point, of: MetricOrigin['of'], by: 'major' | 'minor'): number {
  return TABLES[of][by] === 'step' ? step : timestamp;
}
