import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../database.ts';

/** The marks of the sweep, see registry/sweep.ts. */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const postgres = dialect === 'postgres';
  const text = postgres ? sql`text collate "C"` : sql`text`;
  const int = postgres ? sql`bigint` : sql`integer`;
  await sql`create table condemned (sha256 ${text} primary key, at ${int} not null, removed_at ${int})`.execute(db);
  await sql`create index condemned_waiting on condemned (sha256) where removed_at is null`.execute(db);
  await sql`create index condemned_removed on condemned (removed_at)`.execute(db);
}
