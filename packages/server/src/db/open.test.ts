import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { postgresUrl } from '../../test/support/postgres-server.ts';
import { migrate, schemaOf } from './migrate.ts';
import { openDatabase } from './open.ts';

for (const [name, open] of Object.entries(databases))
  describe(`the database on ${name}`, () => {
    it('is migrated once, and a second migration does nothing', async () => {
      const db = await open();
      expect(await schemaOf(db)).toBe('current');
      expect(await migrate(db)).toEqual([]);
      await db.close();
    });

    it('D11 refuses a newer schema and changes nothing', async () => {
      const db = await open();
      await sql`insert into migration (name, at) values ('9999-future', 0)`.execute(db.write);
      expect(await schemaOf(db)).toBe('newer');
      await expect(migrate(db)).rejects.toThrow('newer Assayer');
      await db.close();
    });

    it('compares text by its bytes', async () => {
      const db = await open();
      const { rows } = await sql<{ a: number }>`select case when 'Z' < 'a' then 1 else 0 end as a`.execute(db.read);
      expect(rows[0]?.a).toBe(1);
      await db.close();
    });
  });

it('D13 SQLite is new enough, and its settings can be read back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assayer-settings-'));
  const db = await openDatabase(`sqlite:${join(folder, 'assayer.db')}`, { exclusive: true });
  const value = async (query: string) => {
    const { rows } = await sql.raw<Record<string, unknown>>(query).execute(db.write);
    return Object.values(rows[0] ?? {})[0];
  };
  const [major = 0, minor = 0, patch = 0] = String(await value('select sqlite_version()'))
    .split('.')
    .map(Number);
  expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(3_051_003);
  expect(await value('pragma journal_mode')).toBe('wal');
  expect(await value('pragma synchronous')).toBe(2);
  expect(await value('pragma foreign_keys')).toBe(1);
  await db.close();
  await rm(folder, { recursive: true });
});

it("commits of PostgreSQL are on disk and statements bounded, whatever the address's own options say", async () => {
  const url = `${await postgresUrl()}?options=-c%20synchronous_commit%3Doff%20-c%20geqo%3Doff`;
  const db = await openDatabase(url, { connections: 1 });
  const setting = async (name: string) =>
    (await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db.read)).rows[0]?.value;
  expect(await setting('synchronous_commit')).toBe('on');
  expect(await setting('statement_timeout')).toBe('1min');
  expect(await setting('geqo')).toBe('off');
  await db.close();
});
