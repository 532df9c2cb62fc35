import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database, Writer } from '../../db/database.ts';
import type { Ingest } from '../ingest.ts';
import type { ReadAt } from '../paging/sql.ts';
import type { Noun } from './filter.ts';

/** A full-text index of more segments is merged into one. */
const FEW_SEGMENTS = 8;
/** Pages that one step writes: a few milliseconds. */
const PAGES = 16;
/** Between two steps, for changes to go on: a million versions take some 25 s. */
const REST_MS = 20;

/**
 * Merges what changes left of the full-text indexes in many segments: every word of a search is looked up in each of them.
 * SQLite itself merges four of about one size at a time (https://sqlite.org/fts5.html#the_merge_command). PostgreSQL has no
 * segments. Each step is a transaction of its own; ends after the step under way once the signal is aborted.
 */
export async function mergeTexts(db: Database, ingest: Ingest, signal: AbortSignal): Promise<void> {
  if (db.name !== 'sqlite') return;
  for (const noun of ['model', 'version'] as const) {
    if (signal.aborted) return;
    if ((await countSegments(db, noun)) <= FEW_SEGMENTS) continue;
    // The sign says that all of them are to become one, and is given once.
    for (let pages = -PAGES; await ingest((tx) => merge(tx, noun, pages)); pages = PAGES) {
      await sleep(REST_MS);
      if (signal.aborted) return;
    }
  }
}

/** Whether there was anything to merge: the statement itself counts as one change. */
async function merge(tx: Writer, noun: Noun, pages: number): Promise<boolean> {
  const before = await countChanges(tx);
  const table = `${noun}_text`;
  await sql`insert into ${sql.table(table)} (${sql.ref(table)}, rank) values ('merge', ${pages})`.execute(tx);
  return (await countChanges(tx)) - before > 1;
}

async function countChanges(tx: Writer): Promise<number> {
  return (await sql<{ n: number }>`select total_changes() as n`.execute(tx)).rows[0]!.n;
}

/** Goes from one segment to the next by the index of their pages, of which there are thousands. */
export async function countSegments({ read }: ReadAt, noun: Noun): Promise<number> {
  const pages = sql.table(`${noun}_text_idx`);
  const { rows } = await sql<{ n: number }>`with recursive segment (id) as (
      select min(segid) from ${pages}
      union all select (select min(segid) from ${pages} where segid > segment.id) from segment where id is not null)
    select count(id) as n from segment`.execute(read);
  return rows[0]!.n;
}
