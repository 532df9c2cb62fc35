import type { MetricDefinition, NewMetricDefinition } from '../../contract/metric.ts';
import type { Reader } from '../../db/database.ts';
import { prepareMerge } from '../../db/merge-rows.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { MetricDefinitionTable } from '../../db/tables.ts';
import { same } from '../../events/replay.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { assertMetricName } from '../names.ts';
import { type Page, type PageAsked, pageOf } from '../paging/pages.ts';
import { refuse } from '../refusals.ts';
import { compareText } from '../search/order.ts';
import { BUILT_IN, builtInDefinition, definitionsOf, toDefinition } from './definitions.ts';

/** Says what a metric means, for all versions. What is left out is what the name means in the field; null says that there is none. */
export async function defineMetric(
  work: Work,
  name: string,
  asked: NewMetricDefinition,
  ifMatch?: IfMatch,
): Promise<MetricDefinition> {
  assertMetricName(name, '/name');
  const before = (await definitionsOf(work.tx, [name])).get(name);
  assertMatches(before?.etag ?? 0, ifMatch);
  const meant = builtInDefinition(name);
  const told = {
    unit: asked.unit === undefined ? (meant?.unit ?? null) : asked.unit,
    direction: asked.direction === undefined ? (meant?.direction ?? null) : asked.direction,
    description: asked.description === undefined ? (meant?.description ?? null) : asked.description,
  };
  if (before && !before.built_in) {
    const { unit, direction, description } = before;
    if (same({ unit, direction, description }, told)) return before;
  }
  const by = { updated_at: work.at, updated_by: work.caller.actor.name, etag: (before?.etag ?? 0) + 1 };
  const row: MetricDefinitionTable = { name, ...told, ...by };
  await put(work.tx, [row]);
  const definition = toDefinition(row);
  work.record({
    type: 'metric-definition.changed',
    subject: `metric:${name}`,
    details: { definition },
    changes: [],
  });
  return definition;
}

const put = prepareMerge({
  table: 'metric_definition',
  columns: ['name', 'unit', 'direction', 'description', 'updated_at', 'updated_by', 'etag'],
  key: ['name'],
  update: ['unit', 'direction', 'description', 'updated_at', 'updated_by', 'etag'],
});

export async function getDefinition(reader: Reader, name: string): Promise<MetricDefinition> {
  const found = (await definitionsOf(reader, [name])).get(name);
  if (!found)
    refuse(
      'metric-definition-not-found',
      `Nobody has said what ${name} means. Set it with PUT /metric-definitions/{name}.`,
      {
        name,
      },
    );
  return found;
}

const NAMES = [...BUILT_IN.keys()].sort(compareText);

const rowsAfter = prepareRead<{ after: string; most: number }, MetricDefinitionTable>((db, param) =>
  db
    .selectFrom('metric_definition')
    .selectAll()
    .where('name', '>', param('after'))
    .orderBy('name')
    .limit(param('most')),
);

/** A page of the built-in definitions and those that were set, by name. */
export function pageOfDefinitions(
  { read, tokenKey }: { read: Reader; tokenKey: Uint8Array },
  asked: PageAsked,
): Promise<Page<MetricDefinition>> {
  return pageOf(
    tokenKey,
    'metric definitions',
    asked,
    async (position, most) => {
      const after = String(position?.[0] ?? '');
      const set = new Map((await rowsAfter(read, { after, most })).map((row) => [row.name, toDefinition(row)]));
      const names = NAMES.filter((name) => compareText(name, after) > 0 && !set.has(name)).slice(0, most);
      const definitions = [...set.values(), ...(await definitionsOf(read, names)).values()];
      return definitions.sort((a, b) => compareText(a.name, b.name)).slice(0, most);
    },
    ({ name }) => [name],
  );
}
