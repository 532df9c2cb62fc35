import { toText } from '../../charts/numbers.ts';
import type { VersionPoint, VersionsChart } from '../../contract/chart.ts';
import type { Status } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import { getDatasetRow } from '../evidence/datasets.ts';
import { intervalsOf } from '../evidence/interval.ts';
import { linksOf } from '../evidence/linked.ts';
import { fromStored, type Stored } from '../evidence/values.ts';
import { getModel } from '../models/repository.ts';
import { chartMetrics, nameOf } from './asked.ts';

export interface OverVersionsAsked {
  metric: string;
  dataset?: string | undefined;
  digest?: string | undefined;
  /** Of the newest versions, so many. */
  versions: number;
}

/** What a metric came to in the versions of a model: the latest value, or that of the newest evaluation on a data set. */
export async function overVersionsChart(
  reader: Reader,
  name: string,
  asked: OverVersionsAsked,
): Promise<VersionsChart> {
  const { metric, dataset, digest } = asked;
  const model = await getModel(reader, name);
  const [definition] = await chartMetrics(reader, [metric]);
  const rows = await newest(reader, { model_id: model.id, most: asked.versions });
  const found = dataset === undefined ? undefined : await getDatasetRow(reader, dataset, digest);
  const values = found ? await evaluated(reader, found.id, metric, rows) : await latest(reader, metric, rows);
  const points = rows
    .flatMap(({ id, number, status, aliases }): VersionPoint[] => {
      const value = values.get(id);
      return value === undefined ? [] : [{ number, status, aliases: JSON.parse(aliases), ...value }];
    })
    .sort((a, b) => a.number - b.number);
  const on = dataset === undefined ? '' : ` on ${dataset}`;
  return {
    chart: 'metric',
    title: `${metric} over the versions of ${model.name}`,
    summary: `${metric}${on} over the versions of ${model.name}. ${inWords(model.name, points)}`,
    model: model.name,
    metric: definition!,
    dataset: found ? { name: dataset!, digest: found.digest } : null,
    version_count: model.version_count,
    points,
  };
}

type Row = {
  id: number;
  number: number;
  status: Status;
  aliases: string;
  lineage: string | null;
  source: string | null;
};

const newest = prepareRead<{ model_id: number; most: number }, Row>((db, param) =>
  db
    .selectFrom('version')
    .select(['id', 'number', 'status', 'aliases', 'lineage', 'source'])
    .where('model_id', '=', param('model_id'))
    .where('deregistered', 'is', null)
    .orderBy('number', 'desc')
    .limit(param('most')),
);

type Value = Pick<VersionPoint, 'value' | 'interval'>;

/** Own values are facets; a version without takes what is linked to it. */
async function latest(reader: Reader, metric: string, rows: readonly Row[]): Promise<Map<number, Value>> {
  const values = new Map<number, Value>();
  const own = await facets(reader, {
    ids: listOf(
      reader,
      rows.map(({ id }) => id),
    ),
    key: `metrics.${metric}`,
  });
  for (const { version_id, num } of own)
    values.set(version_id, { value: fromStored({ value: num ?? 0, is_nan: num === null ? 1 : 0 }), interval: null });
  const linked = rows.filter(({ id }) => !values.has(id)).map((row) => ({ id: row.id, ...linksOf(row) }));
  const runs = linked.flatMap(({ run }) => (run === undefined ? [] : [run]));
  const ofRuns = new Map(
    (await latestOfRuns(reader, { ids: listOf(reader, runs), metric })).map((one) => [one.run_id, one]),
  );
  for (const { id, run, logged_model } of linked) {
    const [found] = logged_model === undefined ? [] : await latestOfModel(reader, { model_id: logged_model, metric });
    const point = found ?? (run === undefined ? undefined : ofRuns.get(run));
    if (point) values.set(id, { value: fromStored(point), interval: null });
  }
  return values;
}

const facets = prepareRead<{ ids: unknown; key: string }, { version_id: number; num: number | null }>((db, param) =>
  db
    .selectFrom('version_facet')
    .select(['version_id', 'num'])
    .where(isOneOf(db, 'version_id', param('ids'), 'bigint'))
    .where('key', '=', param('key')),
);

const latestOfRuns = prepareRead<{ ids: unknown; metric: string }, Stored & { run_id: string }>((db, param) =>
  db
    .selectFrom('latest_metric')
    .innerJoin('run', 'run.run_id', 'latest_metric.run_id')
    .select(['latest_metric.run_id', 'value', 'is_nan'])
    .where(isOneOf(db, 'latest_metric.run_id', param('ids')))
    .where('key', '=', param('metric'))
    .where('run.lifecycle_stage', '!=', 'purged'),
);

const latestOfModel = prepareRead<{ model_id: string; metric: string }, Stored>((db, param) =>
  db
    .selectFrom('logged_model_metric')
    .select(['value', 'is_nan'])
    .where('model_id', '=', param('model_id'))
    .where('key', '=', param('metric'))
    .orderBy('timestamp', 'desc')
    .orderBy('step', 'desc')
    .orderBy('value', 'desc')
    .limit(1),
);

async function evaluated(
  reader: Reader,
  dataset_id: number,
  metric: string,
  rows: readonly Row[],
): Promise<Map<number, Value>> {
  const standings = await standingsOf(reader, {
    dataset_id,
    metric,
    ids: listOf(
      reader,
      rows.map(({ id }) => id),
    ),
  });
  return new Map(
    standings.map(({ version_id, n, ...stored }) => {
      const value = fromStored(stored);
      const interval = intervalsOf({ [metric]: value }, n)[metric];
      return [
        version_id,
        { value, interval: interval ? { low: interval.low, high: interval.high, level: interval.level } : null },
      ];
    }),
  );
}

const standingsOf = prepareRead<
  { dataset_id: number; metric: string; ids: unknown },
  Stored & { version_id: number; n: number | null }
>((db, param) =>
  db
    .selectFrom('standing')
    .innerJoin('evaluation', 'evaluation.id', 'standing.evaluation_id')
    .select(['standing.version_id', 'standing.value', 'standing.is_nan', 'evaluation.n'])
    .where('standing.dataset_id', '=', param('dataset_id'))
    .where('standing.metric', '=', param('metric'))
    .where(isOneOf(db, 'standing.version_id', param('ids'), 'bigint')),
);

function inWords(model: string, points: readonly VersionPoint[]): string {
  const numbers = points.filter(({ value }) => typeof value === 'number') as (VersionPoint & { value: number })[];
  if (numbers.length === 0) return 'No version has a number of it.';
  const sorted = [...numbers].sort((a, b) => a.value - b.value);
  const told = ({ number, value }: { number: number; value: VersionPoint['value'] }) =>
    `${toText(value)} (${nameOf(model, number)})`;
  const live = points.filter(({ status }) => status === 'production');
  const ofLive = live.length === 0 ? 'No version is in production.' : `In production: ${live.map(told).join(', ')}.`;
  return `${points.length} versions, from ${told(sorted[0]!)} to ${told(sorted.at(-1)!)}. ${ofLive}`;
}
