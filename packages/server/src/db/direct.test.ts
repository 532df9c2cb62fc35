import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Reader } from './database.ts';
import { prepareRead } from './prepared.ts';
import { insertRows } from './rows.ts';

const count = prepareRead<Record<string, never>, { n: number }>(
  () => sql<{ n: number }>`select count(*) as n from ledger_tile`,
);
const countIn = async (reader: Reader) => Number((await count(reader, {}))[0]?.n);

for (const [name, open] of Object.entries(databases))
  it(`what is not committed is seen by its own transaction alone, also where both have one connection, on ${name}`, async () => {
    const db = await open();
    try {
      let beside: Promise<number> | undefined;
      const failed = db.write.transaction().execute(async (tx) => {
        await insertRows(tx, 'ledger_tile', [{ level: 0, position: 0, hash: Buffer.alloc(32) }]);
        beside = countIn(db.read);
        await new Promise(setImmediate);
        expect(await countIn(tx)).toBe(1);
        throw new Error('rolled back');
      });
      await expect(failed).rejects.toThrow('rolled back');
      expect(await beside).toBe(0);
    } finally {
      await db.close();
    }
  });
