import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { postgresUrl } from './postgres-server.ts';

/** A fresh, migrated database of each kind; closing it removes it. */
export const databases = {
  sqlite: async (): Promise<Database> => {
    const db = await openDatabase('sqlite::memory:');
    await migrate(db);
    return db;
  },
  postgres: async (): Promise<Database> => {
    const { url, schema, drop } = await postgresSchema();
    const db = await openDatabase(url, { schema, connections: 4 });
    await migrate(db);
    return {
      ...db,
      close: async () => {
        await db.close();
        await drop();
      },
    };
  },
};

/** A schema of its own on the test server, and how to drop it. */
export async function postgresSchema(): Promise<{ url: string; schema: string; drop(): Promise<void> }> {
  const url = await postgresUrl();
  const schema = `t_${randomBytes(8).toString('hex')}`;
  const admin = await openDatabase(url, { connections: 1 });
  await sql`create schema ${sql.ref(schema)}`.execute(admin.write);
  await admin.close();
  return {
    url,
    schema,
    async drop() {
      const again = await openDatabase(url, { connections: 1 });
      await sql`drop schema ${sql.ref(schema)} cascade`.execute(again.write);
      await again.close();
    },
  };
}

/** A database of its own on the test server, for servers that get nothing but a URL. */
export async function postgresDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = await postgresUrl();
  const name = `d_${randomBytes(8).toString('hex')}`;
  const run = async (statement: string) => {
    const admin = await openDatabase(server, { connections: 1 });
    await sql.raw(statement).execute(admin.write);
    await admin.close();
  };
  await run(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(`drop database ${name} with (force)`) };
}
