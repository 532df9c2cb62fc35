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
