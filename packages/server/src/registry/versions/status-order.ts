import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { LIMITS } from '../../contract/limits.ts';
import type { Status } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { isSqlite } from '../../db/one-of.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { Computed } from '../../db/rows.ts';
import type { VersionRow } from './repository.ts';

/**
 * The versions of a model in a status, in the order in which they came into it: the one with the greatest `status_since`
 * came last. That is a time, and later than all that are there, also within a millisecond or when the clock stepped back.
 * Of drafts, which are the most, it is told by their numbers instead: a version that was made is in its own place, and one
 * that came back to being a draft stands behind the highest number that was given then. So making a version needs to look
 * at no other, and the index of this order holds no draft in its own place: `version_live` has these in order of their numbers.
 */
const PLACES = 2 ** 20;

/** What a version has that is made as a draft. */
export const placeOfNew = (number: number): number => number * PLACES;

/** The condition of the index `version_status`, word for word: a query that does not say this cannot use it. */
const INDEXED = sql<SqlBool>`(status <> 'draft' or status_since % ${sql.lit(PLACES)} <> 0)`;

/**
 * What a version gets that comes into a status: worked out where it is written, from `status` as it is written. On
 * PostgreSQL one that leaves it in the same statement still counts.
 */
export function sinceThen(model_id: number, at: number): Computed {
  return {
    column: 'status_since',
    params: { model_id, at },
    from(db, param) {
      const [of, status] = [sql`${param('model_id')}`, sql`${param('status')}`];
      const least = sql`case when ${status} = 'draft'
        then (select max(number) from version where model_id = ${of}) * ${sql.lit(PLACES)} + 1 else ${param('at')} end`;
      const next = sql`(select status_since + 1 from version where model_id = ${of} and status = ${status} and ${INDEXED}
        order by status_since desc limit 1)`;
      return sql`${sql.raw(isSqlite(db) ? 'max' : 'greatest')}(${least}, coalesce(${next}, 0))`;
    },
  };
}

interface Of {
  model_id: unknown;
  status: unknown;
  most: unknown;
}

type Place = Pick<VersionRow, 'id' | 'number' | 'status' | 'status_since'>;

/** The newest that the index holds: of drafts, those that came back. */
const newestIndexed = ({ model_id, status, most }: Of): RawBuilder<Place> =>
  sql`select id, number, status, status_since from version where model_id = ${model_id} and status = ${status} and ${INDEXED}
    and deregistered is null order by status_since desc, number desc limit ${most}`;

/**
 * The newest drafts: of those in their own place the newest have the highest numbers, and none that came back stands before
 * its own.
 */
function newestDrafts(on: Reader, { model_id, most }: Omit<Of, 'status'>): RawBuilder<Place> {
  // PostgreSQL would go through all versions of the model, of which it takes most for drafts: only `version_live` has this range.
  const [first, last] = [sql`('draft', ${model_id}, 0)`, sql`('draft', ${model_id}, ${sql.lit(2 ** 53)})`];
  const of = isSqlite(on)
    ? sql`model_id = ${model_id} and status = 'draft' and deregistered is null order by number desc`
    : sql`(status, model_id, number) > ${first} and (status, model_id, number) < ${last} and deregistered is null
        order by status desc, model_id desc, number desc`;
  return sql`select id, number, status, status_since from (
      select * from (select id, number, status, status_since from version where ${of} limit ${most}) as made
      union select * from (${newestIndexed({ model_id, status: sql.lit('draft'), most })}) as came_back) as drafts
    order by status_since desc limit ${most}`;
}

/** For prepared queries: the id of the version that came last into a status that is not `draft`. */
export const newestId = (model_id: unknown, status: unknown): RawBuilder<number> =>
  sql`(select id from (${newestIndexed({ model_id, status, most: sql`1` })}) as newest)`;
export const newestDraftId = (on: Reader, model_id: unknown): RawBuilder<number> =>
  sql`(select id from (${newestDrafts(on, { model_id, most: sql`1` })}) as newest)`;

const indexedIn = prepareRead<Pick<VersionRow, 'model_id' | 'status'> & { most: number }, Place>((_, param) =>
  newestIndexed({ model_id: param('model_id'), status: param('status'), most: param('most') }),
);

const draftsIn = prepareRead<{ model_id: number; most: number }, Place>((db, param) =>
  newestDrafts(db, { model_id: param('model_id'), most: param('most') }),
);

/** Numbers in a status, the newest promoted first, as the model lists them. */
export async function liveNumbers(
  reader: Reader,
  model_id: number,
  status: Status,
  most: number = LIMITS.liveListed,
): Promise<number[]> {
  const rows =
    status === 'draft'
      ? await draftsIn(reader, { model_id, most })
      : await indexedIn(reader, { model_id, status, most });
  return rows.map((row) => row.number);
}

/** Both in one statement. */
const numbersLive = prepareRead<{ model_id: number; most: number }, Place>((_, param) => {
  const live = (status: Status) =>
    newestIndexed({ model_id: param('model_id'), status: sql.lit(status), most: param('most') });
  return sql<Place>`select * from (${live('production')}) as production
    union all select * from (${live('staging')}) as staging`;
});

/** What a model says of its live versions. */
export async function liveLists(
  reader: Reader,
  model_id: number,
): Promise<{ production: number[]; staging: number[] }> {
  const rows = await numbersLive(reader, { model_id, most: LIMITS.liveListed });
  // A union is in no order.
  rows.sort((a, b) => b.status_since - a.status_since || b.number - a.number);
  const numbers = (status: Status) => rows.filter((row) => row.status === status).map((row) => row.number);
  return { production: numbers('production'), staging: numbers('staging') };
}
