import type { Writer } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { refuse } from '../refusals.ts';

/** What one run may have, so that reading it stays bounded. MLflow has no such bounds; training comes near none of them. */
const MOST = {
  param: { rows: 5_000, named: 'params' },
  run_tag: { rows: 2_000, named: 'tags' },
  latest_metric: { rows: 20_000, named: 'metrics' },
  run_dataset: { rows: 1_000, named: 'datasets' },
  run_model: { rows: 5_000, named: 'models' },
} as const;
type Table = keyof typeof MOST;

/** Of all data sets of a run together: schemas, profiles and sources. One may have a profile of 16 MiB. */
const MOST_DATASET_BYTES = 32 * 2 ** 20;

const rowBeyond = (table: Table) =>
  prepareRead<{ run_id: string }, { run_id: string }>((db, param) =>
    db.selectFrom(table).select('run_id').where('run_id', '=', param('run_id')).limit(1).offset(MOST[table].rows),
  );
const ROW_BEYOND = {
  param: rowBeyond('param'),
  run_tag: rowBeyond('run_tag'),
  latest_metric: rowBeyond('latest_metric'),
  run_dataset: rowBeyond('run_dataset'),
  run_model: rowBeyond('run_model'),
};

const datasetBytes = prepareRead<{ run_id: string }, { bytes: number | null }>((db, param) =>
  db
    .selectFrom('run_dataset')
    .innerJoin('dataset', 'dataset.id', 'dataset_id')
    .select((eb) => {
      const length = (column: 'source' | 'schema' | 'profile') =>
        eb.fn.coalesce(eb.fn<number>('octet_length', [column]), eb.lit(0));
      const all = eb(eb(length('source'), '+', length('schema')), '+', length('profile'));
      return eb.cast<number | null>(eb.fn.sum(all), 'bigint').as('bytes');
    })
    .where('run_id', '=', param('run_id')),
);

/** Refuses what was just written, if the run has too many rows of it now. */
export async function assertRoom(tx: Writer, table: Table, run_id: string): Promise<void> {
  if ((await ROW_BEYOND[table](tx, { run_id })).length === 0) return;
  const { rows, named } = MOST[table];
  refuseMore(named, `A run may have at most ${rows} ${named}, and ${run_id} would have more.`);
}

export async function assertRoomForDatasets(tx: Writer, run_id: string): Promise<void> {
  await assertRoom(tx, 'run_dataset', run_id);
  const [sum] = await datasetBytes(tx, { run_id });
  if ((sum?.bytes ?? 0) > MOST_DATASET_BYTES)
    refuseMore(
      'datasets',
      `The datasets of a run may have ${MOST_DATASET_BYTES} bytes of sources, schemas and profiles together, and those of ${run_id} would have more.`,
    );
}

function refuseMore(named: string, message: string): never {
  return refuse('invalid', message, { errors: [{ path: `/${named}`, message: 'would be more than a run may have' }] });
}
