import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../database.ts';

/**
 * Lists and searches that cost what their page costs, however much there is. Facets carry what lists are ordered by, so
 * that one index holds a value's subjects in the order of the list; every beginning of a word is indexed, up to 20
 * characters; the trash leaves out what was purged. The facets and words themselves are left to the backlog, since
 * it takes documents to make them.
 */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const postgres = dialect === 'postgres';
  const text = postgres ? sql`text collate "C"` : sql`text`;
  const int = postgres ? sql`bigint` : sql`integer`;
  const real = postgres ? sql`double precision` : sql`real`;
  const run = (statement: ReturnType<typeof sql>) => statement.execute(db);

  const places = { model: sql`name ${text} not null`, version: sql`model_id ${int} not null, number ${int} not null` };
  for (const noun of ['model', 'version'] as const) {
    const table = sql.table(`${noun}_facet`);
    const owner = sql.ref(`${noun}_id`);
    await run(sql`drop table ${table}`);
    await run(sql`create table ${table} (
      ${owner} ${int} not null, key ${text} not null, head ${text}, text ${text}, folded ${text}, num ${real},
      ${places[noun]})`);
    await run(sql`create index ${sql.ref(`${noun}_facet_owner`)} on ${table} (${owner}, key, head, num)`);
    await run(sql`create index ${sql.ref(`${noun}_facet_num`)} on ${table} (key, num, ${owner}) where num is not null`);
  }
  await run(sql`create index model_facet_text on model_facet (key, head, name, model_id) where head is not null`);
  await run(sql`create index version_facet_text on version_facet (key, head, version_id) where head is not null`);
  await run(sql`create index version_facet_text_in on version_facet (model_id, key, head, number, version_id)
    where head is not null`);
  await run(sql`create index version_facet_num_in on version_facet (model_id, key, num, version_id)
    where num is not null`);

  if (!postgres) {
    const beginnings = Array.from({ length: 20 }, (_, i) => i + 1).join(' ');
    for (const noun of ['model', 'version']) {
      const table = sql.table(`${noun}_text`);
      await run(sql`drop table ${table}`);
      await run(sql`create virtual table ${table} using fts5 (name, tags, description, card, tokenize = 'ascii',
        prefix = ${sql.lit(beginnings)}, detail = 'column', content = '', contentless_delete = 1)`);
    }
  }

  for (const index of ['version_any_status', 'version_verdict', 'version_framework', 'model_owner'])
    await run(sql`drop index ${sql.ref(index)}`);
  await run(sql`create index version_any_number on version (number, id)`);
  await run(sql`create index model_latest on model (latest_version, id)`);
  await run(sql`create index model_count on model (version_count, id)`);
  for (const noun of ['model', 'version']) {
    await run(sql`drop index ${sql.ref(`${noun}_trash`)}`);
    await run(sql`create index ${sql.ref(`${noun}_trash`)} on ${sql.table(noun)} (purge_after, id)
      where deregistered is not null and purged_at is null`);
  }

  await run(sql`create table backlog (
    kind ${text} not null, model_id ${int} not null, after ${int} not null, primary key (kind, model_id))`);
  await run(sql`insert into backlog (kind, model_id, after)
    select kind, 0, 0 from (select 'index models' as kind union all select 'index versions') as kinds
    where exists (select 1 from model)`);
}
