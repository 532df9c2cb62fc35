import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { randomOf, requestsOf } from '../support/workload.ts';

/** CI runs a share; `SOAK_MINUTES=1440` is the day. */
const MINUTES = Number(process.env.SOAK_MINUTES ?? 0.4);
const MiB = 1024 * 1024;
/** In the first minutes the heap is still finding its size. */
const MOST_GROWTH = (MINUTES < 5 ? 96 : 32) * MiB;
/** So small that what leaks is met by its end, not by the machine's. */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=192' };
const HOUR_MS = 3_600_000;

it.runIf(process.platform === 'linux')(
  'R7 memory does not grow under a mixed load',
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'assayer-soak-'));
    const server = await startServer(['--data', data, '--reserve-bytes', '0', '--trash-days', '0'], HEAP);
    const end = Date.now() + MINUTES * 60_000;
    const samples: number[] = [];
    const statuses: Record<number, number> = {};
    const load = async (seed: number) => {
      const [next, random] = [requestsOf(seed), randomOf(seed)];
      while (Date.now() < end) {
        const { method, path, body } = random() < 0.5 ? next() : read(random);
        const sent = Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body);
        const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
        const answer = await fetch(`${server.url}/api/v1${path}`, {
          method,
          ...(sent === undefined ? {} : { body: sent, headers: { 'content-type': type } }),
        });
        await answer.arrayBuffer();
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        if (samples.length < (Date.now() - end + MINUTES * 60_000) / 250) samples.push(await memoryOf(server.pid));
      }
    };
    await Promise.all([1, 2, 3, 4].map(load));
    expect(await server.stop()).toBe(0);
    await rm(data, { recursive: true, force: true });
    // What is resident rises and falls with collections: its floors are what is held.
    const floors = [0, 1, 2, 3].map((quarter) =>
      Math.min(...samples.slice((quarter * samples.length) / 4, ((quarter + 1) * samples.length) / 4)),
    );
    console.log(
      `${MINUTES} min, ${JSON.stringify(statuses)}, floors of the quarters in MiB: ${floors.map((floor) => Math.round(floor / MiB))}`,
    );
    expect(Object.keys(statuses).filter((status) => Number(status) >= 500)).toEqual([]);
    expect(floors[3]! - floors[1]!).toBeLessThan(MOST_GROWTH);
  },
  25 * HOUR_MS,
);

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

async function memoryOf(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
