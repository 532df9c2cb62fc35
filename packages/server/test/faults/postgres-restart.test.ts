import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { postgresServer } from '../support/start-postgres.ts';
import { troubles } from '../support/troubles.ts';
import { startCreating } from './creating.ts';
import { rounds, told } from './rounds.ts';

const RESTARTS = rounds(40, 4);

it('D14 PostgreSQL restarted under load: answers are true, a repeat has one effect, and the pool recovers', async () => {
  const data = await mkdtemp(join(tmpdir(), 'assayer-restart-'));
  const postgres = await postgresServer();
  const server = await startServer(['--data', data, '--reserve-bytes', '0', '--database', postgres.url]);
  try {
    const creating = await startCreating(server.url, 8);
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      await sleep(200);
      creating.down = true;
      await postgres.restart(restart % 2 === 0 ? 'fast' : 'immediate');
      await creating.recovers();
    }
    await creating.end();
    expect(await server.stop()).toBe(0);
    expect(await troubles(data, postgres.url)).toEqual([]);
    const { numbers, statuses } = creating;
    told(`${RESTARTS} restarts of PostgreSQL, ${numbers.length} changes, ${statuses.get(503) ?? 0} told to come again`);
  } finally {
    await server.kill();
    await postgres.stop();
    await rm(data, { recursive: true });
  }
}, 1_800_000);
