import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { postgresServer } from '../support/start-postgres.ts';
import { troubles } from '../support/troubles.ts';
import { getJson, readiness, send } from './client.ts';
import { rounds, told } from './rounds.ts';

const RESTARTS = rounds(40, 4);
const CLIENTS = 8;

it('D14 PostgreSQL restarted under load: answers are true, a repeat has one effect, and the pool recovers', async () => {
  const data = await mkdtemp(join(tmpdir(), 'assayer-restart-'));
  const postgres = await postgresServer();
  const server = await startServer(['--data', data, '--reserve-bytes', '0', '--database', postgres.url]);
  try {
    expect((await send(server.url, 'POST', '/models', { name: 'm' })).status).toBe(201);
    const statuses = new Map<number, number>();
    const numbers: number[] = [];
    let down = false;
    let failedWhileUp = 0;
    let over = false;

    /** Creates versions one after the other, each repeated under its key until the answer is yes. */
    const client = async () => {
      while (!over) {
        const key = randomBytes(8).toString('hex');
        for (let answered = false; !answered; ) {
          const begun = down;
          const reply = await send(server.url, 'POST', '/models/m/versions', {}, { 'idempotency-key': key });
          statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
          answered = reply.status === 201;
          if (answered) numbers.push(JSON.parse(reply.bytes.toString()).number);
          else {
            if (!begun && !down) failedWhileUp += 1;
            await sleep(20);
          }
        }
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    // What breaks them is met where they are awaited; here a check below may have failed first.
    clients.catch(() => {});
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      await sleep(200);
      down = true;
      await postgres.restart(restart % 2 === 0 ? 'fast' : 'immediate');
      const before = numbers.length;
      await expect.poll(() => numbers.length, { timeout: 10_000, interval: 20 }).toBeGreaterThan(before + CLIENTS);
      down = false;
    }
    over = true;
    await clients;

    expect([...statuses.keys()].filter((status) => status !== 201 && status !== 503)).toEqual([]);
    expect(failedWhileUp).toBe(0);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from(numbers, (_, i) => i + 1));
    expect((await getJson(server.url, '/models/m')).version_count).toBe(numbers.length);
    expect((await readiness(server.url)).code).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(await troubles(data, postgres.url)).toEqual([]);
    told(`${RESTARTS} restarts of PostgreSQL, ${numbers.length} changes, ${statuses.get(503) ?? 0} told to come again`);
  } finally {
    await server.kill();
    await postgres.stop();
    await rm(data, { recursive: true });
  }
}, 1_800_000);
