import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLocalStore } from '../../src/blobs/local.ts';
import { openDatabase } from '../../src/db/open.ts';
import { sweep } from '../../src/registry/sweep.ts';
import { collect, sha256Of } from '../support/blob-contract.ts';
import { postgresDatabase } from '../support/databases.ts';
import { startServer } from '../support/server-process.ts';
import { getJson } from './client.ts';
import { rounds, told } from './rounds.ts';

const ROUNDS = rounds(2_000, 20);
const CONTENTS = ['one', 'two', 'three', 'four', 'five'].map((word) => `the content ${word}`);

interface Tally {
  named: number;
  refused: number;
  swept: number;
}

/** Names the same few contents again and again, by upload and by digest, and lets go of them. */
async function client(server: string, model: string, tally: Tally): Promise<void> {
  const at = `${server}/api/v1/models/${model}/versions`;
  const json = { 'content-type': 'application/json' };
  await fetch(`${server}/api/v1/models`, { method: 'POST', headers: json, body: JSON.stringify({ name: model }) });
  await fetch(at, { method: 'POST', headers: json, body: '{}' });
  for (let i = 0; i < ROUNDS; i += 1) {
    const content = CONTENTS[randomInt(CONTENTS.length)] as string;
    const path = `${at}/1/artifacts/${i}.bin`;
    const put =
      i % 2
        ? await fetch(path, { method: 'PUT', body: Buffer.from(content) })
        : await fetch(`${path}?digest=sha256:${sha256Of(Buffer.from(content))}`, { method: 'PUT' });
    const answer = await put.text();
    if (put.status !== 201) expect(answer).toMatch(/blob-not-found|upload-cut/);
    tally[put.status === 201 ? 'named' : 'refused'] += 1;
    if (put.status !== 201) continue;
    expect(await (await fetch(path)).text()).toBe(content);
    if (i % 3) expect((await fetch(path, { method: 'DELETE' })).status).toBe(204);
  }
}

/** The same with files of a run, which are overwritten, read and deleted. */
async function logger(server: string, run: string, tally: Tally): Promise<void> {
  for (let i = 0; i < ROUNDS; i += 1) {
    const content = CONTENTS[randomInt(CONTENTS.length)] as string;
    const path = `${server}/api/2.0/mlflow-artifacts/artifacts/0/${run}/${i % 5}.bin`;
    const put = await fetch(path, { method: 'PUT', body: Buffer.from(content) });
    const answer = await put.text();
    if (put.status !== 200) expect(answer).toMatch(/swept away/);
    tally[put.status === 200 ? 'named' : 'refused'] += 1;
    if (put.status !== 200) continue;
    expect(await (await fetch(path)).text()).toBe(content);
    if (i % 3) expect((await fetch(path, { method: 'DELETE' })).status).toBe(200);
  }
}

it('D5 no version ever names bytes that are not there, with two servers on one PostgreSQL and a sweep in a third process', async () => {
  const data = await mkdtemp(join(tmpdir(), 'assayer-sweep-'));
  const { url, drop } = await postgresDatabase();
  const args = ['--data', data, '--database', url, '--reserve-bytes', '0'];
  const servers = [await startServer(args), await startServer(args)];
  const db = await openDatabase(url, { connections: 2 });
  const blobs = await openLocalStore(join(data, 'blobs'), { shared: true });
  const tally: Tally = { named: 0, refused: 0, swept: 0 };
  let over = false;
  const sweeping = (async () => {
    // No grace at all: also what is kept while the sweep runs is old.
    while (!over) tally.swept += (await collect(sweep({ db, blobs, now: Date.now }, { graceMs: -60_000 }))).length;
  })();
  const clients = servers.flatMap(({ url: server }, i) => [
    ...[0, 1].map((n) => client(server, `model-${i}-${n}`, tally)),
    logger(server, `run-${i}`, tally),
  ]);
  await Promise.all(clients).finally(() => {
    over = true;
  });
  await sweeping;
  for (const [i, server] of servers.entries())
    for (const n of [0, 1]) {
      const { items } = await getJson(server.url, `/models/model-${i}-${n}/versions/1/artifacts`);
      for (const { sha256, size_bytes } of items) expect(await blobs.size(sha256)).toBe(size_bytes);
    }
  const files = await db.read.selectFrom('file').select(['sha256', 'size_bytes']).execute();
  expect(files.length).toBeGreaterThan(0);
  for (const { sha256, size_bytes } of files) expect(await blobs.size(sha256)).toBe(size_bytes);
  told(`${tally.named} named, ${tally.refused} refused, ${tally.swept} swept`);
  expect(tally.named).toBeGreaterThan(ROUNDS / 4);
  expect(tally.swept).toBeGreaterThan(0);
  await blobs.close();
  await db.close();
  for (const server of servers) expect(await server.stop()).toBe(0);
  await drop();
  await rm(data, { recursive: true });
}, 1_800_000);
