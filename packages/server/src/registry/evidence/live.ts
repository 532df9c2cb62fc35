import type { Reader } from '../../db/database.ts';
import { isOneOf, listOf } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';

export interface LiveVersion {
  model: string;
  number: number;
  status: string;
}

const rowsOf = prepareRead<{ ids: unknown }, LiveVersion & { id: number }>((db, param) =>
  db
    .selectFrom('version as v')
    .innerJoin('model as m', 'm.id', 'v.model_id')
    .select(['v.id', 'm.name as model', 'v.number', 'v.status'])
    .where(isOneOf(db, 'v.id', param('ids'), 'bigint'))
    .where('v.deregistered', 'is', null)
    .where('m.deregistered', 'is', null),
);

/** Those of some versions that are in no trash, and whose models are not, by id. */
export async function liveVersions(reader: Reader, ids: readonly number[]): Promise<Map<number, LiveVersion>> {
  if (ids.length === 0) return new Map();
  const rows = await rowsOf(reader, { ids: listOf(reader, [...new Set(ids)]) });
  return new Map(rows.map(({ id, ...version }) => [id, version]));
}
