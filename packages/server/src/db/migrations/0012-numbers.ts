import { type Kysely, sql } from 'kysely';

/** While a model bears its name, its own row knows the highest number given under it: `name_use` is not asked for each version. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`update model set last_number = used.last_number from name_use as used
    where used.name_key = model.name_key and used.last_number > model.last_number and model.deregistered is null`.execute(
    db,
  );
}
