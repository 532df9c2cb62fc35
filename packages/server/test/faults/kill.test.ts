import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { verifyLedger } from '../../src/events/verify.ts';
import { postgresDatabase } from '../support/databases.ts';
import { startServer } from '../support/server-process.ts';
import { type Acknowledged, countOf, get, getJson, nothingYet, write } from './workload.ts';

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 20);
const CLIENTS = 6;

const kinds = {
  sqlite: async () => ({ args: [] as string[], drop: async () => {} }),
  postgres: async () => {
    const { url, drop } = await postgresDatabase();
    return { args: ['--database', url], drop };
  },
};

for (const [name, open] of Object.entries(kinds))
  describe(`kill -9 on ${name}`, () => {
    it(`D1 acknowledged writes survive ${ROUNDS} kills at random moments, and nothing half-made is seen`, async () => {
      const data = await mkdtemp(join(tmpdir(), 'assayer-kill-'));
      const { args, drop } = await open();
      const known = nothingYet();
      const checkpoints: string[] = [];
      let server = await startServer(['--data', data, ...args]);
      for (let round = 1; round <= ROUNDS; round += 1) {
        const over = new AbortController();
        const clients = Array.from({ length: CLIENTS }, (_, i) => write(server.url, `${i}`, known, over.signal));
        await sleep(400 + Math.random() * 800);
        checkpoints.push(await (await get(server.url, '/ledger/checkpoint')).text());
        await sleep(Math.random() * 100);
        await server.kill();
        over.abort();
        await Promise.all(clients);
        server = await startServer(['--data', data, ...args]);
        // Replicas on PostgreSQL may share the folder, so there only old drafts are swept.
        if (name === 'sqlite') expect(await readdir(join(data, 'blobs', 'drafts'))).toEqual([]);
        await assertAllThere(server.url, known, round === ROUNDS);
        await assertLedger(server.url, checkpoints);
      }
      expect(await server.stop()).toBe(0);
      expect(countOf(known)).toBeGreaterThan(ROUNDS * CLIENTS);
      console.log(`${name}: ${ROUNDS} kills, ${countOf(known)} acknowledged writes, none lost`);
      await drop();
      await rm(data, { recursive: true });
    }, 300_000);
  });

/** Everything acknowledged is there; on the last round every byte that can be seen is read. */
async function assertAllThere(server: string, known: Acknowledged, everything: boolean) {
  for (const [version, tags] of sample(known.tags, everything))
    expect((await getJson(server, version)).tags).toEqual(tags);
  for (const version of sample(known.versions, everything)) await get(server, version);
  for (const [version, digest] of sample(known.digests, everything)) {
    const manifest = await (await get(server, `${version}/manifest`)).text();
    expect(`sha256:${createHash('sha256').update(manifest).digest('hex')}`).toBe(digest);
  }
  for (const [path, sha256] of sample(known.artifacts, everything)) expect(await hashOf(server, path)).toBe(sha256);
  if (!everything) return;
  for (const model of known.models) {
    const at = `/models/${encodeURIComponent(model)}/versions`;
    const { items } = await getJson(server, `${at}?page_size=1000&sort=number`);
    expect(items.map((item: { number: number }) => item.number)).toEqual(items.map((_: unknown, i: number) => i + 1));
    for (const { number, artifact_count } of items) {
      const artifacts = (await getJson(server, `${at}/${number}/artifacts`)).items;
      expect(artifacts.length).toBe(artifact_count);
      for (const { path, sha256 } of artifacts)
        expect(await hashOf(server, `${at}/${number}/artifacts/${path}`)).toBe(sha256);
    }
  }
}

/** The newest ones, which a crash would take first, and on the last round all. */
function sample<T>(all: Iterable<T>, everything: boolean): T[] {
  return everything ? [...all] : [...all].slice(-30);
}

async function hashOf(server: string, path: string): Promise<string> {
  const bytes = Buffer.from(await (await get(server, path)).arrayBuffer());
  return createHash('sha256').update(bytes).digest('hex');
}

async function assertLedger(server: string, checkpoints: string[]) {
  const vkey = (await (await get(server, '/ledger/key')).text()).trim();
  const newest = await (await get(server, '/ledger/checkpoint')).text();
  const lines = (await (await get(server, '/ledger/export')).text()).split('\n').slice(0, -1);
  const report = await verifyLedger(inOrder(lines), { checkpoints: [...checkpoints, newest], vkey });
  expect(report.problems).toEqual([]);
  expect(report.size).toBe(lines.length);
}

async function* inOrder(lines: string[]): AsyncGenerator<string> {
  yield* lines;
}
