import type { Writer } from '../../db/database.ts';
import { prepareWrite } from '../../db/prepared.ts';
import type { RunTable } from '../../db/tables.ts';
import type { RunInfo } from './documents.ts';
import { NAME_TAG, writeTags } from './entries.ts';
import { requireActiveRun } from './find.ts';
import { assertWhole, cutTo, LONGEST_RUN_TAG } from './keys.ts';

/** What is left out stays as it is, and so does a name that would be empty. */
export interface RunPatch {
  status?: RunTable['status'] | undefined;
  end_time?: number | undefined;
  run_name?: string | undefined;
}

const write = prepareWrite<Pick<RunTable, 'run_id' | 'status' | 'end_time'> & Record<string, unknown>, never>(
  (db, param) =>
    db
      .updateTable('run')
      .set({ status: param('status'), end_time: param('end_time') })
      .where('run_id', '=', param('run_id')),
);

export async function updateRun(tx: Writer, run_id: string, patch: RunPatch): Promise<RunInfo> {
  if (patch.end_time !== undefined) assertWhole(patch.end_time, 'end_time');
  const before = await requireActiveRun(tx, run_id);
  const { status = before.status, end_time = before.end_time } = patch;
  await write(tx, { run_id, status, end_time });
  const run_name = cutTo(patch.run_name || before.run_name, LONGEST_RUN_TAG);
  if (patch.run_name) await writeTags(tx, run_id, [{ key: NAME_TAG, value: run_name }]);
  return { ...before, status, end_time, run_name };
}
