import type { Step } from './backlog.ts';
import { writeText } from './search/index-text.ts';
import { textOf, toVersion } from './versions/repository.ts';

const ROWS_TOGETHER = 100;

/** Full text finds a version by its model's name too: after a rename that part is written anew. */
export const nextRenamed: Step = async (at, { model_id, after }) => {
  const rows = await at.tx
    .selectFrom('version')
    .innerJoin('model', 'model.id', 'version.model_id')
    .selectAll('version')
    .select('model.name as model')
    .where('version.model_id', '=', model_id)
    .where('version.number', '>', after)
    .where('version.purged_at', 'is', null)
    .where('model.purged_at', 'is', null)
    .orderBy('version.number')
    .limit(ROWS_TOGETHER)
    .execute();
  for (const row of rows) await writeText(at, 'version', row.id, textOf(toVersion(row, row.model)));
  return rows.length < ROWS_TOGETHER ? undefined : rows.at(-1)?.number;
};
