import type { Selectable } from 'kysely';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { LoggedModelEntryTable, LoggedModelMetricTable, LoggedModelTable } from '../../db/tables.ts';
import { Refused } from '../refusals.ts';

type Row = Selectable<LoggedModelTable>;
type Entry = Pick<LoggedModelEntryTable, 'key' | 'value'>;
type Point = Omit<LoggedModelMetricTable, 'model_id'>;

/** A model that a run logged, with what is known of it. Entries are in order of key, points of key and time. */
export interface LoggedModel extends Row {
  params: Entry[];
  tags: Entry[];
  metrics: Point[];
}

/** Points of metrics that one answer holds of a logged model. Of one that has more, it holds the newest of each metric. */
export const MOST_POINTS = 10_000;

const rowById = prepareRead<{ model_id: string }, Row>((db, param) =>
  db.selectFrom('logged_model').selectAll().where('model_id', '=', param('model_id')),
);

const entriesOf = (table: 'logged_model_param' | 'logged_model_tag') =>
  prepareRead<{ model_id: string }, Entry>((db, param) =>
    db.selectFrom(table).select(['key', 'value']).where('model_id', '=', param('model_id')).orderBy('key'),
  );
const paramsOf = entriesOf('logged_model_param');
const tagsOf = entriesOf('logged_model_tag');

const POINT = ['key', 'timestamp', 'step', 'value', 'is_nan', 'run_id', 'dataset_name', 'dataset_digest'] as const;

const pointsOf = prepareRead<{ model_id: string }, Point>((db, param) =>
  db
    .selectFrom('logged_model_metric')
    .select(POINT)
    .where('model_id', '=', param('model_id'))
    .orderBy('key')
    .orderBy('timestamp')
    .orderBy('step')
    .limit(MOST_POINTS + 1),
);

/** The newest point of the metric that is the last one before `key`: one step down the primary key. */
const newestBefore = prepareRead<{ model_id: string; key: string }, Point>((db, param) =>
  db
    .selectFrom('logged_model_metric')
    .select(POINT)
    .where('model_id', '=', param('model_id'))
    .where('key', '<', param('key'))
    .orderBy('key', 'desc')
    .orderBy('timestamp', 'desc')
    .orderBy('step', 'desc')
    .limit(1),
);

/** The row of a logged model, also of a deleted one unless it is said that it is not to be. */
export async function requireLoggedModel(read: Reader, model_id: string, deletedToo = true): Promise<Row> {
  const [row] = await rowById(read, { model_id });
  if (row && (deletedToo || row.deleted_at === null)) return row;
  throw noSuchLoggedModel(model_id);
}

export function noSuchLoggedModel(model_id: string): Refused {
  return new Refused('logged-model-not-found', `Logged model with ID '${model_id}' not found.`, { model_id });
}

/** Adds to a row what is known of the model. */
export async function completeLoggedModel(read: Reader, row: Row): Promise<LoggedModel> {
  const { model_id } = row;
  const params = await paramsOf(read, { model_id });
  const tags = await tagsOf(read, { model_id });
  return { ...row, params, tags, metrics: await metricsOf(read, model_id) };
}

/** The same for many, in their order, in as many queries as for one. */
export async function completeLoggedModels(read: Reader, rows: readonly Row[]): Promise<LoggedModel[]> {
  if (rows.length < 2) return Promise.all(rows.map((row) => completeLoggedModel(read, row)));
  const ids = rows.map((row) => row.model_id);
  const entries = async (table: 'logged_model_param' | 'logged_model_tag') =>
    byModel(
      await read
        .selectFrom(table)
        .select(['model_id', 'key', 'value'])
        .where('model_id', 'in', ids)
        .orderBy('model_id')
        .orderBy('key')
        .execute(),
    );
  const params = await entries('logged_model_param');
  const tags = await entries('logged_model_tag');
  const points = await read
    .selectFrom('logged_model_metric')
    .select(['model_id', ...POINT])
    .where('model_id', 'in', ids)
    .orderBy('model_id')
    .orderBy('key')
    .orderBy('timestamp')
    .orderBy('step')
    .limit(MOST_POINTS + 1)
    .execute();
  const metrics = points.length > MOST_POINTS ? undefined : byModel(points);
  const complete: LoggedModel[] = [];
  for (const row of rows) {
    const { model_id } = row;
    complete.push({
      ...row,
      params: params.get(model_id) ?? [],
      tags: tags.get(model_id) ?? [],
      metrics: metrics ? (metrics.get(model_id) ?? []) : await newestOf(read, model_id),
    });
  }
  return complete;
}

async function metricsOf(read: Reader, model_id: string): Promise<Point[]> {
  const points = await pointsOf(read, { model_id });
  return points.length > MOST_POINTS ? newestOf(read, model_id) : points;
}

async function newestOf(read: Reader, model_id: string): Promise<Point[]> {
  const newest: Point[] = [];
  for (let key = '\u{10ffff}'; newest.length < MOST_POINTS; ) {
    const [point] = await newestBefore(read, { model_id, key });
    if (!point) break;
    newest.push(point);
    key = point.key;
  }
  return newest.reverse();
}

function byModel<T extends { model_id: string }>(rows: T[]): Map<string, Omit<T, 'model_id'>[]> {
  const groups = new Map<string, Omit<T, 'model_id'>[]>();
  for (const { model_id, ...rest } of rows) {
    const group = groups.get(model_id);
    if (group) group.push(rest);
    else groups.set(model_id, [rest]);
  }
  return groups;
}
