import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Writer } from '../db/database.ts';

/** Runs `body` in one plain transaction: what is not audited, such as the measurements of a training run. */
export type Ingest = <T>(body: (tx: Writer) => Promise<T>) => Promise<T>;

const TRIES = 6;

/** The third verb beside reading and `change`. Records no events, so nothing that the ledger speaks of may be written here. */
export function createIngest(db: Database): Ingest {
  return async (body) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await db.write.transaction().execute(body);
      } catch (error) {
        if (!db.isRetryable(error) || attempt === TRIES) throw error;
        await sleep(2 ** attempt * 5);
      }
    }
  };
}
