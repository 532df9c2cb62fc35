import { sql } from 'kysely';
import type { Database } from '../../packages/server/src/db/database.ts';
import { insertRows } from '../../packages/server/src/db/rows.ts';
import type { Ledger } from '../../packages/server/src/events/ledger.ts';
import type { Entry } from '../../packages/server/src/events/log.ts';
import { type Reindex, writeIndex } from '../../packages/server/src/registry/search/index-text.ts';

/** The tables whose rows come from the seed; those of events and of the search index are written by the product. */
export type Table = 'model' | 'name_use' | 'version' | 'artifact' | 'tenure' | 'promotion';

/** What waits for the next transaction. */
export interface Batch {
  /** Takes a row, with all its columns but ids that the database gives. */
  add(table: Table, row: object): void;
  record(entry: Entry): void;
  index(entry: Reindex): void;
  /** Writes all of it, once enough waits or where that is asked for. */
  flush(now?: 'now'): Promise<void>;
}

const EVENTS_TOGETHER = 6_000;
/** A checkpoint is kept for each run of a thousand events, as a server does. */
const EVENTS_APPENDED = 1_000;

export function createBatch(db: Database, ledger: Ledger): Batch {
  const rows = new Map<Table, object[]>();
  const entries: Entry[] = [];
  const reindexes: Reindex[] = [];
  return {
    add(table, row) {
      const known = rows.get(table);
      if (known) known.push(row);
      else rows.set(table, [row]);
    },
    record: (entry) => void entries.push(entry),
    index: (entry) => void reindexes.push(entry),
    async flush(now) {
      if (now === undefined && entries.length + reindexes.length < EVENTS_TOGETHER) return;
      await db.write.transaction().execute(async (tx) => {
        // A model's row comes after those of its versions.
        if (db.name === 'postgres') await sql`set local session_replication_role = replica`.execute(tx);
        for (const [table, some] of rows) await insertRows(tx, table, some as never);
        await writeIndex({ tx, dialect: db.name }, reindexes);
        for (let from = 0; from < entries.length; from += EVENTS_APPENDED)
          await ledger.append(tx, entries.slice(from, from + EVENTS_APPENDED));
      });
      rows.clear();
      entries.length = 0;
      reindexes.length = 0;
    },
  };
}
