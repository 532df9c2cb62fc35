import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { troubles } from '../support/troubles.ts';
import { compareModel, compareServed } from './compare.ts';
import { rounds, told } from './rounds.ts';
import { cutPower } from './shim/power-cut.ts';
import { mayBuild, openShim } from './shim/shim.ts';
import { workedUntil } from './worked-until.ts';
import { nothingYet, write } from './workload.ts';

const CUTS = rounds(200, 4);
const MODELS = Array.from({ length: 12 }, (_, i) => `model ${i}`);

it.skipIf(!mayBuild)(
  'D2 what was acknowledged is there after a power cut that keeps nothing but what was synced (needs gcc)',
  async () => {
    let acknowledged = 0;
    for (let cut = 0; cut < CUTS; cut += 1) {
      const place = await mkdtemp(join(tmpdir(), 'assayer-power-'));
      const before = join(place, 'before');
      await mkdir(before);
      const shim = openShim(before, { powerCuts: true });
      const known = nothingYet();
      const first = await startServer(['--data', join(before, 'data'), '--reserve-bytes', '0'], shim.env);
      const clients = MODELS.map((model) => write(first.url, model, known));
      const enough = randomInt(1, 250);
      await workedUntil(() => known.acknowledged >= enough, clients, first);
      await first.kill();
      await Promise.all(clients);

      // Every other time some files kept more than was promised.
      await cutPower(shim.disk, before, join(place, 'after'), () => cut % 2 === 1 && randomInt(2) === 0);
      const data = join(place, 'after', 'data');
      const second = await startServer(['--data', data, '--reserve-bytes', '0']);
      for (const model of MODELS) await compareModel(second.url, model, known, 100, join(data, 'blobs'));
      await compareServed(second.url, known);
      expect(await second.stop()).toBe(0);
      expect(await troubles(data)).toEqual([]);
      acknowledged += known.acknowledged;
      shim.remove();
      await rm(place, { recursive: true });
    }
    told(`${CUTS} power cuts, ${acknowledged} acknowledged writes, none lost`);
  },
  7_200_000,
);
