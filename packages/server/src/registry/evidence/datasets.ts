import { type Selectable, sql } from 'kysely';
import type { Dataset } from '../../contract/evaluation.ts';
import { toTime } from '../../contract/time.ts';
import type { Dialect, Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { EvaluatedDatasetTable } from '../../db/tables.ts';
import { startClock } from '../paging/clock.ts';
import { sealToken } from '../paging/page-token.ts';
import { opened, PAGE_CHARACTERS, type Page, type PageAsked } from '../paging/pages.ts';
import { refuse } from '../refusals.ts';

export type DatasetRow = Selectable<EvaluatedDatasetTable>;

const MOST_DIGESTS = { list: 10, one: 100 };
const MOST_METRICS = { list: 10, one: 100 };

const nextName = prepareRead<{ after: string }, { name: string }>((db, param) =>
  db.selectFrom('evaluated_dataset').select('name').where('name', '>', param('after')).orderBy('name').limit(1),
);

const digestsOf = prepareRead<{ name: string; most: number }, DatasetRow>((db, param) =>
  db
    .selectFrom('evaluated_dataset')
    .selectAll()
    .where('name', '=', param('name'))
    .orderBy('recency', 'desc')
    .orderBy('id', 'desc')
    .limit(param('most')),
);

/** Metric by metric, however many versions stand by each. */
const metricsOf = prepareRead<{ dataset_id: number; most: number }, { metric: string }>((_, param) => {
  const of = sql`from standing where dataset_id = ${param('dataset_id')}`;
  return sql<{ metric: string }>`with recursive names (metric, place) as (
      select * from (select min(metric), 1 ${of}) as first
      union all
      select (select min(metric) ${of} and metric > names.metric), place + 1 from names
      where names.metric is not null and place < ${param('most')})
    select metric from names where metric is not null order by place`;
});

/** A page of the data sets that versions were evaluated on, by name. One that takes long or is large ends early. */
export async function pageOfDatasets(
  { read, dialect, tokenKey }: { read: Reader; dialect: Dialect; tokenKey: Uint8Array },
  { page_size, page_token }: PageAsked,
): Promise<Page<Dataset>> {
  const scope = 'datasets';
  const items: Dataset[] = [];
  const clock = startClock(dialect);
  let after = page_token === undefined ? '' : String(opened(tokenKey, scope, page_token)[0]);
  for (let characters = 0; ; ) {
    const [next] = await nextName(read, { after });
    if (!next) return { items, next_page_token: null };
    if (items.length === page_size || characters > PAGE_CHARACTERS || (items.length > 0 && clock.isOver()))
      return { items, next_page_token: sealToken(tokenKey, scope, [after]) };
    const dataset = await datasetNamed(read, next.name, 'list');
    items.push(dataset);
    characters += JSON.stringify(dataset).length;
    after = next.name;
    await clock.rest();
  }
}

export async function getDataset(read: Reader, name: string): Promise<Dataset> {
  const dataset = await datasetNamed(read, name, 'one');
  return dataset.digests.length === 0 ? refuseDataset(name) : dataset;
}

async function datasetNamed(read: Reader, name: string, form: 'list' | 'one'): Promise<Dataset> {
  const digests = [];
  for (const row of await digestsOf(read, { name, most: MOST_DIGESTS[form] })) {
    const metrics = await metricsOf(read, { dataset_id: row.id, most: MOST_METRICS[form] });
    digests.push({
      digest: row.digest,
      evaluation_count: row.evaluation_count,
      version_count: row.version_count,
      metrics: metrics.map(({ metric }) => metric),
      first_at: toTime(row.first_at),
      last_at: toTime(row.last_at),
    });
  }
  return { name, digests };
}

/** A data set by name and digest; without a digest, the one of the name that an evaluation was recorded on last. */
export async function getDatasetRow(read: Reader, name: string, digest: string | undefined): Promise<DatasetRow> {
  const [row] =
    digest === undefined ? await digestsOf(read, { name, most: 1 }) : await byDigest(read, { name, digest });
  return row ?? refuseDataset(name, digest);
}

const byDigest = prepareRead<{ name: string; digest: string }, DatasetRow>((db, param) =>
  db
    .selectFrom('evaluated_dataset')
    .selectAll()
    .where('name', '=', param('name'))
    .where('digest', '=', param('digest')),
);

function refuseDataset(name: string, digest?: string): never {
  const which = digest === undefined ? name : `${name} with the digest ${digest}`;
  refuse(
    'dataset-not-found',
    `No version was evaluated on the data set ${which}. Record it with POST /models/{name}/versions/{ref}/evaluations.`,
    { name, ...(digest !== undefined && { digest }) },
  );
}
