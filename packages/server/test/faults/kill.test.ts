import { randomInt } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { postgresDatabase } from '../support/databases.ts';
import { startServer } from '../support/server-process.ts';
import { troubles } from '../support/troubles.ts';
import { compareModel, compareServed, inParallel } from './compare.ts';
import { compareTrained } from './compare-training.ts';
import { isTimeLeft, rounds, told } from './rounds.ts';
import { type Trained, train } from './training.ts';
import { openWitness } from './witness.ts';
import { workedUntil } from './worked-until.ts';
import { nothingYet, readAlong, repeatLost, write } from './workload.ts';

const CLIENTS = 24;
/** Clients of the MLflow API besides. */
const TRAINERS = 6;
/** Clients begin a new model every so many rounds. */
const ROUNDS_OF_A_MODEL = 25;

const kinds = {
  sqlite: {
    count: rounds(1_000, 20),
    open: async () => ({ args: [] as string[], url: undefined, drop: async () => {} }),
  },
  postgres: {
    count: rounds(200, 8),
    open: async () => {
      const { url, drop } = await postgresDatabase();
      return { args: ['--database', url], url, drop };
    },
  },
};

for (const [name, { count, open }] of Object.entries(kinds))
  describe(`kill -9 on ${name}`, () => {
    it(`D1 D3 D9 acknowledged writes survive ${count} kills at random moments, and nothing half-made is seen`, async () => {
      const data = await mkdtemp(join(tmpdir(), 'assayer-kill-'));
      const { args, url, drop } = await open();
      const start = () => startServer(['--data', data, '--reserve-bytes', '0', ...args]);
      const blobs = join(data, 'blobs');
      const known = nothingYet();
      const trained = new Map<string, Trained>();
      const onYes = () => {
        known.acknowledged += 1;
      };
      let server = await start();
      try {
        const witness = await openWitness(server.url);
        let round = 0;
        for (; round < count && isTimeLeft(); round += 1) {
          const models = Array.from(
            { length: CLIENTS },
            (_, i) => `model ${i} of ${Math.floor(round / ROUNDS_OF_A_MODEL)}`,
          );
          const enough = known.acknowledged + randomInt(200, 260);
          const block = Math.floor(round / ROUNDS_OF_A_MODEL);
          const trainers = Array.from({ length: TRAINERS }, (_, i) => `trained ${i} of ${block}`);
          for (const model of trainers) trained.set(model, trained.get(model) ?? { runs: [], registered: false });
          const ofModel = (model: string) => trained.get(model) as Trained;
          const clients = [
            ...models.map((model) => write(server.url, model, known)),
            ...trainers.map((model) => train(server.url, model, ofModel(model), onYes)),
            readAlong(server.url, known),
          ];
          await workedUntil(() => known.acknowledged >= enough, clients, server).catch((error) => {
            throw new Error(`${error.message}\n${server.log()}`, { cause: error });
          });
          await witness.note(server.url);
          await sleep(randomInt(40));
          await server.kill();
          await Promise.all(clients);

          if (round % 10 === 9) await killWhileStarting(['--data', data, ...args]);
          server = await start();
          // Replicas on PostgreSQL may share the folder, so there only old drafts are swept.
          if (name === 'sqlite') expect(await readdir(join(blobs, 'drafts'))).toEqual([]);
          await inParallel(models, (model) => compareModel(server.url, model, known, 4, blobs));
          await inParallel(trainers, (model) => compareTrained(server.url, model, ofModel(model), 3));
          await repeatLost(server.url, known);
          await witness.follow(server.url);
        }

        await inParallel([...known.models.keys()], (model) => compareModel(server.url, model, known, 100, blobs));
        await compareServed(server.url, known);
        await inParallel([...trained], ([model, own]) => compareTrained(server.url, model, own, 100));
        expect(round).toBeGreaterThan(0);
        const events = await witness.verifyAll(server.url);
        expect(await server.stop()).toBe(0);
        expect(await troubles(data, url)).toEqual([]);
        expect(known.acknowledged).toBeGreaterThanOrEqual(round * 200);
        told(
          `${name}: ${round} kills, ${known.acknowledged} acknowledged writes, ${events} events, none lost, none half-made`,
        );
      } finally {
        await server.kill();
        await drop();
        await rm(data, { recursive: true });
      }
    }, 7_200_000);
  });

/** A server that is killed before it is ready, or just when it is. */
async function killWhileStarting(args: string[]): Promise<void> {
  const killed = AbortSignal.timeout(randomInt(100, 1_000));
  await startServer(args, {}, { killed }).then(
    (server) => server.kill(),
    (error) => {
      if (!killed.aborted) throw error;
    },
  );
}
