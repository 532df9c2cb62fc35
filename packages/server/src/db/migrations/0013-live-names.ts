import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../database.ts';

/**
 * From a name to the id of the model that bears it, without its row, which is a page of its own for each model. SQLite looks
 * the condition up in each row, and finds it in the index; PostgreSQL looks whether the row can be seen, and has it then.
 * `model_live_name` stays, since it keeps two models from one name.
 */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  if (dialect === 'postgres') return;
  await sql`create index model_live on model (name_key, name, deregistered) where deregistered is null`.execute(db);
}
