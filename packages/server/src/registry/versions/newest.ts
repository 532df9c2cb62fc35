import { type RawBuilder, sql } from 'kysely';
import { STATUSES } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { isSqlite } from '../../db/one-of.ts';
import { prepareLookup } from '../../db/prepared.ts';
import { getModel } from '../models/repository.ts';
import { keyOf } from '../names.ts';
import { LISTED_VERSION, type ListedVersion } from './listed.ts';

/** Of a model the live version with the highest number in each status, in order of the statuses: one step into an index for each. */
export async function newestOf(reader: Reader, model_id: number): Promise<ListedVersion[]> {
  return inOrder(await byId(reader, { model_id }));
}

/** The same by the name of the model, or a refusal where there is no such model. */
export async function newestOfNamed(reader: Reader, name: string): Promise<ListedVersion[]> {
  const rows = await byName(reader, { name, name_key: keyOf(name) });
  if (rows.length === 0) await getModel(reader, name);
  return inOrder(rows);
}

const byId = prepareLookup<{ model_id: number }, ListedVersion>((db, param) => newest(db, sql`${param('model_id')}`));

const byName = prepareLookup<{ name: string; name_key: string }, ListedVersion>((db, param) =>
  newest(
    db,
    sql`(select id from model where name_key = ${param('name_key')} and name = ${param('name')} and deregistered is null)`,
  ),
);

const COLUMNS = sql.join(LISTED_VERSION.map((column) => sql.ref(`version.${column}`)));

const EACH_STATUS = sql`(${sql.join(
  STATUSES.map((status) => sql`select ${sql.lit(status)} as status`),
  sql` union all `,
)}) as each_status`;

function newest(on: Reader, model_id: RawBuilder<unknown>): RawBuilder<ListedVersion> {
  const own = sql`from version as own where own.model_id = ${model_id} and own.status = each_status.status
    and own.deregistered is null order by own.number desc limit 1`;
  return isSqlite(on)
    ? sql`select ${COLUMNS} from ${EACH_STATUS} cross join version where version.id = (select id ${own})`
    : sql`select ${COLUMNS} from ${EACH_STATUS} cross join lateral (select * ${own}) as version`;
}

const inOrder = (rows: ListedVersion[]) => rows.sort((a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status));
