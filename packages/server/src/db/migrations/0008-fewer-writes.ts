import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../database.ts';

/** What a change writes besides its rows, made less: indexes that few events are found by, and merges of the full text. */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(db);

  // By their subjects only events are sought that name a model or are about a policy or a metric: `isNamed` in events/named.ts.
  await run(sql`drop index event_subject_name`);
  await run(sql`create index event_named on event (subject, type, seq) where type in
    ('model.registered', 'model.renamed', 'model.restored', 'policy.changed', 'metric-definition.changed')`);

  // Rows and events are written by one function: the reference was looked up for each row, and kept rows from being written together.
  if (dialect === 'postgres') {
    await run(sql`alter table event_subject drop constraint event_subject_seq_fkey`);
    return;
  }
  await run(sql`create table event_subject_new (
    model_id integer not null, number integer not null, seq integer not null,
    primary key (model_id, number, seq)) without rowid`);
  await run(sql`insert into event_subject_new select model_id, number, seq from event_subject order by 1, 2, 3`);
  await run(sql`drop table event_subject`);
  await run(sql`alter table event_subject_new rename to event_subject`);
  await run(sql`create index event_subject_model on event_subject (model_id, seq)`);

  // A changed subject leaves its words in the part where they were: at 10 in 100 of these, the default, a part is written
  // anew, which took more than all other work on the index.
  for (const table of ['model_text', 'version_text'])
    for (const [option, value] of [
      ['automerge', 8],
      ['deletemerge', 50],
    ] as const)
      await run(
        sql`insert into ${sql.table(table)} (${sql.ref(table)}, rank) values (${sql.lit(option)}, ${sql.lit(value)})`,
      );
}
