import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../database.ts';

/** What a model was after every so many changes, so that its past is not replayed from the beginning. */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const postgres = dialect === 'postgres';
  const text = postgres ? sql`text collate "C"` : sql`text`;
  const int = postgres ? sql`bigint` : sql`integer`;
  await sql`create table model_state (
    model_id ${int} not null, etag ${int} not null, doc ${text} not null, primary key (model_id, etag))`.execute(db);
}
