import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MANY } from '../../src/db/wal-checkpoints.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { troubles } from '../support/troubles.ts';
import { readiness } from './client.ts';
import { rounds, spread, told } from './rounds.ts';
import { ALL_KINDS, type Fault, mayBuild, openShim, type Shim, TAKES_SPACE } from './shim/shim.ts';

/** Of more calls than this, so many are made to fail, evenly spread, where each costs a restart. */
const MOST = 200;

/** Something a client does, made anew for each `i`, and whether it is to be seen. */
interface Operation {
  /** Whether each time needs a server that has just started. */
  fresh?: boolean;
  prepare?(server: string, i: number, data: string): Promise<unknown>;
  run(server: string, i: number, data: string): Promise<Response>;
  isThere(server: string, i: number): Promise<boolean>;
}

const call = (server: string, method: string, path: string, body?: unknown) =>
  fetch(`${server}/api/v1${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': typeof body === 'string' ? 'application/octet-stream' : 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  });
// biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
const json = async (answer: Response): Promise<any> => answer.json();
const found = async (server: string, path: string) => (await call(server, 'GET', path)).status === 200;
const bytes = (i: number) => `${i} `.repeat(100_000);
const cardOf = (i: number) => `${i} `.repeat(50_000);
const version = (i: number) => `/models/v${i}/versions/1`;

const operations: Record<string, Operation> = {
  'a model is registered': {
    run: (server, i) => call(server, 'POST', '/models', { name: `new ${i}`, tags: { i: `${i}` } }),
    isThere: (server, i) => found(server, `/models/new%20${i}`),
  },
  'an artifact is uploaded': {
    run: (server, i) => call(server, 'PUT', `/models/m/versions/1/artifacts/f${i}`, bytes(i)),
    async isThere(server, i) {
      const answer = await call(server, 'GET', `/models/m/versions/1/artifacts/f${i}`);
      if (answer.status === 404) return false;
      expect(await answer.text()).toBe(bytes(i));
      return true;
    },
  },
  'a version is sealed': {
    async prepare(server, i) {
      await call(server, 'POST', '/models', { name: `v${i}` });
      await call(server, 'POST', `/models/v${i}/versions`, {});
      await call(server, 'PUT', `${version(i)}/artifacts/a`, bytes(i));
    },
    run: (server, i) => call(server, 'POST', `${version(i)}/seal`),
    isThere: async (server, i) => (await json(await call(server, 'GET', version(i)))).state === 'sealed',
  },
  'the log goes into the database file': {
    fresh: true,
    async prepare(server, _, data) {
      // Cards bring it near the size at which it is copied, descriptions nearer, and the change under test beyond.
      const pages = async () => (await stat(join(data, 'assayer.db-wal'))).size / 4_120;
      for (let n = 0; (await pages()) < MANY - 400; n += 1)
        await call(server, 'PATCH', '/models/m', { card: `filler ${n} `.repeat(20_000) });
      for (let n = 0; (await pages()) < MANY - 60; n += 1)
        await call(server, 'PATCH', '/models/m', { description: `${n}` });
    },
    async run(server, i, data) {
      const before = await writtenAt(data);
      const answer = await call(server, 'PATCH', '/models/m', { card: cardOf(i) });
      // A thread copies it meanwhile, and within a moment.
      await vi.waitUntil(async () => (await writtenAt(data)) > before, { timeout: 1_000 }).catch(() => {});
      await sleep(200);
      return answer;
    },
    isThere: async (server, i) => (await json(await call(server, 'GET', '/models/m'))).card === cardOf(i),
  },
};

const writtenAt = async (data: string) => (await stat(join(data, 'assayer.db'))).mtimeMs;
/** Once a change is in the log it is kept, whether or not the log can be copied into the database file. */
const afterCommit = (failed: string | undefined) => failed?.endsWith('assayer.db') === true;
const drafts = (data: string) => readdir(join(data, 'blobs', 'drafts'));
describe.skipIf(!mayBuild)('every call that changes a file fails once (needs gcc)', () => {
  let seed: string;
  let data: string;
  let shim: Shim;
  let server: ServerProcess;
  const start = async () => {
    server = await startServer(['--data', data, '--reserve-bytes', '0'], shim.env);
  };

  beforeAll(async () => {
    seed = await mkdtemp(join(tmpdir(), 'assayer-seed-'));
    const first = await startServer(['--data', seed, '--reserve-bytes', '0']);
    await call(first.url, 'POST', '/models', { name: 'm' });
    await call(first.url, 'POST', '/models/m/versions', {});
    await call(first.url, 'PUT', '/models/m/versions/1/artifacts/first', bytes(0));
    await first.stop();
  });
  afterAll(() => rm(seed, { recursive: true }));
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'assayer-calls-'));
    await cp(seed, data, { recursive: true });
    shim = openShim(data);
  });
  afterEach(async () => {
    await server.kill();
    shim.remove();
    await rm(data, { recursive: true });
  });

  const restart = async () => {
    await server.kill();
    await start();
  };

  /** How many calls the operation makes when all goes well. */
  async function count({ prepare, run, fresh }: Operation, kinds: Fault['kinds']): Promise<number> {
    await prepare?.(server.url, 0, data);
    const before = await writtenAt(data);
    shim.arm({ kinds, error: 'EIO', at: 0 });
    expect((await run(server.url, 0, data)).ok).toBe(true);
    if (fresh) expect(await writtenAt(data), 'the log was not copied').toBeGreaterThan(before);
    return shim.disarm().calls;
  }

  for (const [title, operation] of Object.entries(operations)) {
    const { prepare, run, isThere, fresh = false } = operation;

    it(`D6 the disk is full from any one call on while ${title}: 507, whole or nothing, reads go on, and it resumes`, async () => {
      await start();
      const calls = await count(operation, TAKES_SPACE);
      for (const at of spread(calls, rounds(fresh ? Math.min(calls, MOST) : calls, fresh ? 4 : 30))) {
        if (fresh) await restart();
        await prepare?.(server.url, at, data);
        shim.arm({ kinds: TAKES_SPACE, error: 'ENOSPC', at, lasting: true });
        const answer = await run(server.url, at, data);
        expect(await found(server.url, '/models/m/versions/1/artifacts/first')).toBe(true);
        const { failed } = shim.disarm();
        if (failed === undefined || afterCommit(failed)) expect(answer.ok, failed).toBe(true);
        else {
          expect(answer.status, failed).toBe(507);
          expect((await json(answer)).detail, failed).toMatch(/disk is full/);
          expect(await drafts(data), failed).toEqual([]);
          expect(await isThere(server.url, at), failed).toBe(false);
          expect((await run(server.url, at, data)).ok, `again after ${failed}`).toBe(true);
        }
        expect(await isThere(server.url, at), failed).toBe(true);
        expect(await readiness(server.url)).toMatchObject({ code: 200 });
      }
      await restart();
      expect(await isThere(server.url, calls)).toBe(true);
      await server.kill();
      expect(await troubles(data)).toEqual([]);
      told(`${title}: ${calls} calls that take space`);
    }, 600_000);

    it(`D7 any one call fails while ${title}: 503 until restarted, said in the health, and reads go on`, async () => {
      await start();
      const calls = await count(operation, ALL_KINDS);
      if (fresh) await restart();
      for (const at of spread(calls, rounds(Math.min(calls, MOST), 3))) {
        await prepare?.(server.url, at, data);
        shim.arm({ kinds: ALL_KINDS, error: 'EIO', at });
        const answer = await run(server.url, at, data);
        const { failed } = shim.disarm();
        if (failed === undefined) expect(answer.ok).toBe(true);
        else {
          // The log itself is synced once more before it is copied.
          const expected = fresh && !afterCommit(failed) ? [200, 503] : [afterCommit(failed) ? 200 : 503];
          expect(expected, failed).toContain(answer.status);
          expect(await readiness(server.url), failed).toMatchObject({
            code: 503,
            parts: { [failed.includes('assayer.db') ? 'database' : 'artifacts']: { state: 'failing', reads: true } },
          });
          expect((await run(server.url, at, data)).status, `again after ${failed}`).toBe(503);
        }
        expect(await found(server.url, '/models/m/versions/1/artifacts/first')).toBe(true);
        await restart();
        if (answer.ok) expect(await isThere(server.url, at), failed).toBe(true);
        else if (!(await isThere(server.url, at))) expect((await run(server.url, at, data)).ok).toBe(true);
      }
      await server.kill();
      expect(await troubles(data)).toEqual([]);
      told(`${title}: ${calls} calls`);
    }, 1_200_000);

    it(`D1 the server is killed within any one call while ${title}: whole or nothing`, async () => {
      await start();
      const calls = await count(operation, ALL_KINDS);
      if (fresh) await restart();
      for (const at of spread(calls, rounds(Math.min(calls, MOST), 3))) {
        await prepare?.(server.url, at, data);
        shim.arm({ kinds: ALL_KINDS, error: 'kill', at });
        const answer = await run(server.url, at, data).catch(() => undefined);
        const { failed } = shim.disarm();
        await restart();
        expect(await drafts(data), failed).toEqual([]);
        if (answer?.ok) expect(await isThere(server.url, at), failed).toBe(true);
        else if (!(await isThere(server.url, at))) expect((await run(server.url, at, data)).ok).toBe(true);
      }
      await server.kill();
      expect(await troubles(data)).toEqual([]);
    }, 1_200_000);
  }
});
