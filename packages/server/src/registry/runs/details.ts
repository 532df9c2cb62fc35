import type { Reader } from '../../db/database.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { DatasetTable, LatestMetricTable, RunEntryTable, RunModelTable } from '../../db/tables.ts';
import type { Entry, RunDetails } from './documents.ts';

type Ids = { ids: unknown };

const metricsOf = prepareRead<Ids, Omit<LatestMetricTable, 'id'>>((db, param) =>
  db
    .selectFrom('latest_metric')
    .select(['run_id', 'key', 'timestamp', 'step', 'value', 'is_nan'])
    .where(isOneOf(db, 'run_id', param('ids')))
    .orderBy('run_id')
    .orderBy('key'),
);
const entriesOf = (table: 'param' | 'run_tag') =>
  prepareRead<Ids, RunEntryTable>((db, param) =>
    db
      .selectFrom(table)
      .selectAll()
      .where(isOneOf(db, 'run_id', param('ids')))
      .orderBy('run_id')
      .orderBy('key'),
  );
const paramsOf = entriesOf('param');
const tagsOf = entriesOf('run_tag');
const datasetsOf = prepareRead<Ids, { run_id: string; tags: string } & Omit<DatasetTable, 'id' | 'experiment_id'>>(
  (db, param) =>
    db
      .selectFrom('run_dataset')
      .innerJoin('dataset', 'dataset.id', 'run_dataset.dataset_id')
      .select(['run_id', 'tags', 'name', 'digest', 'source_type', 'source', 'schema', 'profile'])
      .where(isOneOf(db, 'run_id', param('ids')))
      .orderBy('run_id')
      .orderBy('dataset_id'),
);
const modelsOf = prepareRead<Ids, RunModelTable>((db, param) =>
  db
    .selectFrom('run_model')
    .selectAll()
    .where(isOneOf(db, 'run_id', param('ids')))
    .orderBy('run_id')
    .orderBy('model_id'),
);

/** What was logged of each of these runs; all there is, so a caller bounds how many runs it asks for together. */
export async function detailsOf(read: Reader, run_ids: readonly string[]): Promise<Map<string, RunDetails>> {
  const found = new Map(run_ids.map((id) => [id, nothing()]));
  const of = ({ run_id }: { run_id: string }) => found.get(run_id) as RunDetails;
  const ids = { ids: listOf(read, run_ids) };
  for (const row of await metricsOf(read, ids)) of(row).metrics.push(row);
  for (const row of await paramsOf(read, ids)) of(row).params.push(row);
  for (const row of await tagsOf(read, ids)) of(row).tags.push(row);
  for (const row of await datasetsOf(read, ids)) {
    const { run_id, tags, ...dataset } = row;
    of(row).datasets.push({ dataset, tags: JSON.parse(tags) as Entry[] });
  }
  for (const row of await modelsOf(read, ids))
    if (row.role === 'input') of(row).inputs.push(row.model_id);
    else of(row).outputs.push({ model_id: row.model_id, step: row.step });
  return found;
}

function nothing(): RunDetails {
  return { metrics: [], params: [], tags: [], datasets: [], inputs: [], outputs: [] };
}
