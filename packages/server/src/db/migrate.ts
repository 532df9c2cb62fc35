import { type Kysely, sql } from 'kysely';
import type { Database, Dialect, Writer } from './database.ts';
import * as core from './migrations/0001-core.ts';
import * as search from './migrations/0002-search.ts';
import * as condemned from './migrations/0003-condemned.ts';
import * as past from './migrations/0004-past.ts';
import * as purged from './migrations/0005-purged.ts';
import * as tracking from './migrations/0006-tracking.ts';
import * as evidence from './migrations/0007-evidence.ts';
import * as fewerWrites from './migrations/0008-fewer-writes.ts';
import * as recency from './migrations/0009-recency.ts';
import * as fewerIndexes from './migrations/0010-fewer-indexes.ts';
import * as series from './migrations/0011-series.ts';
import * as numbers from './migrations/0012-numbers.ts';
import * as liveNames from './migrations/0013-live-names.ts';
import * as fewVersions from './migrations/0014-few-versions.ts';
import { DatabaseRefused } from './refused.ts';
import type { Tables } from './tables.ts';

/** What a migration does, and its name: steps are run in order, and never changed once released. */
export type Step = { name: string; up(db: Kysely<unknown>, dialect: Dialect): Promise<void> };

/** The one list of migrations. Each runs in its own transaction together with the row that says it ran. */
export const STEPS: readonly Step[] = [
  { name: '0001-core', up: core.up },
  { name: '0002-search', up: search.up },
  { name: '0003-condemned', up: condemned.up },
  { name: '0004-past', up: past.up },
  { name: '0005-purged', up: purged.up },
  { name: '0006-tracking', up: tracking.up },
  { name: '0007-evidence', up: evidence.up },
  { name: '0008-fewer-writes', up: fewerWrites.up },
  { name: '0009-recency', up: recency.up },
  { name: '0010-fewer-indexes', up: fewerIndexes.up },
  { name: '0011-series', up: series.up },
  { name: '0012-numbers', up: numbers.up },
  { name: '0013-live-names', up: liveNames.up },
  { name: '0014-few-versions', up: fewVersions.up },
];

/** The number is Assayer's own, any constant would do. */
export const ADVISORY_LOCK = 5050;

export type Schema = 'empty' | 'older' | 'current' | 'newer';

/** Where the database stands against this program, or one that knows other steps. */
export async function schemaOf(db: Database, steps = STEPS): Promise<Schema> {
  const done = await ranSteps(db.read);
  if (!done || done.length === 0) return 'empty';
  if (unknownSteps(done, steps).length > 0) return 'newer';
  return done.length < steps.length ? 'older' : 'current';
}

/** The names of migrations that this program does not know. */
export function unknownSteps(names: readonly string[], steps = STEPS): string[] {
  const known = new Set(steps.map((step) => step.name));
  return names.filter((name) => !known.has(name));
}

/** Runs these migrations, or all, but for those that ran before, in a transaction under way. */
export async function runSteps(
  tx: Writer,
  dialect: Dialect,
  names?: readonly string[],
  steps = STEPS,
): Promise<string[]> {
  const int = sql.raw(dialect === 'postgres' ? 'bigint' : 'integer');
  await sql`create table if not exists migration (name text primary key, at ${int} not null)`.execute(tx);
  const done = await ranSteps(tx);
  const due = steps.filter(({ name }) => !done?.includes(name) && (names?.includes(name) ?? true));
  for (const step of due) {
    await step.up(tx as unknown as Kysely<unknown>, dialect);
    await sql`insert into migration (name, at) values (${step.name}, ${Date.now()})`.execute(tx);
  }
  return due.map(({ name }) => name);
}

/** Brings the database up to this program. Refuses a newer schema and changes nothing then. Safe to run twice at once. */
export async function migrate(db: Database, steps = STEPS): Promise<string[]> {
  if ((await schemaOf(db, steps)) === 'newer')
    throw new DatabaseRefused('the database was written by a newer Assayer; start that version, or restore a backup');
  const ran: string[] = [];
  for (const step of steps) {
    const fresh = await db.write.transaction().execute(async (tx) => {
      // One replica at a time.
      if (db.name === 'postgres') await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK}, 1)`.execute(tx);
      return runSteps(tx, db.name, [step.name], steps);
    });
    ran.push(...fresh);
  }
  return ran;
}

/** The migrations that ran; undefined where there is no table of them yet. */
export async function ranSteps(db: Kysely<Tables>): Promise<string[] | undefined> {
  try {
    const { rows } = await sql<{ name: string }>`select name from migration order by name`.execute(db);
    return rows.map((row) => row.name);
  } catch (error) {
    // Only "there is no such table" means empty; anything else is a fault of the database.
    const text = error instanceof Error ? error.message : '';
    if (/no such table|does not exist/.test(text)) return undefined;
    throw error;
  }
}
