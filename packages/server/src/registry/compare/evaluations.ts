import type {
  ApartEvaluation,
  ComparedDataset,
  ComparedEvaluation,
  ComparedEvaluations,
  ComparedSlice,
} from '../../contract/comparison.ts';
import type { Slice } from '../../contract/evaluation.ts';
import type { MetricDefinition } from '../../contract/metric.ts';
import type { MetricValue } from '../../contract/shapes.ts';
import { toTime } from '../../contract/time.ts';
import type { Reader } from '../../db/database.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import { definitionsOf } from '../evidence/definitions.ts';
import { newestEvaluationIds } from '../evidence/evaluations-of.ts';
import type { Clock } from '../paging/clock.ts';
import { compareText } from '../search/order.ts';
import { MOST } from './bounds.ts';
import { compareMetrics, type MeasuredByName } from './metrics.ts';

/** A version whose evaluations are compared. `digest`: of its bytes. */
export interface Evaluated {
  name: string;
  version_id: number;
  digest: string | null;
}

interface Parts {
  read: Reader;
  /** Others are served in between. */
  clock: Clock;
}

interface Head {
  id: number;
  version_id: number;
  dataset_id: number;
  name: string;
  digest: string;
  version_digest: string | null;
  n: number | null;
  evaluator: string | null;
  at: number;
}

/** An evaluation without its values. */
const headsOf = prepareRead<{ ids: unknown }, Head>((db, param) =>
  db
    .selectFrom('evaluation as e')
    .innerJoin('evaluated_dataset as d', 'd.id', 'e.dataset_id')
    .select([
      'e.id',
      'e.version_id',
      'e.dataset_id',
      'd.name',
      'd.digest',
      'e.version_digest',
      'e.n',
      'e.evaluator',
      'e.at',
    ])
    .where(isOneOf(db, 'e.id', param('ids'), 'bigint')),
);

const valuesOf = prepareRead<{ ids: unknown }, { id: number; metrics: string; slices: string }>((db, param) =>
  db
    .selectFrom('evaluation')
    .select(['id', 'metrics', 'slices'])
    .where(isOneOf(db, 'id', param('ids'), 'bigint')),
);

/**
 * Of each version the newest evaluation on each data set, joined where two or more have one on the same name and digest.
 * One data set is in memory at a time. `upToId`: the last one that is looked at.
 */
export async function compareEvaluations(
  parts: Parts,
  of: readonly Evaluated[],
  base: number,
  upToId?: number,
): Promise<ComparedEvaluations> {
  const { read } = parts;
  const distinct = [...new Set(of.map(({ version_id }) => version_id))];
  const ids = [];
  for (const version_id of distinct) ids.push(...(await newestEvaluationIds(read, version_id, upToId)));
  const sets = new Map<number, Head[]>();
  for (const head of ids.length === 0 ? [] : await headsOf(read, { ids: listOf(read, ids) }))
    sets.set(head.dataset_id, [...(sets.get(head.dataset_id) ?? []), head]);
  const placesOf = ({ version_id }: Head) => of.flatMap((one, i) => (one.version_id === version_id ? [i] : []));
  const shared = [...sets.values()].filter((heads) => heads.flatMap(placesOf).length > 1).sort(bySharing);
  const single = [...sets.values()].filter((heads) => heads.flatMap(placesOf).length === 1).map(([head]) => head!);
  const apart = single.sort((a, b) => placesOf(a)[0]! - placesOf(b)[0]! || b.id - a.id);
  return {
    total: shared.length,
    datasets: await datasetsOf(parts, of, base, shared),
    apart_total: apart.length,
    apart: await tellApart(parts, of, apart.slice(0, MOST.apart), [...sets.values()].flat()),
  };
}

/** The ones that most have in common first, then what was evaluated last. */
function bySharing(a: readonly Head[], b: readonly Head[]): number {
  const newest = (heads: readonly Head[]) => Math.max(...heads.map(({ id }) => id));
  return b.length - a.length || newest(b) - newest(a);
}

async function datasetsOf(
  { read, clock }: Parts,
  of: readonly Evaluated[],
  base: number,
  shared: readonly Head[][],
): Promise<ComparedDataset[]> {
  const datasets: ComparedDataset[] = [];
  let values = 0;
  for (const heads of shared.slice(0, MOST.datasets)) {
    if (values > MOST.evaluated) break;
    const dataset = await datasetOf(read, of, base, heads);
    datasets.push(dataset);
    const rows = [dataset, ...dataset.slices.items].flatMap(({ metrics }) => metrics.items);
    values += rows.length * of.length;
    await clock.rest();
  }
  return datasets;
}

