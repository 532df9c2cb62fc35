import type { MetricDefinition } from '../../contract/metric.ts';
import { toTime } from '../../contract/time.ts';
import type { Reader } from '../../db/database.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { MetricDefinitionTable } from '../../db/tables.ts';
import { BUILT_IN, builtIn } from './built-in.ts';

export { BUILT_IN };

/** What is known of these metrics: what somebody set, else what the name means in the field. Of others there is none. */
export async function definitionsOf(reader: Reader, names: Iterable<string>): Promise<Map<string, MetricDefinition>> {
  const asked = [...new Set(names)];
  const definitions = new Map<string, MetricDefinition>();
  if (asked.length === 0) return definitions;
  for (const name of asked) {
    const known = builtInDefinition(name);
    if (known) definitions.set(name, known);
  }
  for (const row of await rowsOf(reader, { names: listOf(reader, asked) }))
    definitions.set(row.name, toDefinition(row));
  return definitions;
}

const rowsOf = prepareRead<{ names: unknown }, MetricDefinitionTable>((db, param) =>
  db
    .selectFrom('metric_definition')
    .selectAll()
    .where(isOneOf(db, 'name', param('names'))),
);

export function toDefinition(row: MetricDefinitionTable): MetricDefinition {
  const { updated_at, ...rest } = row;
  return { ...rest, built_in: false, updated_at: toTime(updated_at) };
}

export function builtInDefinition(name: string): MetricDefinition | undefined {
  const known = builtIn(name);
  if (!known) return undefined;
  const { unit = null, direction = null, description } = known;
  return { name, unit, direction, description, built_in: true, updated_at: null, updated_by: null, etag: 0 };
}
