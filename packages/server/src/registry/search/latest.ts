import { type Kysely, SqliteAdapter, sql } from 'kysely';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { Tables } from '../../db/tables.ts';
import { LISTED_VERSION, type ListedVersion } from '../versions/listed.ts';

/**
 * Of each of these models the live version with the highest number in each status, in order of the statuses: one
 * statement that takes four steps into an index for each model, however many versions there are.
 */
export async function latestOfEach(
  reader: Reader,
  model_ids: readonly number[],
): Promise<Map<number, ListedVersion[]>> {
  const latest = new Map<number, ListedVersion[]>();
  if (model_ids.length === 0) return latest;
  const rows = isSqlite(reader)
    ? await onSqlite(reader, { ids: JSON.stringify(model_ids) })
    : await onPostgres(reader, { ids: [...model_ids] });
  for (const row of rows) {
    const of = latest.get(row.model_id);
    if (of) of.push(row);
    else latest.set(row.model_id, [row]);
  }
  return latest;
}

export async function latestOfModel(reader: Reader, model_id: number): Promise<ListedVersion[]> {
  return (await latestOfEach(reader, [model_id])).get(model_id) ?? [];
}

const COLUMNS = sql.join(LISTED_VERSION.map((column) => sql.ref(`version.${column}`)));

const EACH_STATUS = sql`(select 1 as place, 'draft' as status union all select 2, 'staging' union all select 3, 'production'
  union all select 4, 'archived') as each_status`;

const onSqlite = prepareRead<{ ids: string }, ListedVersion>(
  (
    _,
    param,
  ) => sql<ListedVersion>`select ${COLUMNS} from json_each(${param('ids')}) as of_model cross join ${EACH_STATUS}
    cross join version where version.id = (select id from version as own where own.model_id = of_model.value
      and own.status = each_status.status and own.deregistered is null order by own.number desc limit 1)
    order by of_model.key, each_status.place`,
);

const onPostgres = prepareRead<{ ids: number[] }, ListedVersion>(
  (_, param) => sql<ListedVersion>`select ${COLUMNS} from unnest(cast(${param('ids')} as bigint[])) as of_model (value)
    cross join ${EACH_STATUS} cross join lateral (select * from version as own where own.model_id = of_model.value
      and own.status = each_status.status and own.deregistered is null order by own.number desc limit 1) as version
    order by version.model_id, each_status.place`,
);

function isSqlite(reader: Reader): boolean {
  return (reader as Kysely<Tables>).getExecutor().adapter instanceof SqliteAdapter;
}
