import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Reader } from './database.ts';
import { migrate } from './migrate.ts';
import { prepareRead } from './prepared.ts';
import { insertRows } from './rows.ts';
import { openSqlite } from './sqlite.ts';

const count = prepareRead<Record<string, never>, { n: number }>(
  () => sql<{ n: number }>`select count(*) as n from ledger_tile`,
);
const countIn = async (reader: Reader) => (await count(reader, {}))[0]?.n;

it('in one turn of the event loop a read sees what was committed before it, and the log can be emptied', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assayer-reads-'));
  const file = join(folder, 'assayer.db');
  const db = openSqlite(file);
  try {
    await migrate(db);
    await new Promise(setImmediate);
    for (let position = 0; position < 20; position += 1) {
      expect(await countIn(db.read)).toBe(position);
      await db.write.transaction().execute(async (tx) => {
        expect(await countIn(db.read)).toBe(position);
        await insertRows(tx, 'ledger_tile', [{ level: 0, position, hash: Buffer.alloc(32) }]);
        expect(await countIn(db.read)).toBe(position);
      });
      expect(await countIn(db.read)).toBe(position + 1);
    }
    expect(await countIn(db.read)).toBe(20);
    await sql`pragma wal_checkpoint(truncate)`.execute(db.write);
    expect((await stat(`${file}-wal`)).size).toBe(0);
    expect(await countIn(db.read)).toBe(20);
    expect(await db.snapshot(countIn)).toBe(20);
  } finally {
    await db.close();
    await rm(folder, { recursive: true });
  }
});
