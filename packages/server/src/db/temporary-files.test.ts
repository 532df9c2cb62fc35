import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openDatabase } from './open.ts';

/** Files of this process that have no name any more. */
async function nameless(): Promise<string[]> {
  const open = await readdir('/proc/self/fd');
  const paths = await Promise.all(open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return paths.filter((path) => path.endsWith(' (deleted)'));
}

// In a file of its own: SQLite decides when the process opens its first database.
it.runIf(process.platform === 'linux')('O7 temporary files of SQLite are inside the data folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assayer-temporary-'));
  const db = await openDatabase(`sqlite:${join(folder, 'data', 'assayer.db')}`);
  await sql`create table spilled (n integer primary key, text text)`.execute(db.write);
  const numbers = sql`with recursive c (n) as (select 1 union all select n + 1 from c where n < 5000) select n from c`;
  await sql`insert into spilled select n, hex(zeroblob(100)) from (${numbers})`.execute(db.write);
  const before = new Set(await nameless());
  await db.write.transaction().execute(async (tx) => {
    await sql`savepoint large`.execute(tx);
    await sql`update spilled set text = hex(randomblob(100))`.execute(tx);
    const spilled = (await nameless()).filter((path) => !before.has(path));
    expect(spilled).not.toEqual([]);
    expect(spilled.filter((path) => !path.startsWith(join(folder, 'data/')))).toEqual([]);
  });
  await db.close();
  await rm(folder, { recursive: true });
});
