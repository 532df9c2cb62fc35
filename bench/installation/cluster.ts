import { join } from 'node:path';
import { sql } from 'kysely';
import { openDatabase } from '../../packages/server/src/db/open.ts';
import { postgresServer } from '../../packages/server/test/support/start-postgres.ts';
import { CACHE } from './cache.ts';

/** A PostgreSQL of the benchmark's own, kept between runs, with `fsync` and `synchronous_commit` on. */
export interface Cluster {
  /** Of the postmaster: all backends are its children. */
  pid: number;
  urlOf(database: string): string;
  databases(): Promise<string[]>;
  create(database: string, template?: string): Promise<void>;
  rename(database: string, to: string): Promise<void>;
  drop(database: string): Promise<void>;
  stop(): Promise<void>;
}

export async function openCluster(): Promise<Cluster> {
  const server = await postgresServer(join(CACHE, 'postgres'));
  const admin = await openDatabase(server.url, { connections: 1 });
  const run = async (statement: string) => void (await sql.raw(statement).execute(admin.write));
  return {
    pid: server.pid,
    urlOf(database) {
      const url = new URL(server.url);
      url.pathname = `/${database}`;
      return url.href;
    },
    async databases() {
      const { rows } = await sql<{ datname: string }>`select datname from pg_database`.execute(admin.read);
      return rows.map((row) => row.datname);
    },
    create: (database, template) =>
      run(`create database "${database}"${template ? ` template "${template}" strategy file_copy` : ''}`),
    rename: (database, to) => run(`alter database "${database}" rename to "${to}"`),
    drop: (database) => run(`drop database if exists "${database}" with (force)`),
    async stop() {
      await admin.close();
      await server.stop();
    },
  };
}
