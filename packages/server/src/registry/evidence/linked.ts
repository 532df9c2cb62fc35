import { sql } from 'kysely';
import { LIMITS } from '../../contract/limits.ts';
import type { MetricOrigin } from '../../contract/metric.ts';
import type { Lineage, Source } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { VersionRow } from '../versions/repository.ts';
import type { Stored } from './values.ts';

/** What a version was made from, as far as metrics are linked to it. */
export interface Links {
  run?: string;
  logged_model?: string;
}

export function linksOf({ lineage, source }: Pick<VersionRow, 'lineage' | 'source'>): Links {
  const run = lineage === null ? undefined : (JSON.parse(lineage) as Lineage).run_id;
  const logged_model = source === null ? undefined : (JSON.parse(source) as Source).model_id;
  return { ...(run !== undefined && { run }), ...(logged_model !== undefined && { logged_model }) };
}

/** A point as the tables of MLflow's tracking hold it. */
export interface TrackedPoint extends Stored {
  key: string;
  timestamp: number;
  step: number;
}

/** The latest point of each metric that is linked, by name: of each origin the first ones that are named `from` or later. */
export async function linkedPoints(
  reader: Reader,
  links: Links,
  from = '',
  most: number = LIMITS.metrics,
): Promise<{ origin: MetricOrigin; points: TrackedPoint[] }[]> {
  const linked = [];
  if (links.logged_model !== undefined) {
    const points = await latestOfModel(reader, { model_id: links.logged_model, from, most });
    linked.push({ origin: { of: 'logged_model' as const, id: links.logged_model }, points });
  }
  if (links.run !== undefined) {
    const points = await latestOfRun(reader, { run_id: links.run, from, most });
    linked.push({ origin: { of: 'run' as const, id: links.run }, points });
  }
  return linked;
}

/** The latest point of one metric that is linked. */
export async function linkedPointsOf(
  reader: Reader,
  links: Links,
  name: string,
): Promise<{ origin: MetricOrigin; points: TrackedPoint[] }[]> {
  const linked = [];
  if (links.logged_model !== undefined) {
    const points = await latestOfModelNamed(reader, { model_id: links.logged_model, name });
    linked.push({ origin: { of: 'logged_model' as const, id: links.logged_model }, points });
  }
  if (links.run !== undefined) {
    const points = await latestOfRunNamed(reader, { run_id: links.run, name });
    linked.push({ origin: { of: 'run' as const, id: links.run }, points });
  }
  return linked;
}

/** Greatest by step, time and value, as MLflow keeps it. A run that was purged has none, though its rows may not be gone yet. */
const latestOfRun = prepareRead<{ run_id: string; from: string; most: number }, TrackedPoint>((db, param) =>
  db
    .selectFrom('latest_metric')
    .innerJoin('run', 'run.run_id', 'latest_metric.run_id')
    .select(['key', 'value', 'timestamp', 'step', 'is_nan'])
    .where('latest_metric.run_id', '=', param('run_id'))
    .where('key', '>=', param('from'))
    .where('run.lifecycle_stage', '!=', 'purged')
    .orderBy('key')
    .limit(param('most')),
);

/**
 * Of a logged model no latest points are kept: those that were logged last, as MLflow's search has it
 * (`sqlalchemy_store.py`, `_apply_order_by_search_logged_models`). Found key by key, however many points each has.
 */
const latestOfModel = prepareRead<{ model_id: string; from: string; most: number }, TrackedPoint>((_, param) => {
  const of = sql`from logged_model_metric where model_id = ${param('model_id')}`;
  const last = (column: string) => sql`(select ${sql.ref(column)} ${of} and key = keys.key
    order by timestamp desc, step desc, value desc, is_nan desc limit 1)`;
  return sql<TrackedPoint>`with recursive keys (key, place) as (
      select * from (select min(key), 1 ${of} and key >= ${param('from')}) as first
      union all
      select (select min(key) ${of} and key > keys.key), place + 1 from keys
      where keys.key is not null and place < ${param('most')})
    select keys.key, ${last('timestamp')} as timestamp, ${last('step')} as step, ${last('value')} as value,
      ${last('is_nan')} as is_nan
    from keys where keys.key is not null order by place`;
});

const latestOfRunNamed = prepareRead<{ run_id: string; name: string }, TrackedPoint>((db, param) =>
  db
    .selectFrom('latest_metric')
    .innerJoin('run', 'run.run_id', 'latest_metric.run_id')
    .select(['key', 'value', 'timestamp', 'step', 'is_nan'])
    .where('latest_metric.run_id', '=', param('run_id'))
    .where('key', '=', param('name'))
    .where('run.lifecycle_stage', '!=', 'purged'),
);

const latestOfModelNamed = prepareRead<{ model_id: string; name: string }, TrackedPoint>((db, param) =>
  db
    .selectFrom('logged_model_metric')
    .select(['key', 'value', 'timestamp', 'step', 'is_nan'])
    .where('model_id', '=', param('model_id'))
    .where('key', '=', param('name'))
    .orderBy('timestamp', 'desc')
    .orderBy('step', 'desc')
    .orderBy('value', 'desc')
    .orderBy('is_nan', 'desc')
    .limit(1),
);
