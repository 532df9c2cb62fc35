import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../database.ts';

/** What a change writes into indexes, made less: the status once, and the events of a model where those of its versions are. */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(db);

  // A status was in four places of the facets beside the column and its indexes.
  await run(sql`delete from version_facet where key = 'status'`);
  // SQLite looks the condition up in each row, and finds it in the index; PostgreSQL takes no missing value for one that is equal.
  const columns = dialect === 'sqlite' ? sql`status, deregistered, id` : sql`status, id`;
  await run(sql`create index version_in_status on version (${columns}) where deregistered is null`);

  // Number -1 stands for all of a model: one tree holds them, and beside each other where they are few.
  await run(sql`insert into event_subject (model_id, number, seq)
    select distinct model_id, -1, seq from event_subject order by 1, 3`);
  await run(sql`drop index event_subject_model`);
}