async function datasetOf(
  read: Reader,
  of: readonly Evaluated[],
  base: number,
  heads: readonly Head[],
): Promise<ComparedDataset> {
  const stored = await valuesOf(read, {
    ids: listOf(
      read,
      heads.map(({ id }) => id),
    ),
  });
  const byVersion = new Map(
    heads.flatMap((head) => {
      const values = stored.find(({ id }) => id === head.id);
      if (!values) return []; // purged in the meantime
      const slices = JSON.parse(values.slices) as Slice[];
      return [[head.version_id, { head, metrics: toMeasured(JSON.parse(values.metrics)), slices }] as const];
    }),
  );
  const found = of.map(({ version_id }) => byVersion.get(version_id));
  const names = found.flatMap((one) => [
    ...(one?.metrics.keys() ?? []),
    ...(one?.slices.flatMap(({ metrics }) => Object.keys(metrics)) ?? []),
  ]);
  const definitions = await definitionsOf(read, names);
  const { name, digest } = heads[0]!;
  return {
    dataset: { name, digest },
    evaluations: found.map((one, i) => (one ? toCompared(one.head, of[i]!) : null)),
    metrics: compareMetrics(
      found.map((one) => one?.metrics),
      base,
      definitions,
      MOST.metricsOfDataset,
    ),
    slices: slicesOf(
      found.map((one) => one?.slices ?? []),
      base,
      definitions,
    ),
  };
}

/** Slices by their names: those that more have first, then by name. */
function slicesOf(
  of: readonly (readonly Slice[])[],
  base: number,
  definitions: ReadonlyMap<string, MetricDefinition>,
): { total: number; items: ComparedSlice[] } {
  const byName = of.map((slices) => new Map(slices.map((one) => [one.slice, one])));
  const counts = new Map<string, number>();
  for (const slices of byName) for (const name of slices.keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const names = [...counts].sort(([a, x], [b, y]) => y - x || compareText(a, b)).map(([name]) => name);
  const items = names.slice(0, MOST.slices).map((slice) => {
    const found = byName.map((slices) => slices.get(slice));
    const measured = found.map((one) => one && toMeasured(one.metrics));
    return {
      slice,
      n: found.map((one) => one?.n ?? null),
      metrics: compareMetrics(measured, base, definitions, MOST.metricsOfSlice),
    };
  });
  return { total: names.length, items };
}

async function tellApart(
  { read, clock }: Parts,
  of: readonly Evaluated[],
  apart: readonly Head[],
  all: readonly Head[],
): Promise<ApartEvaluation[]> {
  const nameOf = (version_id: number) => of.find((one) => one.version_id === version_id)!.name;
  const told: ApartEvaluation[] = [];
  for (const head of apart) {
    const { id, version_id, name, digest } = head;
    await clock.rest();
    const [stored] = await valuesOf(read, { ids: listOf(read, [id]) });
    if (!stored) continue;
    const version = of.findIndex((one) => one.version_id === version_id);
    const other = all.find((one) => one.name === name && one.digest !== digest && one.version_id !== version_id);
    told.push({
      version,
      dataset: { name, digest },
      evaluation: toCompared(head, of[version]!),
      metrics: Object.fromEntries(
        Object.entries(JSON.parse(stored.metrics) as Record<string, MetricValue>).slice(0, MOST.metricsApart),
      ),
      reason: other ? 'other_digest' : 'only_one',
      detail: other
        ? `${nameOf(other.version_id)} was evaluated on ${name} with another digest, ${other.digest}`
        : `no other of the versions was evaluated on ${name}`,
    });
  }
  return told;
}

function toCompared(head: Head, { digest }: Evaluated): ComparedEvaluation {
  const { id, n, evaluator, version_digest } = head;
  return { id, at: toTime(head.at), n, evaluator, of_these_bytes: digest !== null && version_digest === digest };
}

function toMeasured(metrics: Record<string, MetricValue>): MeasuredByName {
  return new Map(Object.entries(metrics).map(([name, value]) => [name, { value }]));
}
