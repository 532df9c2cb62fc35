import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { workedUntil } from './worked-until.ts';
import { nothingYet, write } from './workload.ts';

it('a server that dies by itself is told of, and not waited for', async () => {
  const data = await mkdtemp(join(tmpdir(), 'assayer-worked-'));
  const server = await startServer(['--data', data, '--reserve-bytes', '0']);
  const known = nothingYet();
  const clients = ['m', 'n'].map((model) => write(server.url, model, known));
  const never = workedUntil(() => known.acknowledged === Number.POSITIVE_INFINITY, clients, server);
  const told = expect(never).rejects.toThrow('a client came to its end');
  await workedUntil(() => known.acknowledged > 20, clients, server);
  process.kill(server.pid, 'SIGKILL');
  await told;
  await Promise.all(clients);
  await rm(data, { recursive: true });
});
