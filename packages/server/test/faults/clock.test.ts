import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { troubles } from '../support/troubles.ts';
import { getJson, readiness } from './client.ts';
import { compareModel } from './compare.ts';
import { rounds, told } from './rounds.ts';
import { mayBuild, openShim } from './shim/shim.ts';
import { openWitness } from './witness.ts';
import { workedUntil } from './worked-until.ts';
import { nothingYet, write } from './workload.ts';

const DAY = 86_400_000;
/** How far from the true time the clock stands, one after the other: leaps, steps back, and years before anything was made. */
const STEPS = [1, -1, 60_000, -3_600_000, 400 * DAY, 0, -400 * DAY, -20_000 * DAY, 3_000 * DAY, -DAY];
const MODELS = Array.from({ length: 8 }, (_, i) => `model ${i}`);

it.skipIf(!mayBuild)(
  'A7 the clock of a server at work steps to and fro: order, numbers and proofs hold (needs gcc)',
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'assayer-clock-'));
    const shim = openShim(data);
    const known = nothingYet();
    let server = await startServer(['--data', data, '--reserve-bytes', '0'], shim.env);
    try {
      const witness = await openWitness(server.url);
      for (let round = 0; round < rounds(10, 2); round += 1) {
        const clients = MODELS.map((model) => write(server.url, model, known));
        for (const ms of STEPS) {
          shim.moveClock(ms);
          const before = known.acknowledged;
          await workedUntil(() => known.acknowledged >= before + 40, clients, server);
          await witness.note(server.url);
        }
        await server.kill();
        await Promise.all(clients);
        server = await startServer(['--data', data, '--reserve-bytes', '0'], shim.env);
        await witness.follow(server.url);
      }
      for (const model of MODELS) await compareModel(server.url, model, known, 100, join(data, 'blobs'));
      const { items } = await getJson(server.url, '/events?order=asc&page_size=1000');
      const times = items.map(({ at }: { at: string }) => Date.parse(at));
      expect(Math.max(...times) - Math.min(...times), 'the clock was moved').toBeGreaterThan(20_000 * DAY);
      const events = await witness.verifyAll(server.url);
      expect(await server.stop()).toBe(0);
      expect(await troubles(data)).toEqual([]);
      told(`${events} events under a clock that stepped ${STEPS.length * rounds(10, 2)} times`);
    } finally {
      await server.kill();
      shim.remove();
      await rm(data, { recursive: true });
    }
  },
  1_800_000,
);

/** Where clocks stand that were never set, or were set by what is broken. */
const YEARS = ['1970-01-01T00:00:05Z', '2200-01-01', '1999-12-31T23:59:58Z'];

it.skipIf(!mayBuild)(
  'O4 a server that starts in 1970 or 2200 serves, and all that it kept is whole under the true clock (needs gcc)',
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'assayer-years-'));
    const shim = openShim(data);
    const known = nothingYet();
    const start = () => startServer(['--data', data, '--reserve-bytes', '0'], shim.env);
    let server = await start();
    try {
      const witness = await openWitness(server.url);
      for (const year of YEARS) {
        await server.kill();
        shim.moveClock(Date.parse(year) - Date.now());
        server = await start();
        const clients = MODELS.map((model) => write(server.url, model, known));
        const before = known.acknowledged;
        await workedUntil(() => known.acknowledged >= before + 100, clients, server);
        const { items } = await getJson(server.url, '/events?page_size=1');
        // It may take minutes to come here, and one of the years is over in two seconds.
        const passed = Date.parse(items[0].at) - Date.parse(year);
        expect(passed > 0 && passed < 600_000, items[0].at).toBe(true);
        await witness.follow(server.url);
        expect((await readiness(server.url)).code).toBe(200);
        await server.kill();
        await Promise.all(clients);
        server = await start();
      }
      expect(await server.stop()).toBe(0);
      shim.moveClock(0);
      server = await start();
      for (const model of MODELS) await compareModel(server.url, model, known, 100, join(data, 'blobs'));
      await witness.follow(server.url);
      await witness.verifyAll(server.url);
      expect(await server.stop()).toBe(0);
      expect(await troubles(data)).toEqual([]);
    } finally {
      await server.kill();
      shim.remove();
      await rm(data, { recursive: true });
    }
  },
  600_000,
);
