import { type Kysely, sql } from 'kysely';

/** What was purged is counted by an index, like what is in the trash: the tables hold every model card. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['model', 'version']) {
    const index = sql.ref(`${table}_purged`);
    await sql`create index ${index} on ${sql.table(table)} (id) where purged_at is not null`.execute(db);
  }
}
