import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Certificate } from './certificates.ts';
import type { PostgresServer } from './start-postgres.ts';

/** Makes a running PostgreSQL speak TLS with this certificate from now on, and drops the connections that are open. */
export async function speakTls({ url }: PostgresServer, { cert, key }: Certificate): Promise<void> {
  const folder = await ask(url, 'select setting as value from pg_settings where name = $1', ['data_directory']);
  const { uid, gid } = await stat(folder);
  for (const [name, text] of Object.entries({ 'server.crt': cert, 'server.key': key })) {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    await chown(file, uid, gid);
  }
  const loaded = () => ask(url, 'select pg_conf_load_time()::text as value');
  const before = await loaded();
  await ask(url, 'alter system set ssl = on');
  await ask(url, 'select pg_reload_conf()');
  // The next connections come from a process that has read it when they say so.
  while ((await loaded()) === before) await sleep(5);
  await dropConnections(url);
}

/** Ends every connection to this database but the one that does it. */
export async function dropConnections(url: string): Promise<void> {
  await ask(
    url,
    `select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
}

async function ask(url: string, query: string, values: string[] = []): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(query, values)).rows[0]?.value;
  } finally {
    await client.end();
  }
}
