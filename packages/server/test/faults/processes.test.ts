import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postgresDatabase } from '../support/databases.ts';
import { startServer } from '../support/server-process.ts';
import { get, getJson } from './client.ts';

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'assayer-processes-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

const register = (server: string, name: string) =>
  fetch(`${server}/api/v1/models`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });

const createVersion = async (server: string, model: string): Promise<number> => {
  const response = await fetch(`${server}/api/v1/models/${model}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return ((await response.json()) as { number: number }).number;
};

describe('processes', () => {
  it('D12 a second server on one SQLite file is refused with a clear message, and the first goes on', async () => {
    const first = await startServer(['--data', data]);
    await expect(startServer(['--data', data])).rejects.toThrow(
      /ended with 1.*another Assayer server has this SQLite database open/is,
    );
    expect((await register(first.url, 'churn')).status).toBe(201);
    await first.kill();
    const next = await startServer(['--data', data]);
    expect((await getJson(next.url, '/models/churn')).name).toBe('churn');
    expect(await next.stop()).toBe(0);
  });

  it('C2 two replicas on one PostgreSQL give 128 versions the numbers 1 to 128', async () => {
    const { url, drop } = await postgresDatabase();
    const args = ['--data', data, '--database', url];
    const replicas = [await startServer(args), await startServer(args)];
    expect((await register(replicas[0]!.url, 'churn')).status).toBe(201);
    const numbers = await Promise.all(
      Array.from({ length: 128 }, (_, i) => createVersion(replicas[i % 2]!.url, 'churn')),
    );
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 128 }, (_, i) => i + 1));
    expect((await getJson(replicas[1]!.url, '/models/churn')).version_count).toBe(128);
    for (const replica of replicas) expect(await replica.stop()).toBe(0);
    await drop();
  });

  it('R9 a stop lets the request under way end, refuses the next, and exits with 0', async () => {
    const server = await startServer(['--data', data]);
    await register(server.url, 'churn');
    const writes = Array.from({ length: 20 }, () => createVersion(server.url, 'churn'));
    await writes[0];
    const code = server.stop();
    const answered = (await Promise.allSettled(writes)).filter((write) => write.status === 'fulfilled').length;
    expect(await code).toBe(0);
    await expect(get(server.url, '/models')).rejects.toThrow();
    const again = await startServer(['--data', data]);
    // None was cut: what was begun was answered, what was not had no effect.
    expect((await getJson(again.url, '/models/churn')).version_count).toBe(answered);
    await again.stop();
  });

  it('O7 files are 0600 and folders 0700', async () => {
    const server = await startServer(['--data', data]);
    await register(server.url, 'churn');
    await createVersion(server.url, 'churn');
    await fetch(`${server.url}/api/v1/models/churn/versions/1/artifacts/a.bin`, { method: 'PUT', body: 'bytes' });
    await server.stop();
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect(`${entry.name} ${(mode & 0o777).toString(8)}`).toBe(
        `${entry.name} ${entry.isDirectory() ? '700' : '600'}`,
      );
    }
  });

  it('A10 a damaged or foreign database file is refused with instructions, and not changed', async () => {
    const server = await startServer(['--data', data]);
    for (let i = 0; i < 50; i += 1) await register(server.url, `model-${i}`);
    await server.stop();
    const file = join(data, 'assayer.db');
    const good = await readFile(file);
    const flipped = Buffer.from(good);
    for (let at = 4096; at < flipped.length; at += 4096 * 3) flipped.fill(0xa5, at, at + 64);
    for (const bad of [flipped, good.subarray(0, good.length / 2), Buffer.from('this is no database'.repeat(500))]) {
      await writeFile(file, bad);
      await expect(startServer(['--data', data])).rejects.toThrow(
        /ended with 1.*database is damaged.*restore a backup/is,
      );
      expect((await readFile(file)).equals(bad)).toBe(true);
    }
    await writeFile(file, good);
    const again = await startServer(['--data', data]);
    expect((await getJson(again.url, '/models/model-49')).name).toBe('model-49');
    await again.stop();
  });
});
