import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { backUp } from '../../src/backup/backup.ts';
import { getPoint, isReadable, listPoints, type Point } from '../../src/backup/folder.ts';
import { verifyBackup } from '../../src/backup/verify.ts';
import { openLocalStore } from '../../src/blobs/local.ts';
import { schemaOf } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { openLedger } from '../../src/events/ledger.ts';
import { verifyLedger } from '../../src/events/verify.ts';
import { sweep } from '../../src/registry/sweep.ts';
import { collect } from '../support/blob-contract.ts';
import { make } from '../support/make.ts';
import type { Opened } from '../support/open-registry.ts';
import { type Place, places, restoreTo } from '../support/places.ts';
import { startServer } from '../support/server-process.ts';
import { troubles } from '../support/troubles.ts';
import { getText, send } from './client.ts';
import { rounds, told } from './rounds.ts';

const CLI = fileURLToPath(new URL('../../bin/assayer.js', import.meta.url));
const CLIENTS = 4;
const KINDS = Object.keys(places) as (keyof typeof places)[];

/** What was acknowledged: digests of sealed versions by `model/number`. They stay, also when a version is purged. */
type Sealed = Map<string, string>;

/** Publishes versions of one model, and purges older ones, until it is told to end. */
async function publish(server: string, model: string, sealed: Sealed, over: AbortSignal): Promise<void> {
  const path = `/models/${model}/versions`;
  await send(server, 'POST', '/models', { name: model });
  while (!over.aborted) {
    const { number } = JSON.parse((await send(server, 'POST', path, {})).bytes.toString());
    for (const name of ['a.bin', 'b/c.bin'])
      await send(server, 'PUT', `${path}/${number}/artifacts/${name}`, randomBytes(randomInt(50_000)));
    const { status, bytes } = await send(server, 'POST', `${path}/${number}/seal`);
    expect(status, bytes.toString()).toBe(200);
    sealed.set(`${model}/${number}`, JSON.parse(bytes.toString()).digest);
    if (number % 3 !== 0) continue;
    await send(server, 'DELETE', `${path}/${number - 1}?reason=test`);
    const purged = await send(server, 'POST', `${path}/${number - 1}/purge`);
    expect(purged.status, purged.bytes.toString()).toBe(200);
  }
}

const sizeOf = async (server: string) => Number((await getText(server, '/ledger/checkpoint')).split('\n')[1]);

/** Everything that the doctor looks at, the digests that were acknowledged before, and that a server goes on there. */
async function assertRestored(place: Place, point: Point, sealed: Sealed): Promise<void> {
  expect(await troubles(place.data, place.url)).toEqual([]);
  const opened = await place.open();
  try {
    expect(await opened.ledger.size()).toBe(point.manifest.ledger.size);
    const rows = await opened.db.read
      .selectFrom('version as v')
      .innerJoin('model as m', 'm.id', 'v.model_id')
      .select(['m.name', 'v.number', 'v.digest'])
      .execute();
    const digests = new Map(rows.map(({ name, number, digest }) => [`${name}/${number}`, digest]));
    for (const [version, digest] of sealed) expect(digests.get(version), version).toBe(digest);
    await make.version(opened, { artifacts: { 'model.bin': 'it goes on' } });
  } finally {
    await opened.close();
  }
}

/** An installation is backed up so often; then a new one begins, as each backup of a growing one takes longer. */
const ROUNDS_EACH = 20;

/** Backs up an installation under load again and again, and restores each backup; every fourth time into the other database. */
async function drill(kind: keyof typeof places, other: keyof typeof places, count: number) {
  const source = await places[kind]();
  const folder = await mkdtemp(join(tmpdir(), 'assayer-drill-'));
  const server = await startServer([...source.args, '--reserve-bytes', '0']);
  // As another process beside the server, which is what the command line is.
  const db = await openDatabase(source.url, { connections: 4 });
  const blobs = await openLocalStore(source.blobFolder, { shared: true });
  const parts = { db, blobs, now: Date.now, version: '0.0.0' };
  const sealed: Sealed = new Map();
  const checkpoints: string[] = [];
  let [copied, swept] = [0, 0];
  try {
    for (let round = 0; round < count; round += 1) {
      const over = new AbortController();
      const clients = Array.from({ length: CLIENTS }, (_, n) => publish(server.url, `model-${n}`, sealed, over.signal));
      const sweeping = (async () => {
        while (!over.signal.aborted)
          swept += (await collect(sweep({ db, blobs, now: Date.now }, { graceMs: 10_000 }))).length;
      })();
      const enough = sealed.size + 8;
      while (sealed.size < enough) await Promise.race([sleep(5), ...clients]);
      const [before, acknowledged] = [await sizeOf(server.url), new Map(sealed)];
      const taken = await backUp(parts, folder, { keep: 2 });
      const after = await sizeOf(server.url);
      over.abort();
      await Promise.all([...clients, sweeping]);
      expect(taken.manifest.problems).toEqual({ ledger: [], blobs: [] });
      expect(taken.manifest.ledger.size).toBeGreaterThanOrEqual(before);
      expect(taken.manifest.ledger.size).toBeLessThanOrEqual(after);
      checkpoints.push(taken.manifest.ledger.checkpoint);
      copied += taken.copied.blobs;
      const place = await places[round % 4 === 1 ? other : kind]();
      await restoreTo(place, folder, await getPoint(folder));
      await assertRestored(place, taken, acknowledged);
      await place.remove();
    }
    // What each backup holds is what the ledger of the server began with.
    const ledger = await openLedger(db, Date.now);
    const report = await verifyLedger(ledger.lines(1, await ledger.size()), { checkpoints, vkey: ledger.vkey });
    expect(report.problems).toEqual([]);
    expect(report.checkpoints.map(({ outcome }) => outcome)).toEqual(checkpoints.map(() => 'agrees'));
    return { events: report.size, copied, swept };
  } finally {
    await blobs.close();
    await db.close();
    await server.stop();
    await source.remove();
    await rm(folder, { recursive: true });
  }
}

