import { type Kysely, sql } from 'kysely';

/**
 * What the creation of a version writes into indexes, made less. The texts of one model's versions are in an index of their
 * own from the 65th version on: most models have no more, and the first are looked at one by one. Drafts stand in order
 * of their numbers unless they came back, see registry/versions/status-order.ts.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const run = (statement: ReturnType<typeof sql>) => statement.execute(db);

  await run(sql`drop index version_facet_text_in`);
  await run(sql`create index version_facet_text_in on version_facet (model_id, key, head, number, version_id)
    where head is not null and (number > 64 or key = 'alias')`);

  // In the order of their times: one that has a higher number than all before it is in its own place, and what follows came back.
  await run(sql`drop index version_status`);
  const reached = sql`select id, model_id, number, status_since,
      max(number) over (partition by model_id order by status_since, number rows unbounded preceding) as highest
    from version where status = 'draft'`;
  const ranked = sql`select id, highest,
      row_number() over (partition by model_id, highest order by status_since, number) as place
    from (${reached}) as reached`;
  await run(sql`update version set status_since = ranked.highest * 1048576 + ranked.place - 1
    from (${ranked}) as ranked where ranked.id = version.id`);
  await run(sql`create index version_status on version (model_id, status, status_since)
    where (status <> 'draft' or status_since % 1048576 <> 0)`);

  // The times of events are found through \`event_span\`.
  await run(sql`drop index event_at`);
}
