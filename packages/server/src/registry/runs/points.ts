import type { Insertable } from 'kysely';
import type { Writer } from '../../db/database.ts';
import { prepareMerge } from '../../db/merge-rows.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { LatestMetricTable, LoggedModelMetricTable } from '../../db/tables.ts';
import { refuse } from '../refusals.ts';
import { addPoints } from './add-points.ts';
import type { Point } from './documents.ts';
import { requireActiveRun } from './find.ts';
import { assertKey, assertWhole, refuseValue } from './keys.ts';
import { assertRoom } from './room.ts';

/** A point as it is logged: `value` may be NaN or infinite; of a logged model, and on a data set, where these are named. */
export interface NewPoint {
  key: string;
  value: number;
  timestamp: number;
  step: number;
  model_id?: string | undefined;
  dataset_name?: string | undefined;
  dataset_digest?: string | undefined;
}

const COLUMNS = ['run_id', 'key', 'timestamp', 'step', 'value', 'is_nan'] as const;

type RunRow = Omit<LatestMetricTable, 'id'>;

/** The latest point is the greatest by step, timestamp and value (`sqlalchemy_store.py`, `_update_latest_metrics_if_necessary`). */
const putLatest = prepareMerge({
  table: 'latest_metric',
  columns: COLUMNS,
  key: ['run_id', 'key'],
  update: ['timestamp', 'step', 'value', 'is_nan'],
  where: ['step', 'timestamp', 'value'],
});

const OF_MODEL = [
  'model_id',
  'key',
  'timestamp',
  'step',
  'value',
  'is_nan',
  'run_id',
  'dataset_name',
  'dataset_digest',
] as const;
const addModelPoints = prepareMerge({ table: 'logged_model_metric', columns: OF_MODEL, key: OF_MODEL });

const modelsThere = prepareRead<{ ids: unknown }, { model_id: string }>((db, param) =>
  db
    .selectFrom('logged_model')
    .select('model_id')
    .where(isOneOf(db, 'model_id', param('ids'))),
);

const LARGEST = Number.MAX_VALUE;

/** NaN is told by a column of its own, and infinities are the largest number (`sanitize_metric_value`). */
function toPoint({ key, value, timestamp, step }: NewPoint): Point {
  const is_nan = Number.isNaN(value) ? 1 : 0;
  // Adding 0 makes 0 of -0, which databases keep apart or not as they like.
  const kept = is_nan ? 0 : Math.max(-LARGEST, Math.min(LARGEST, value)) + 0;
  return { key, value: kept, timestamp, step, is_nan };
}

/** `field` names a member of the point, as the request has it. */
export function assertPoint(point: NewPoint, field: (member: string) => string): void {
  const { key, value, timestamp, step } = point;
  assertKey(key, field('name'));
  if (timestamp < 0)
    refuseValue(
      field('timestamp'),
      timestamp,
      `metric '${key}' (value=${value}). Timestamp must be a nonnegative long (64-bit integer) `,
    );
  assertWhole(timestamp, field('timestamp'));
  assertWhole(step, field('step'));
  for (const member of ['model_id', 'dataset_name', 'dataset_digest'] as const)
    if ((point[member]?.length ?? 0) > LONGEST_NAME)
      refuseValue(field(member), point[member], `It must have at most ${LONGEST_NAME} characters.`);
}

const LONGEST_NAME = 500;

export async function logMetric(tx: Writer, run_id: string, point: NewPoint): Promise<void> {
  assertPoint(point, (member) => member);
  await requireActiveRun(tx, run_id);
  await writePoints(tx, run_id, [point]);
}

/** Adds points to an active run, and to the logged models that they name. */
export async function writePoints(tx: Writer, run_id: string, points: readonly NewPoint[]): Promise<void> {
  const rows: RunRow[] = [];
  const latest = new Map<string, RunRow>();
  const ofModels: Insertable<LoggedModelMetricTable>[] = [];
  for (const point of points) {
    const row = { run_id, ...toPoint(point) };
    rows.push(row);
    const other = latest.get(row.key);
    if (!other || isLater(row, other)) latest.set(row.key, row);
    if (point.model_id) ofModels.push(toModelPoint(row, point));
  }
  await putLatest(tx, [...latest.values()]);
  await addPoints(tx, run_id, rows);
  if (latest.size > 0) await assertRoom(tx, 'latest_metric', run_id);
  if (ofModels.length === 0) return;
  await assertModels(tx, new Set(ofModels.map((row) => row.model_id)));
  await addModelPoints(tx, ofModels);
}

/** Of equals the earlier one stays. */
function isLater(a: Point, b: Point): boolean {
  return (a.step - b.step || a.timestamp - b.timestamp || a.value - b.value) > 0;
}

function toModelPoint(row: RunRow, { model_id, dataset_name, dataset_digest }: NewPoint): LoggedModelMetricTable {
  return { ...row, model_id: model_id ?? '', dataset_name: dataset_name ?? '', dataset_digest: dataset_digest ?? '' };
}

async function assertModels(tx: Writer, ids: Set<string>): Promise<void> {
  const there = await modelsThere(tx, { ids: listOf(tx, [...ids]) });
  for (const { model_id } of there) ids.delete(model_id);
  for (const model_id of ids)
    refuse('logged-model-not-found', `Logged model with ID '${model_id}' not found.`, { model_id });
}
