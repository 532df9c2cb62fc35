import type { Step } from './backlog.ts';
import { leaveEvidence } from './backlog-evidence.ts';
import { writeIndex } from './search/index-text.ts';
import { EMPTIED } from './versions/emptied.ts';

const ROWS_TOGETHER = 100;

/** Empties the versions of a purged model, in order of their numbers. The model itself, its tombstone, is done already. */
export const nextPurged: Step = async (at, { model_id, after }) => {
  const { tx } = at;
  const rows = await tx
    .selectFrom('version')
    .innerJoin('model', 'model.id', 'version.model_id')
    .select(['version.id', 'version.number', 'model.purged_at'])
    .where('version.model_id', '=', model_id)
    .where('version.number', '>', after)
    .where('version.purged_at', 'is', null)
    .orderBy('version.number')
    .limit(ROWS_TOGETHER)
    .execute();
  const last = rows.at(-1);
  if (!last) return undefined;
  const ids = rows.map(({ id }) => id);
  await leaveEvidence(tx, ids);
  await tx.deleteFrom('artifact').where('version_id', 'in', ids).execute();
  await tx
    .updateTable('version')
    .set({ ...EMPTIED, purged_at: last.purged_at })
    .where('id', 'in', ids)
    .execute();
  await writeIndex(
    at,
    ids.map((id) => ({ noun: 'version', id, entry: 'gone', facets: [] })),
  );
  return rows.length < ROWS_TOGETHER ? undefined : last.number;
};
