import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { ask, getJson } from './client.ts';

const run = promisify(execFile);
/** A real small file system needs root; elsewhere the faults of each call are injected (blobs/local-faults.test.ts). */
const mayMount = process.getuid?.() === 0 && process.platform === 'linux';

const json = { 'content-type': 'application/json' };
const post = (server: string, path: string, body: unknown) =>
  fetch(`${server}/api/v1${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) });

it.skipIf(!mayMount)(
  'D6 a full disk is a 507, reads go on, and service resumes when there is space again (needs root)',
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'assayer-full-'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', data]);
    const server = await startServer(['--data', data, '--reserve-bytes', '0']);
    try {
      expect((await post(server.url, '/models', { name: 'churn' })).status).toBe(201);
      await post(server.url, '/models/churn/versions', {});
      const put = (path: string, bytes: number) =>
        fetch(`${server.url}/api/v1/models/churn/versions/1/artifacts/${path}`, {
          method: 'PUT',
          body: randomBytes(bytes),
        });
      expect((await put('fits.bin', 1_000_000)).status).toBe(201);
      expect((await put('large.bin', 40_000_000)).status).toBe(507);
      expect(await readdir(join(data, 'blobs', 'drafts'))).toEqual([]);
      // Small writes until the database itself meets the end of the disk.
      const statuses = new Set<number>();
      let acknowledged = 0;
      for (let i = 0; i < 400 && !statuses.has(507); i += 1) {
        const { status } = await post(server.url, '/models', {
          name: `m${i}`,
          card: randomBytes(60_000).toString('hex'),
        });
        statuses.add(status);
        if (status === 201) acknowledged += 1;
      }
      expect([...statuses].sort()).toEqual([201, 507]);
      expect((await getJson(server.url, '/models/churn')).version_count).toBe(1);
      await run('mount', ['-o', 'remount,size=64m', data]);
      expect((await post(server.url, '/models', { name: 'after' })).status).toBe(201);
      expect((await put('later.bin', 1_000_000)).status).toBe(201);
      let found = 0;
      for (let i = 0; i < acknowledged; i += 1)
        found += (await getJson(server.url, `/models/m${i}`)).name === `m${i}` ? 1 : 0;
      expect(found).toBe(acknowledged);
    } finally {
      await server.stop();
      await run('umount', [data]);
      await rm(data, { recursive: true });
    }
  },
);

it.skipIf(!mayMount)(
  'D6 a full disk is told to an MLflow client at once, which it would repeat for minutes as a 503; no batch is lost or half there (needs root)',
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'assayer-full-'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', data]);
    const server = await startServer(['--data', data, '--reserve-bytes', '0']);
    const call = (path: string, body: object) => ask(`${server.url}/api/2.0/mlflow${path}`, 'POST', body);
    const file = (path: string) => `${server.url}/api/2.0/mlflow-artifacts/artifacts/0/run/${path}`;
    const put = (path: string, bytes: number) => ask(file(path), 'PUT', randomBytes(bytes));
    const told = ({ bytes }: { bytes: Buffer }) => JSON.parse(bytes.toString());
    const full = { error_code: 'RESOURCE_EXHAUSTED', message: expect.stringMatching(/disk/) };
    try {
      const { run_id } = told(await call('/runs/create', { experiment_id: '0' })).run.info;
      expect((await put('fits.bin', 1_000_000)).status).toBe(200);
      for (const path of ['large.bin', 'fits.bin']) {
        const refused = await put(path, 40_000_000);
        expect([refused.status, told(refused)]).toEqual([507, full]);
        expect(refused.headers['retry-after']).toBeUndefined();
      }
      expect(await readdir(join(data, 'blobs', 'drafts'))).toEqual([]);
      expect((await ask(file('large.bin'), 'GET')).status).toBe(404);
      expect((await ask(file('fits.bin'), 'GET')).bytes.length).toBe(1_000_000);
      // Batches until the database itself meets the end of the disk.
      const value = 'v'.repeat(5_000);
      const batch = (i: number) => ({
        run_id,
        metrics: Array.from({ length: 900 }, (_, k) => ({ key: `loss ${k % 5}`, value: k, timestamp: k, step: i })),
        tags: Array.from({ length: 8 }, (_, k) => ({ key: `${k} of ${i}`, value })),
      });
      let acknowledged = 0;
      let status = 200;
      for (; acknowledged < 400 && status === 200; acknowledged += status === 200 ? 1 : 0) {
        const answer = await call('/runs/log-batch', batch(acknowledged));
        status = answer.status;
        if (status !== 200) expect([status, told(answer)]).toEqual([507, full]);
      }
      expect(status).toBe(507);
      expect(acknowledged).toBeGreaterThan(5);
      const logged = async () => {
        const { data } = told(await ask(`${server.url}/api/2.0/mlflow/runs/get?run_id=${run_id}`, 'GET')).run;
        return [data.tags.filter(({ key }: { key: string }) => / of /.test(key)).length, data.metrics[0].step];
      };
      expect(await logged()).toEqual([8 * acknowledged, acknowledged - 1]);
      await run('mount', ['-o', 'remount,size=64m', data]);
      expect((await call('/runs/log-batch', batch(acknowledged))).status).toBe(200);
      expect(await logged()).toEqual([8 * (acknowledged + 1), acknowledged]);
      expect((await put('later.bin', 1_000_000)).status).toBe(200);
    } finally {
      await server.stop();
      await run('umount', [data]);
      await rm(data, { recursive: true });
    }
  },
);
