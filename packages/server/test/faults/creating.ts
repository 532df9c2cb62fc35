import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { getJson, readiness, send } from './client.ts';

/** Clients that create versions of the model `m`, and what they were told so far. */
export interface Creating {
  numbers: number[];
  statuses: Map<number, number>;
  /** Set where failing is all right; what fails outside of it is found at the end. */
  down: boolean;
  /** Waits until each client got on. */
  recovers(): Promise<void>;
  /** Lets each come to its end; asserts that answers were true, each key had one effect, and no more failed than could. */
  end(): Promise<void>;
}

/** Registers `m` and starts the clients. Each repeats a creation under its key until the answer is yes. */
export async function startCreating(server: string, clients: number): Promise<Creating> {
  expect((await send(server, 'POST', '/models', { name: 'm' })).status).toBe(201);
  let failedWhileUp = 0;
  let over = false;

  async function client(): Promise<void> {
    while (!over) {
      const key = randomBytes(8).toString('hex');
      for (let answered = false; !answered; ) {
        const begun = creating.down;
        const reply = await send(server, 'POST', '/models/m/versions', {}, { 'idempotency-key': key });
        statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
        answered = reply.status === 201;
        if (answered) numbers.push(JSON.parse(reply.bytes.toString()).number);
        else {
          if (!begun && !creating.down) failedWhileUp += 1;
          await sleep(20);
        }
      }
    }
  }

  const numbers: number[] = [];
  const statuses = new Map<number, number>();
  const creating: Creating = {
    numbers,
    statuses,
    down: false,
    async recovers() {
      const before = numbers.length;
      await expect.poll(() => numbers.length, { timeout: 10_000, interval: 20 }).toBeGreaterThan(before + clients);
      creating.down = false;
    },
    async end() {
      over = true;
      await all;
      expect([...statuses.keys()].filter((status) => status !== 201 && status !== 503)).toEqual([]);
      expect(failedWhileUp).toBe(0);
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from(numbers, (_, i) => i + 1));
      expect((await getJson(server, '/models/m')).version_count).toBe(numbers.length);
      await expect.poll(async () => (await readiness(server)).code, { timeout: 10_000 }).toBe(200);
    },
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  // What breaks them is met where they are awaited; a check of the test may have failed first.
  all.catch(() => {});
  return creating;
}
