import { prepareWrite } from '../../db/prepared.ts';
import type { Ingest } from '../ingest.ts';
import { assertWritable } from './paths.ts';

const FILES_TOGETHER = 500;

const removeOne = prepareWrite<{ path: string }, { path: string }>((db, param) =>
  db.deleteFrom('file').where('path', '=', param('path')).returning('path'),
);
const removeSome = prepareWrite<{ from: string; end: string }, { path: string }>((db, param) =>
  db
    .deleteFrom('file')
    .where('path', 'in', (eb) =>
      eb
        .selectFrom('file')
        .select('path')
        .where('path', '>=', param('from'))
        .where('path', '<', param('end'))
        .orderBy('path')
        .limit(FILES_TOGETHER),
    )
    .returning('path'),
);

/**
 * Deletes the file at a path, and whatever stands below it, some files in each transaction: others go on meanwhile.
 * Answers how many there were. Their bytes stay until the sweep finds that nothing names them.
 */
export async function removeFiles(ingest: Ingest, path: string): Promise<number> {
  assertWritable(path);
  let removed = (await ingest((tx) => removeOne(tx, { path }))).length;
  const below = { from: `${path}/`, end: `${path}0` }; // '0' follows '/'
  for (let some = FILES_TOGETHER; some === FILES_TOGETHER; removed += some)
    some = (await ingest((tx) => removeSome(tx, below))).length;
  return removed;
}
