import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../database.ts';

/** Which digest of a data set was evaluated on last: by the order in which evaluations were recorded, and by no clock. */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const int = sql.raw(dialect === 'postgres' ? 'bigint' : 'integer');
  const run = (statement: ReturnType<typeof sql>) => statement.execute(db);

  await run(sql`alter table evaluated_dataset add column recency ${int} not null default 0`);
  await run(sql`update evaluated_dataset set recency = ranked.place from (
    select d.id, row_number() over (partition by d.name order by max(e.id)) as place
    from evaluated_dataset as d inner join evaluation as e on e.dataset_id = d.id group by d.id, d.name) as ranked
    where ranked.id = evaluated_dataset.id`);
  await run(sql`drop index evaluated_dataset_last`);
  await run(sql`create index evaluated_dataset_recency on evaluated_dataset (name, recency, id)`);

  // The promotion that an alias or a status was last given by.
  await run(sql`create index promotion_target on promotion (model_id, target, state, id)`);
}
