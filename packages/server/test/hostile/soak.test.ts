import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { openServer } from '../../src/main.ts';
import { randomOf, requestsOf } from '../support/workload.ts';

/** CI runs a share; `SOAK_MINUTES=1440` is the day. */
const MINUTES = Number(process.env.SOAK_MINUTES ?? 0.4);
const MiB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const QUARTERS = [1, 2, 3, 4];

it(
  'R7 memory does not grow under a mixed load',
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'assayer-soak-'));
    const flags = { data, port: 0, log_level: 'silent', trash_days: 0, limits: { reserve_bytes: 0 } };
    const server = await openServer(loadConfig({ flags }));
    const statuses: Record<number, number> = {};
    const began = Date.now();
    const load = async (seed: number, until: number) => {
      const [next, random] = [requestsOf(seed), randomOf(seed)];
      while (Date.now() < until) {
        const { method, path, body } = random() < 0.5 ? next() : read(random);
        const sent = Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
        const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
        const answer = await fetch(`${server.url}/api/v1${path}`, {
          method,
          ...(sent === undefined ? {} : { body: sent, headers: { 'content-type': type } }),
        });
        await answer.arrayBuffer();
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      }
    };
    const held: number[] = [];
    for (const quarter of QUARTERS) {
      const until = began + (quarter / QUARTERS.length) * MINUTES * 60_000;
      await Promise.all([1, 2, 3, 4].map((client) => load(quarter * 10 + client, until)));
      held.push(heldNow());
    }
    await server.close();
    await rm(data, { recursive: true, force: true });
    const told = held.map((bytes) => (bytes / MiB).toFixed(1));
    console.log(`${MINUTES} min, ${JSON.stringify(statuses)}, held after each quarter in MiB: ${told}`);
    expect(Object.keys(statuses).filter((status) => Number(status) >= 500)).toEqual([]);
    // Refusals alone would hold no memory.
    expect(Object.keys(statuses)).toEqual(expect.arrayContaining(['200', '201']));
    expect(held[3]! - held[0]!).toBeLessThan(8 * MiB);
  },
  25 * HOUR_MS,
);

/** What a full collection leaves, in and beside the heap. */
function heldNow(): number {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const READS = [
  ...[
    '/models',
    '/versions?page_size=200',
    '/models?q=chu',
    "/versions?filter=status='production'",
    '/events?page_size=100',
  ],
  ...[
    '/models/churn',
    '/models/churn/versions/latest',
    '/models/a.b/versions/1/archive.tar',
    '/models/a.b/versions/1/evidence.zip',
    '/ledger/checkpoint',
    '/trash',
  ],
  ...[
    '/models?as_of=2030-01-01T00:00:00Z',
    '/models/churn/versions/1/artifacts',
    '/ledger/export?to=100',
    '/nowhere',
    '/models?filter=(',
  ],
];

function read(random: () => number): { method: string; path: string; body?: unknown } {
  return { method: 'GET', path: READS[Math.floor(random() * READS.length)]!.replaceAll("'", '%27') };
}