for (const [i, kind] of KINDS.entries()) {
  const count = { sqlite: rounds(200, 3), postgres: rounds(60, 2) }[kind];
  describe(`the drill on ${kind}`, () => {
    it(`D15 D16 ${count} backups under load restore to a moment that existed, on ${kind}`, {
      timeout: 600_000 + count * 30_000,
    }, async () => {
      for (let done = 0; done < count; ) {
        const some = Math.min(ROUNDS_EACH, count - done);
        const { events, copied, swept } = await drill(kind, KINDS[1 - i] as typeof kind, some);
        done += some;
        told(
          `${kind}: ${done} of ${count} backups under load restored; of the last ${some}: ${events} events, ${copied} blobs copied, ${swept} swept`,
        );
      }
    });

    const kills = rounds(50, 3);
    const timeout = 300_000 + kills * 20_000;
    it(`D16 a restore that is killed leaves nothing that a server would open, on ${kind}`, { timeout }, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'assayer-drill-'));
      const point = await populated(folder);
      try {
        let shortest = (await restoring(kind, folder, point, Number.POSITIVE_INFINITY)).ms;
        let cut = 0;
        for (let round = 0; round < kills; round += 1) {
          const { killed, ms } = await restoring(kind, folder, point, shortest * (0.2 + 0.8 * Math.random()));
          if (killed) cut += 1;
          else shortest = Math.min(shortest, ms);
        }
        if (kills > 20) expect(cut).toBeGreaterThan(kills / 4);
        told(`${kind}: ${cut} of ${kills} restores killed before their end`);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
}

/** Runs `assayer restore-backup` in a place of its own and kills it after a time. Then all is there, or nothing and the next restores it. */
async function restoring(kind: keyof typeof places, folder: string, point: Point, afterMs: number) {
  const place = await places[kind]();
  try {
    const ran = await run(['restore-backup', folder, '--quiet', ...place.args], afterMs);
    if (ran.code !== 0) {
      expect(ran).toMatchObject({ killed: true });
      if (!(await isThere(place))) await restoreTo(place, folder, point);
    }
    await assertRestored(place, point, new Map());
    return ran;
  } finally {
    await place.remove();
  }
}

async function isThere({ url, data }: Place): Promise<boolean> {
  if (url.startsWith('sqlite:')) return existsSync(join(data, 'assayer.db'));
  const db = await openDatabase(url, { connections: 1 });
  try {
    return (await schemaOf(db)) !== 'empty';
  } finally {
    await db.close();
  }
}

describe('a backup that is cut', () => {
  const kills = rounds(50, 3);
  it(`D15 is none, and what it copied is used by the next: ${kills} kills`, {
    timeout: 300_000 + kills * 20_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assayer-drill-'));
    const source = await places.sqlite();
    const opened = await source.open();
    let cut = 0;
    try {
      await populate(opened);
      const whole = await run(['backup', folder, ...source.args], Number.POSITIVE_INFINITY);
      expect(whole).toMatchObject({ code: 0 });
      let shortest = whole.ms;
      for (let round = 0; round < kills; round += 1) {
        await make.version(opened, { artifacts: { 'new.bin': randomBytes(1_000) } });
        const { killed, ms } = await run(['backup', folder, ...source.args], shortest * (0.2 + 0.8 * Math.random()));
        if (killed) cut += 1;
        else shortest = Math.min(shortest, ms);
        for (const point of await listPoints(folder))
          expect(isReadable(point) && (await verifyBackup(folder, point))).toEqual([]);
      }
      const last = await run(['backup', folder, '--keep', '1', ...source.args], Number.POSITIVE_INFINITY);
      expect(last).toMatchObject({ code: 0 });
      const point = await getPoint(folder);
      expect(await verifyBackup(folder, point)).toEqual([]);
      expect(await readdir(join(folder, 'points'))).toEqual([point.name]);
      const files = await readdir(join(folder, 'blobs'), { recursive: true, withFileTypes: true });
      expect(files.filter((file) => file.isFile()).length).toBe(point.manifest.blobs.rows);
      if (kills > 20) expect(cut).toBeGreaterThan(kills / 4);
      told(`${cut} of ${kills} backups killed before their end`);
    } finally {
      await opened.close();
      await source.remove();
      await rm(folder, { recursive: true });
    }
  });
});

async function populate(opened: Opened): Promise<void> {
  for (let i = 0; i < 40; i += 1)
    await make.version(opened, { artifacts: { 'a.bin': randomBytes(20_000), 'b.bin': `${i}` }, status: 'staging' });
}

async function populated(folder: string): Promise<Point> {
  const source = await places.sqlite();
  const opened = await source.open();
  try {
    await populate(opened);
    const { db, blobs } = opened;
    return await backUp({ db, blobs, now: Date.now, version: '0.0.0' }, folder, { keep: 1 });
  } finally {
    await opened.close();
    await source.remove();
  }
}

/** Runs a command, and kills it after a time. */
async function run(
  args: string[],
  afterMs: number,
): Promise<{ code: number | null; killed: boolean; ms: number; stderr: string }> {
  const began = performance.now();
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const timer = Number.isFinite(afterMs) ? setTimeout(() => child.kill('SIGKILL'), afterMs) : undefined;
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  return { code, killed: signal === 'SIGKILL', ms: performance.now() - began, stderr };
}
