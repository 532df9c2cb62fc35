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
import { ask, get, getJson, send } from './client.ts';
import { rounds, told } from './rounds.ts';

const ROUNDS = rounds(2_000, 20);
const CONTENTS = ['one', 'two', 'three', 'four', 'five'].map((word) => `the content ${word}`);

interface Tally {
  named: number;
  pinned: number;
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

/** The same with files of a run, which are overwritten, read, deleted, and made into versions that are purged again. */
async function logger(server: string, model: string, tally: Tally): Promise<void> {
  const mlflow = `${server}/api/2.0/mlflow`;
  const call = (path: string, body: object) => ask(mlflow + path, 'POST', body);
  const told = ({ bytes }: { bytes: Buffer }) => JSON.parse(bytes.toString());
  const { run_id } = told(await call('/runs/create', { experiment_id: '0' })).run.info;
  await call('/registered-models/create', { name: model });
  for (let i = 0; i < ROUNDS; i += 1) {
    const content = `${CONTENTS[randomInt(CONTENTS.length)]} of ${model}`;
    const path = `${server}/api/2.0/mlflow-artifacts/artifacts/0/${run_id}/artifacts/m/${i % 5}.bin`;
    const put = await ask(path, 'PUT', Buffer.from(content));
    if (put.status !== 200) expect(put.bytes.toString()).toMatch(/swept away/);
    tally[put.status === 200 ? 'named' : 'refused'] += 1;
    if (put.status !== 200) continue;
    expect((await ask(path, 'GET')).bytes.toString()).toBe(content);
    if (i % 2) {
      const pinned = await call('/model-versions/create', { name: model, source: `runs:/${run_id}/m`, run_id });
      if (pinned.status !== 200) expect(pinned.bytes.toString()).toMatch(/gone from the store/);
      tally[pinned.status === 200 ? 'pinned' : 'refused'] += 1;
      if (i % 3) await ask(path, 'DELETE');
      if (pinned.status === 200) await readAndPurge(server, model, Number(told(pinned).model_version.version));
    } else if (i % 3) expect((await ask(path, 'DELETE')).status).toBe(200);
  }
}

/** Reads every file of a version, and lets go of all of them. */
async function readAndPurge(server: string, model: string, number: number): Promise<void> {
  const at = `/models/${model}/versions/${number}`;
  const { items } = await getJson(server, `${at}/artifacts`);
  expect(items.length).toBeGreaterThan(0);
  for (const { path, sha256 } of items)
    expect(sha256Of((await get(server, `${at}/artifacts/${path}`)).bytes)).toBe(sha256);
  expect((await send(server, 'DELETE', `${at}?reason=test`)).status).toBe(200);
  expect((await send(server, 'POST', `${at}/purge`)).status).toBe(200);
}

it('D5 no version and no file ever names bytes that are not there, with two servers on one PostgreSQL and a sweep in a third process', async () => {
  const data = await mkdtemp(join(tmpdir(), 'assayer-sweep-'));
  const { url, drop } = await postgresDatabase();
  const args = ['--data', data, '--database', url, '--reserve-bytes', '0'];
  const servers = [await startServer(args), await startServer(args)];
  const db = await openDatabase(url, { connections: 2 });
  const blobs = await openLocalStore(join(data, 'blobs'), { shared: true });
  const tally: Tally = { named: 0, pinned: 0, refused: 0, swept: 0 };
  let over = false;
  const sweeping = (async () => {
    // No grace at all: also what is kept while the sweep runs is old.
    while (!over) tally.swept += (await collect(sweep({ db, blobs, now: Date.now }, { graceMs: -60_000 }))).length;
  })();
  const clients = servers.flatMap(({ url: server }, i) => [
    ...[0, 1].map((n) => client(server, `model-${i}-${n}`, tally)),
    logger(server, `trained-${i}`, tally),
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
  for (const table of ['file', 'artifact'] as const) {
    const rows = await db.read.selectFrom(table).select(['sha256', 'size_bytes']).execute();
    expect(rows.length, table).toBeGreaterThan(0);
    for (const { sha256, size_bytes } of rows) expect(await blobs.size(sha256)).toBe(size_bytes);
  }
  expect(tally.pinned).toBeGreaterThan(ROUNDS / 8);
  told(`${tally.named} named, ${tally.pinned} pinned, ${tally.refused} refused, ${tally.swept} swept`);
  expect(tally.named).toBeGreaterThan(ROUNDS / 4);
  expect(tally.swept).toBeGreaterThan(0);
  await blobs.close();
  await db.close();
  for (const server of servers) expect(await server.stop()).toBe(0);
  await drop();
  await rm(data, { recursive: true });
}, 1_800_000);
