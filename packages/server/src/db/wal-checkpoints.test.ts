import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Database } from './database.ts';
import { openDatabase } from './open.ts';
import { isLoss } from './sqlite-errors.ts';
import { createSoundness } from './suspect.ts';
import { createWalCheckpoints, MANY } from './wal-checkpoints.ts';

const PAGES_EACH = 1_000;
let folder: string;
let file: string;
let db: Database;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assayer-log-'));
  file = join(folder, 'assayer.db');
  db = await openDatabase(`sqlite:${file}`, { exclusive: true });
  await sql`create table page (n integer primary key, bytes blob not null)`.execute(db.write);
});
afterEach(async () => {
  await db.close();
  await rm(folder, { recursive: true });
});

/** Commits that write some thousand pages each, as fast as they come. */
async function commit(times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    await db.write.transaction().execute(async (tx) => {
      await sql`with recursive n (n) as (values (1) union all select n + 1 from n where n < ${PAGES_EACH})
        insert or replace into page select n, randomblob(3900) from n`.execute(tx);
    });
    await sleep(1);
  }
}

/** Pages that the log has room for; its file never shrinks while it is open. */
const room = async () => (await stat(`${file}-wal`)).size / 4_120;
const times = (pages: number) => Math.ceil(pages / PAGES_EACH);

it('a log that commits go on to fill is copied beside them, and begun anew', async () => {
  await commit(times(8 * MANY));
  expect(await room()).toBeLessThan(3 * MANY);
  expect((await stat(file)).size).toBeGreaterThan(PAGES_EACH * 4_000);
});

it('while somebody reads in the log it grows, no commit fails, and it is begun anew afterwards', async () => {
  await db.snapshot(async (read) => {
    await sql`select count(*) from page`.execute(read);
    await commit(times(3 * MANY));
  });
  const grown = await room();
  expect(grown).toBeGreaterThan(3 * MANY);
  await commit(times(4 * MANY));
  expect(await room()).toBeLessThan(grown + 2 * MANY);
});

it('goes on after there was little to copy, of a log that could not be begun anew', async () => {
  await db.snapshot(async (read) => {
    await commit(times(MANY));
    // It reads in the log to its end, up to which all is copied while nothing comes.
    await sql`select count(*) from page`.execute(read);
    await sleep(500);
    const undone = db.write.transaction().execute(() => Promise.reject(new Error('undone')));
    await expect(undone).rejects.toThrow('undone');
    for (let i = 0; i < 2_200; i += 1)
      await db.write.transaction().execute((tx) => sql`update page set bytes = ${i} where n = 1`.execute(tx));
  });
  await commit(times(3 * MANY));
  expect(await room()).toBeLessThan(3 * MANY);
});

it('what is in the log is copied without another commit, by the thread', async () => {
  await commit(times(MANY));
  const log = new Sqlite(file, { readonly: true });
  const copied = () => (log.pragma('wal_checkpoint(NOOP)') as [{ checkpointed: number }])[0].checkpointed;
  await vi.waitUntil(() => copied() >= MANY / 2, { timeout: 10_000 });
  log.close();
});

it('what is in the log is there after a close in the middle of it', async () => {
  await commit(times(MANY) + 1);
  await sql`update page set bytes = 'last' where n = 1`.execute(db.write);
  await db.close();
  db = await openDatabase(`sqlite:${file}`, { exclusive: true });
  const { rows } = await sql<{ n: number; last: string }>`
    select count(*) as n, max(case when n = 1 then bytes end) as last from page`.execute(db.read);
  expect(rows[0]).toEqual({ n: PAGES_EACH, last: 'last' });
});

it('a thread that cannot open the file keeps nobody from closing the database', async () => {
  await commit(times(MANY));
  await rename(file, `${file}-elsewhere`);
  await commit(1);
  await db.close();
  await rename(`${file}-elsewhere`, file);
  db = await openDatabase(`sqlite:${file}`, { exclusive: true });
});

it('what keeps the log from being looked at does not fail the commit', async () => {
  const writer = new Sqlite(file);
  const checkpoints = createWalCheckpoints(writer, file, createSoundness(isLoss));
  const rows = writer.prepare('select 1 from sqlite_schema').iterate();
  rows.next();
  expect(() => writer.pragma('wal_checkpoint(NOOP)')).toThrow(/busy/);
  checkpoints.between();
  rows.return?.();
  await checkpoints.close();
  writer.close();
});

it('after a write that failed nothing is copied any more', async () => {
  const writer = new Sqlite(file);
  writer.pragma('wal_autocheckpoint = 0');
  const soundness = createSoundness(isLoss);
  const checkpoints = createWalCheckpoints(writer, file, soundness);
  writer.exec('insert into page values (1, zeroblob(3900))');
  soundness.note(Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' }));
  checkpoints.noRoom();
  checkpoints.between();
  expect(writer.pragma('wal_checkpoint(NOOP)')).toMatchObject([{ checkpointed: 0 }]);
  await checkpoints.close();
  writer.close();
});
