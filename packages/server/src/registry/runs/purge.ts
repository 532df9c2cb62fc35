import type { Selectable } from 'kysely';
import type { Reader, Writer } from '../../db/database.ts';
import { prepareRead, prepareWrite } from '../../db/prepared.ts';
import type { MetricTable } from '../../db/tables.ts';
import { removeFiles } from '../files/remove.ts';
import type { Ingest } from '../ingest.ts';
import { Refused, refuse } from '../refusals.ts';
import { requireRun } from './find.ts';
import { pathOf } from './locations.ts';

/** Points that are removed in one transaction: a run may have millions, and others want to write meanwhile. */
const POINTS_TOGETHER = 2_000;

const markPurged = prepareWrite<{ run_id: string }, never>((db, param) =>
  db.updateTable('run').set({ lifecycle_stage: 'purged' }).where('run_id', '=', param('run_id')),
);

/** Metrics of which points are removed in one transaction. */
const SERIES_TOGETHER = 200;

const seriesOfRun = prepareRead<{ run_id: string; most: number }, { id: number }>((db, param) =>
  db.selectFrom('latest_metric').select('id').where('run_id', '=', param('run_id')).orderBy('key').limit(param('most')),
);

const pointAfter = prepareRead<{ series: number; few: number }, Selectable<MetricTable>>((db, param) =>
  db
    .selectFrom('metric')
    .selectAll()
    .where('series', '=', param('series'))
    .orderBy('timestamp')
    .orderBy('step')
    .orderBy('value')
    .orderBy('is_nan')
    .offset(param('few'))
    .limit(1),
);

const dropPointsBefore = prepareWrite<Selectable<MetricTable>, never>((db, param) =>
  db
    .deleteFrom('metric')
    .where('series', '=', param('series'))
    .where((eb) =>
      eb(
        eb.refTuple('timestamp', 'step', 'value', 'is_nan'),
        '<',
        eb.tuple(eb.val(param('timestamp')), eb.val(param('step')), eb.val(param('value')), eb.val(param('is_nan'))),
      ),
    ),
);

const countPoints = prepareRead<{ series: number }, { count: number }>((db, param) =>
  db
    .selectFrom('metric')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('series', '=', param('series')),
);
const dropPoints = prepareWrite<{ series: number }, never>((db, param) =>
  db.deleteFrom('metric').where('series', '=', param('series')),
);
const dropLatest = prepareWrite<{ series: number }, never>((db, param) =>
  db.deleteFrom('latest_metric').where('id', '=', param('series')),
);

/** What else names a run, after its metrics; the run itself goes last. */
const CHILDREN = ['param', 'run_tag', 'run_dataset', 'run_model'] as const;
const dropRows = [...CHILDREN, 'run' as const].map((table) =>
  prepareWrite<{ run_id: string }, never>((db, param) => db.deleteFrom(table).where('run_id', '=', param('run_id'))),
);

/**
 * Removes a deleted run for good, with its files and all that was logged of it. From the first step on it is not there for
 * anybody; whatever cuts this off, the next purge of what has expired goes on. Versions that were made from it keep all
 * that is theirs, and logged models what was measured of them.
 */
export async function purgeRun(read: Reader, ingest: Ingest, run_id: string): Promise<void> {
  await ingest((tx) => markDeleted(tx, run_id));
  await removeRun(read, ingest, run_id);
}

async function markDeleted(tx: Writer, run_id: string): Promise<void> {
  const { lifecycle_stage } = await requireRun(tx, run_id);
  if (lifecycle_stage !== 'deleted')
    refuse('run-not-deleted', `Only a deleted run can be purged. Delete the run ${run_id} first.`, { run_id });
  await markPurged(tx, { run_id });
}

/** What is left of a run that nobody sees any more. */
export async function removeRun(read: Reader, ingest: Ingest, run_id: string): Promise<void> {
  const row = await read
    .selectFrom('run')
    .select('artifact_uri')
    .where('run_id', '=', run_id)
    .where('lifecycle_stage', '=', 'purged')
    .executeTakeFirst();
  if (!row) return;
  await removeFilesAt(ingest, row.artifact_uri);
  while (!(await ingest((tx) => dropSome(tx, run_id))));
}

/** Removes the files of a run or a logged model; those that are not in our store are somebody else's. */
export async function removeFilesAt(ingest: Ingest, uri: string): Promise<void> {
  const path = pathOf(uri);
  if (path === undefined) return;
  try {
    await removeFiles(ingest, path);
  } catch (error) {
    // Nothing can be at a path that no file may have.
    if (!(error instanceof Refused && error.kind === 'path-invalid')) throw error;
  }
}

/** Answers whether that was the last of it. */
async function dropSome(tx: Writer, run_id: string): Promise<boolean> {
  const some = await seriesOfRun(tx, { run_id, most: SERIES_TOGETHER });
  let left = POINTS_TOGETHER;
  for (const { id: series } of some) {
    const [point] = await pointAfter(tx, { series, few: left });
    if (point) {
      await dropPointsBefore(tx, point);
      return false;
    }
    left -= (await countPoints(tx, { series }))[0]?.count ?? 0;
    await dropPoints(tx, { series });
    await dropLatest(tx, { series });
  }
  if (some.length > 0) return false;
  for (const drop of dropRows) await drop(tx, { run_id });
  return true;
}
