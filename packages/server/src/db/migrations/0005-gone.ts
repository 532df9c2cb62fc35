import { type Kysely, sql } from 'kysely';

/** What was deregistered is counted by an index, whether in the trash or purged: the table holds every model card. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['model', 'version'])
    await sql`create index ${sql.ref(`${table}_gone`)} on ${sql.table(table)} (id) where deregistered is not null`.execute(
      db,
    );
}
