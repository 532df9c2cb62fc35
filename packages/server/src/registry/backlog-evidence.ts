import { type SqlBool, sql } from 'kysely';
import type { Reader, Writer } from '../db/database.ts';
import type { Step } from './backlog.ts';

/** Rows that are removed in one step: points, or places on leaderboards; and evaluations, which may be large. */
const ROWS_TOGETHER = 2_000;
const EVALUATIONS_TOGETHER = 100;

/**
 * Removes the metrics and evaluations of a purged version, some at a time. Of a task the version's id stands where others
 * have a model's.
 */
export const nextEvidence: Step = async ({ tx }, { model_id: version_id, after }) => {
  const more = await removeSome(tx, version_id);
  return more ? after + 1 : undefined;
};

async function removeSome(tx: Writer, version_id: number): Promise<boolean> {
  if (await removePoints(tx, version_id)) return true;
  if (await removeStandings(tx, version_id)) return true;
  return removeEvaluations(tx, version_id);
}

/** Answers whether there may be more. */
async function removePoints(tx: Writer, version_id: number): Promise<boolean> {
  const last = await tx
    .selectFrom('metric_point')
    .selectAll()
    .where('version_id', '=', version_id)
    .orderBy('name')
    .orderBy('step')
    .orderBy('at')
    .orderBy('value')
    .orderBy('is_nan')
    .offset(ROWS_TOGETHER - 1)
    .limit(1)
    .executeTakeFirst();
  const points = tx.deleteFrom('metric_point').where('version_id', '=', version_id);
  if (last) {
    const { name, step, at, value, is_nan } = last;
    await points
      .where((eb) =>
        eb(eb.refTuple('name', 'step', 'at', 'value', 'is_nan'), '<=', eb.tuple(name, step, at, value, is_nan)),
      )
      .execute();
    return true;
  }
  await points.execute();
  await tx.deleteFrom('latest_point').where('version_id', '=', version_id).execute();
  return false;
}

async function removeStandings(tx: Writer, version_id: number): Promise<boolean> {
  const rows = await tx
    .selectFrom('standing')
    .select(['dataset_id', 'metric'])
    .where('version_id', '=', version_id)
    .limit(ROWS_TOGETHER)
    .execute();
  for (const dataset_id of new Set(rows.map((row) => row.dataset_id)))
    await tx
      .deleteFrom('standing')
      .where('dataset_id', '=', dataset_id)
      .where('version_id', '=', version_id)
      .where(
        'metric',
        'in',
        rows.filter((row) => row.dataset_id === dataset_id).map(({ metric }) => metric),
      )
      .execute();
  return rows.length === ROWS_TOGETHER;
}

/** A data set that nothing is evaluated on any more goes with its last evaluation. */
async function removeEvaluations(tx: Writer, version_id: number): Promise<boolean> {
  const rows = await tx
    .selectFrom('evaluation')
    .select(['id', 'dataset_id'])
    .where('version_id', '=', version_id)
    .orderBy('dataset_id')
    .orderBy('id')
    .limit(EVALUATIONS_TOGETHER)
    .execute();
  if (rows.length === 0) return false;
  const ids = rows.map(({ id }) => id);
  await tx.deleteFrom('evaluation').where('id', 'in', ids).execute();
  const removed = new Map<number, number>();
  for (const { dataset_id } of rows) removed.set(dataset_id, (removed.get(dataset_id) ?? 0) + 1);
  for (const [dataset_id, count] of removed) {
    const isLast = (await hasEvaluations(tx, version_id, dataset_id)) ? 0 : 1;
    await tx
      .updateTable('evaluated_dataset')
      .set((eb) => ({
        evaluation_count: eb('evaluation_count', '-', count),
        version_count: eb('version_count', '-', isLast),
      }))
      .where('id', '=', dataset_id)
      .execute();
    await tx.deleteFrom('evaluated_dataset').where('id', '=', dataset_id).where('evaluation_count', '=', 0).execute();
  }
  return rows.length === EVALUATIONS_TOGETHER;
}

async function hasEvaluations(reader: Reader, version_id: number, dataset_id: number): Promise<boolean> {
  const rows = reader.selectFrom('evaluation').select('id').where('version_id', '=', version_id);
  return (await rows.where('dataset_id', '=', dataset_id).limit(1).executeTakeFirst()) !== undefined;
}

/** Leaves it to the backlog to remove the evidence of versions, where they have any. */
export async function leaveEvidence(tx: Writer, version_ids: readonly number[]): Promise<void> {
  const rows = (await withEvidence(tx, version_ids)).map((id) => ({
    kind: 'purge evidence' as const,
    model_id: id,
    after: 0,
  }));
  if (rows.length > 0)
    await tx
      .insertInto('backlog')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}

/** That a version has rows in a table. In a select of its own PostgreSQL asks it version by version, and reads no table for it. */
export function hasRows(table: 'latest_point' | 'metric_point' | 'evaluation' | 'standing') {
  return sql<SqlBool>`(select exists (select 1 from ${sql.table(table)} as own where own.version_id = version.id))`;
}

/** Those of some versions that have metrics of their own, or evaluations. */
async function withEvidence(reader: Reader, version_ids: readonly number[]): Promise<number[]> {
  if (version_ids.length === 0) return [];
  const rows = await reader
    .selectFrom('version')
    .select('id')
    .where('id', 'in', version_ids)
    .where((eb) => eb.or((['latest_point', 'metric_point', 'evaluation'] as const).map(hasRows)))
    .execute();
  return rows.map(({ id }) => id);
}
