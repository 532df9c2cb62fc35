import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { openDatabase } from '../../src/db/open.ts';
import { openRegistry } from '../../src/main.ts';
import { postgresDatabase } from '../support/databases.ts';
import { ada } from '../support/open-registry.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';

/** So long that a test would not end if the server waited for it. */
const FOR_EVER = ['--shutdown-ms', '3600000'];
const HALF = Buffer.alloc(100_000, 'x');

describe('a stop', () => {
  let data: string;
  let server: ServerProcess;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'assayer-stop-'));
  });
  afterEach(async () => {
    await server.kill();
    await rm(data, { recursive: true });
  });

  async function start(...args: string[]): Promise<void> {
    server = await startServer(['--data', data, ...args]);
  }
  const signal = () => process.kill(server.pid, 'SIGTERM');
  const drafts = () => readdir(join(data, 'blobs', 'drafts'));

  /** A version, and half of an upload to it. */
  async function beginUpload(): Promise<{ upload: ClientRequest; answer: Promise<IncomingMessage | 'cut'> }> {
    const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
    await fetch(`${server.url}/api/v1/models`, { ...json, body: '{"name":"m"}' });
    await fetch(`${server.url}/api/v1/models/m/versions`, { ...json, body: '{}' });
    const upload = request(`${server.url}/api/v1/models/m/versions/1/artifacts/a.bin`, { method: 'PUT' });
    upload.setHeader('content-length', 2 * HALF.length);
    upload.setHeader('content-type', 'application/octet-stream');
    const answer = new Promise<IncomingMessage | 'cut'>((resolve) => {
      upload.once('response', resolve).once('error', () => resolve('cut'));
    });
    upload.write(HALF);
    await expect.poll(drafts).toHaveLength(1);
    return { upload, answer };
  }
  it('records first what a run measured and waits for more', async () => {
    await start();
    const ask = async (path: string, body?: object) => {
      const sent = body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      };
      const answer = await fetch(server.url + path, sent);
      expect(answer.ok, path).toBe(true);
      // biome-ignore lint/suspicious/noExplicitAny: whatever was answered
      return (await answer.json()) as any;
    };
    const mlflow = (path: string, body: object) => ask(`/api/2.0/mlflow${path}`, body);
    const { run_id } = (await mlflow('/runs/create', { experiment_id: '0' })).run.info;
    await ask('/api/v1/models', { name: 'm' });
    await ask('/api/v1/models/m/versions', { lineage: { run_id } });
    const of = { dataset_name: 'd', dataset_digest: '1', step: 0 };
    for (const value of [1, 2, 3])
      await mlflow('/runs/log-batch', { run_id, metrics: [{ key: 'auc', value, timestamp: value, ...of }] });
    const values = async () =>
      (await ask('/api/v1/models/m/versions/1/evaluations')).items.map((one: { metrics: object }) => one.metrics);
    expect(await values()).toEqual([{ auc: 1 }]);
    expect(await server.stop()).toBe(0);
    await start();
    expect(await values()).toEqual([{ auc: 3 }, { auc: 1 }]);
  });

  /** Resolves once nobody is let in any more. */
  const closedToNew = () =>
    expect
      .poll(() =>
        fetch(`${server.url}/healthz`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed');

  it('R9 an upload under way is taken to its end and answered, while nobody new is let in; exit code 0', async () => {
    await start(...FOR_EVER);
    const { upload, answer } = await beginUpload();
    const ended = server.stop();
    await closedToNew();
    upload.end(HALF);
    expect(await answer).toMatchObject({ statusCode: 201 });
    expect(await ended).toBe(0);
    await start();
    const read = await fetch(`${server.url}/api/v1/models/m/versions/1/artifacts/a.bin`);
    expect(Buffer.from(await read.arrayBuffer()).equals(Buffer.concat([HALF, HALF]))).toBe(true);
  });

  it('R9 an upload that outlasts the deadline is cut and leaves nothing; exit code 0', async () => {
    await start('--shutdown-ms', '200');
    const { answer } = await beginUpload();
    expect(await server.stop()).toBe(0);
    expect(await answer).toBe('cut');
    expect(await drafts()).toEqual([]);
    await start();
    expect((await fetch(`${server.url}/api/v1/models/m/versions/1/artifacts/a.bin`)).status).toBe(404);
  });

  it('R9 live streams are ended, and connections on which nothing comes are not waited for', async () => {
    await start(...FOR_EVER);
    const stream = await fetch(`${server.url}/api/v1/events/stream`);
    const { port } = new URL(server.url);
    const silent = connect(Number(port), '127.0.0.1');
    await once(silent, 'connect');
    const kept = await fetch(`${server.url}/healthz`);
    await kept.text();
    const gone = once(silent, 'close');
    expect(await server.stop()).toBe(0);
    await gone;
    expect(await stream.text()).toMatch(/^: ready\n\n/);
  });

  it('R9 announced: /readyz is 503 for a while in which all is still served', async () => {
    await start(...FOR_EVER, '--shutdown-delay-ms', '3600000');
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    signal();
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect(await (await fetch(`${server.url}/readyz?for=reads`)).json()).toMatchObject({ status: 'stopping' });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/api/v1/models`)).status).toBe(200);
  });

  it('R9 a second signal ends at once, with 1, and what was acknowledged stays', async () => {
    await start(...FOR_EVER);
    await beginUpload();
    const ended = server.stop();
    await closedToNew();
    signal();
    expect(await ended).toBe(1);
    await start();
    expect(await (await fetch(`${server.url}/api/v1/models/m`)).json()).toMatchObject({ version_count: 1 });
    expect(await drafts()).toEqual([]);
  });

  it('R9 no connection to PostgreSQL is left behind', async () => {
    const { url, drop } = await postgresDatabase();
    await start('--database', url);
    await Promise.all(Array.from({ length: 20 }, () => fetch(`${server.url}/api/v1/models`)));
    const looking = await openDatabase(url, { connections: 1 });
    const others = async () => {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`.execute(looking.read);
      return rows[0]?.count;
    };
    expect(await others()).toBeGreaterThan(0);
    expect(await server.stop()).toBe(0);
    await expect.poll(others).toBe(0);
    await looking.close();
    await drop();
  });
});

it('R9 a stop does not wait for what a rename left to be done, and keeps a checkpoint of all there is', async () => {
  const data = await mkdtemp(join(tmpdir(), 'assayer-stop-'));
  const open = () => openRegistry(loadConfig({ flags: { data, log_level: 'silent' } }));
  const left = ({ db }: Awaited<ReturnType<typeof open>>) => db.read.selectFrom('backlog').selectAll().execute();
  const first = await open();
  const { models, versions } = first.registry;
  await models.register(ada, { name: 'churn' });
  await Promise.all(Array.from({ length: 1_000 }, () => versions.create(ada, 'churn', {})));
  await models.rename(ada, 'churn', 'attrition');
  await first.close();

  const second = await open();
  expect(await left(second)).toMatchObject([{ kind: 'rename' }]);
  expect((await second.ledger.keptCheckpoints()).at(-1)).toMatch(/\n1002\n/);
  await second.registry.finish();
  expect(await left(second)).toEqual([]);
  await second.close();
  await rm(data, { recursive: true });
});
