import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../database.ts';

/** What leads into the past without reading all of it: models after every so many changes, the times of spans of events. */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const postgres = dialect === 'postgres';
  const text = postgres ? sql`text collate "C"` : sql`text`;
  const int = postgres ? sql`bigint` : sql`integer`;
  await sql`create table model_state (
    model_id ${int} not null, etag ${int} not null, doc ${text} not null, primary key (model_id, etag))`.execute(db);
  await sql`create table event_span (
    level ${int} not null, span ${int} not null, least_at ${int} not null, greatest_at ${int} not null,
    primary key (level, span))`.execute(db);
  // Only whole spans; of the events the index of the times is read, not the lines.
  await sql`insert into event_span (level, span, least_at, greatest_at)
    select 1, (seq - 1) / 256, min(at), max(at) from event group by (seq - 1) / 256 having count(*) = 256`.execute(db);
  for (const level of [2, 3])
    await sql`insert into event_span (level, span, least_at, greatest_at)
      select ${sql.lit(level)}, span / 256, min(least_at), max(greatest_at) from event_span
      where level = ${sql.lit(level - 1)} group by span / 256 having count(*) = 256`.execute(db);
}
