import { type Selectable, sql } from 'kysely';
import type { Reader } from '../../../db/database.ts';
import { isOneOf, listOf } from '../../../db/one-of.ts';
import { prepareRead } from '../../../db/prepared.ts';
import type {
  DatasetTable,
  LatestMetricTable,
  RunDatasetTable,
  RunEntryTable,
  RunModelTable,
} from '../../../db/tables.ts';
import type { DatasetInput, Entry, Run, RunInfo } from '../documents.ts';
import { fitting, type Loaded, type Room, readFewer } from './documents-page.ts';
import { groupedBy } from './grouped.ts';

type Of = { ids: unknown } & Record<string, unknown>;
type Bounded = Of & { most: number };

/** Rows that are read together; a text may have thousands of characters. */
const TEXTS = 2_500;
const POINTS = 50_000;

const infosOf = prepareRead<Of, RunInfo>((db, param) =>
  db
    .selectFrom('run')
    .selectAll()
    .where(isOneOf(db, 'run_id', param('ids'))),
);
const entriesOf = (table: 'param' | 'run_tag') =>
  prepareRead<Bounded, RunEntryTable>((db, param) =>
    db
      .selectFrom(table)
      .select(['run_id', 'key', 'value'])
      .where(isOneOf(db, 'run_id', param('ids')))
      .orderBy('run_id')
      .orderBy('key')
      .limit(param('most')),
  );
const paramsOf = entriesOf('param');
const tagsOf = entriesOf('run_tag');
const metricsOf = prepareRead<Bounded, Omit<LatestMetricTable, 'id'>>((db, param) =>
  db
    .selectFrom('latest_metric')
    .select(['run_id', 'key', 'value', 'timestamp', 'step', 'is_nan'])
    .where(isOneOf(db, 'run_id', param('ids')))
    .orderBy('run_id')
    .orderBy('key')
    .limit(param('most')),
);
const modelsOf = prepareRead<Bounded, RunModelTable>((db, param) =>
  db
    .selectFrom('run_model')
    .select(['run_id', 'role', 'model_id', 'step'])
    .where(isOneOf(db, 'run_id', param('ids')))
    .orderBy('run_id')
    .orderBy('role')
    .orderBy('model_id')
    .limit(param('most')),
);

type Link = RunDatasetTable;
const linksOf = prepareRead<Bounded, Link>((db, param) =>
  db
    .selectFrom('run_dataset')
    .select(['run_id', 'dataset_id', 'tags'])
    .where(isOneOf(db, 'run_id', param('ids')))
    .orderBy('run_id')
    .orderBy('dataset_id')
    .limit(param('most')),
);
const lengthsOf = prepareRead<Of, { id: number; length: number }>((db, param) =>
  db
    .selectFrom('dataset')
    .select([
      'id',
      sql<number>`octet_length(source) + coalesce(octet_length(schema), 0) + coalesce(octet_length(profile), 0)`.as(
        'length',
      ),
    ])
    .where(isOneOf(db, 'id', param('ids'), 'bigint')),
);

type Dataset = DatasetInput['dataset'];
const datasetsOf = prepareRead<Of, Selectable<DatasetTable>>((db, param) =>
  db
    .selectFrom('dataset')
    .selectAll()
    .where(isOneOf(db, 'id', param('ids'), 'bigint')),
);

/** Whole runs, in the order of their ids. */
export async function loadRuns(read: Reader, ids: readonly string[], room: Room): Promise<Loaded<Run>> {
  const { some, rows } = await readFewer(ids, (fewer) => readLogged(read, fewer));
  const [params, tags] = [groupedBy('run_id', rows.params), groupedBy('run_id', rows.tags)];
  const [metrics, models] = [groupedBy('run_id', rows.metrics), groupedBy('run_id', rows.models)];
  const links = groupedBy('run_id', rows.links);
  const lengths = await readLengths(read, rows.links);
  const sizes = some.map((id) => {
    let size = INFO + POINT * (models.get(id)?.length ?? 0);
    for (const { key, value } of params.get(id) ?? []) size += key.length + value.length + ENTRY;
    for (const { key, value } of tags.get(id) ?? []) size += key.length + value.length + ENTRY;
    for (const { key } of metrics.get(id) ?? []) size += key.length + POINT;
    for (const link of links.get(id) ?? []) size += link.tags.length + (lengths.get(link.dataset_id) ?? 0);
    return size;
  });
  const looked = fitting(sizes, room);
  const kept = some.slice(0, looked);
  const infos = new Map((await infosOf(read, { ids: listOf(read, kept) })).map((info) => [info.run_id, info]));
  const datasets = await readDatasets(
    read,
    kept.flatMap((id) => links.get(id) ?? []),
  );
  const documents = kept.flatMap((id): Run[] => {
    const info = infos.get(id);
    if (!info) return [];
    const all = models.get(id) ?? [];
    return [
      {
        info,
        params: params.get(id) ?? [],
        tags: tags.get(id) ?? [],
        metrics: metrics.get(id) ?? [],
        datasets: (links.get(id) ?? []).flatMap((link) => {
          const dataset = datasets.get(link.dataset_id);
          return dataset ? [{ dataset, tags: JSON.parse(link.tags) as Entry[] }] : [];
        }),
        inputs: all.filter(({ role }) => role === 'input').map(({ model_id }) => model_id),
        outputs: all.filter(({ role }) => role === 'output').map(({ model_id, step }) => ({ model_id, step })),
      },
    ];
  });
  return { documents, looked, characters: sizes.slice(0, looked).reduce((sum, size) => sum + size, 0) };
}

/** Characters that the rest of a run takes as JSON, and what an entry and a point do besides their texts. */
const INFO = 500;
const ENTRY = 24;
const POINT = 70;

/** What was logged of some runs; undefined where it is more than is read together. */
async function readLogged(read: Reader, runs: readonly string[]) {
  const isOne = runs.length === 1;
  const ids = listOf(read, runs);
  const of = async <T>(query: (on: Reader, asked: Bounded) => Promise<T[]>, most: number) => {
    const rows = await query(read, { ids, most: isOne ? ALL : most + 1 });
    return isOne || rows.length <= most ? rows : undefined;
  };
  const metrics = await of(metricsOf, POINTS);
  const params = metrics && (await of(paramsOf, TEXTS));
  const tags = params && (await of(tagsOf, TEXTS));
  const models = tags && (await of(modelsOf, TEXTS));
  const links = models && (await of(linksOf, TEXTS));
  return links && { metrics, params, tags, models, links };
}

const ALL = 2 ** 31;

async function readLengths(read: Reader, links: readonly Link[]): Promise<Map<number, number>> {
  if (links.length === 0) return new Map();
  const ids = [...new Set(links.map(({ dataset_id }) => dataset_id))];
  const rows = await lengthsOf(read, { ids: listOf(read, ids) });
  return new Map(rows.map(({ id, length }) => [id, length]));
}

async function readDatasets(read: Reader, links: readonly { dataset_id: number }[]): Promise<Map<number, Dataset>> {
  const ids = [...new Set(links.map(({ dataset_id }) => dataset_id))];
  if (ids.length === 0) return new Map();
  const rows = await datasetsOf(read, { ids: listOf(read, ids) });
  return new Map(rows.map((row) => [row.id, row]));
}
