import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { backUp } from '../../src/backup/backup.ts';
import { blobIn, getPoint, listPoints, type Point } from '../../src/backup/folder.ts';
import { BackupRefused } from '../../src/backup/refused.ts';
import { verifyBackup } from '../../src/backup/verify.ts';
import { syncFolder } from '../../src/blobs/files.ts';
import { openLocalStore } from '../../src/blobs/local.ts';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { KEPT_TABLES, LEFT_TABLES, pagesOf, toLine } from '../../src/db/portable.ts';
import { verifyLedger } from '../../src/events/verify.ts';
import { scrub } from '../../src/registry/scrub.ts';
import { collect, sha256Of } from '../support/blob-contract.ts';
import { make } from '../support/make.ts';
import { ada, type Opened } from '../support/open-registry.ts';
import { type Place, places, restoreTo } from '../support/places.ts';

vi.mock(import('../../src/blobs/files.ts'), async (original) => {
  const files = await original();
  return { ...files, syncFolder: vi.fn(files.syncFolder) };
});

const KEEP = { keep: 7 };
const left: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const remove of left) await remove();
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assayer-backup-'));
  left.push(() => rm(folder, { recursive: true }));
  return folder;
}

async function newPlace(kind: keyof typeof places): Promise<Place> {
  const place = await places[kind]();
  left.push(place.remove);
  return place;
}

const backUpOf = ({ db, blobs }: Opened, folder: string, keep = KEEP) =>
  backUp({ db, blobs, now: Date.now, version: '0.0.0' }, folder, keep);

/** Every row of every table that a backup keeps, and of the search index. */
async function contentOf({ db }: Opened): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {};
  for (const kept of KEPT_TABLES) content[kept.table] = (await collect(pagesOf(db.read, kept))).flat().map(toLine);
  for (const noun of ['model', 'version'] as const) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(`${noun}_facet`)}`.execute(db.read);
    content[`${noun}_facet`] = rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
  }
  return content;
}

async function populate(opened: Opened): Promise<void> {
  const { registry } = opened;
  for (const model of ['churn', 'fraud', 'gone', 'purged'])
    for (let i = 1; i <= 3; i += 1)
      await make.version(opened, {
        model: i === 1 ? (await make.model(opened, { name: model, tags: { team: `«${model}» \\x00` } })).name : model,
        artifacts: { 'model.bin': `${model} ${i}`, 'same.bin': 'in every version', 'empty.bin': '' },
        status: i === 2 ? 'production' : 'staging',
        aliases: i === 3 ? ['newest'] : [],
        metrics: { auc: i / 7, loss: 'NaN' },
        description: 'Vorhersage der Kündigung',
      } as never);
  await registry.versions.deregister(ada, 'churn', '3', { reason: 'test' });
  await registry.versions.deregister(ada, 'churn', '1', { reason: 'test' });
  await registry.versions.purge(ada, 'churn', '1');
  await registry.models.deregister(ada, 'gone', { reason: 'test', force: true });
  await registry.models.deregister(ada, 'purged', { reason: 'test', force: true });
  await registry.models.purge(ada, 'purged');
  await registry.models.rename(ada, 'fraud', 'fraud-eu');
  await make.artifact(
    opened,
    (await make.model(opened, { name: 'open' })).name,
    (await registry.versions.create(ada, 'open', {})).number,
    'a.bin',
  );
  await train(opened);
  await judge(opened);
  const idempotent = { ...ada, idempotency: { key: 'k', fingerprint: 'f' } };
  await registry.models.register(idempotent as never, { name: 'once' });
}

/** Metrics, evaluations and what they mean, with every number that JSON has none for. */
async function judge({ registry: { evidence } }: Opened): Promise<void> {
  const values = ['NaN', 'Infinity', '-Infinity', 0.1 + 0.2, 1e-320, -0, 2 ** 53] as const;
  await evidence.metrics.log(ada, 'churn', '2', { metrics: values.map((value) => ({ name: 'curve', value })) });
  await evidence.metrics.log(ada, 'churn', '2', { metrics: values.map((value, i) => ({ name: `«m»${i}`, value })) });
  for (const [i, value] of values.entries())
    await evidence.evaluations.record(ada, 'fraud-eu', String(1 + (i % 3)), {
      dataset: { name: '«holdout»', digest: `d${i % 2}` },
      metrics: { loss: value, [`m${i}`]: 1 },
      slices: [{ slice: 'all', metrics: { loss: value } }],
      curves: {
        confusion: {
          labels: ['a', 'b'],
          counts: [
            [1, 2],
            [3, 4],
          ],
        },
      },
    });
  await evidence.definitions.set(ada, 'loss', { unit: '€' });
}

/** Rows in every table of training, and files, of which one has bytes that no version names. */
async function train({ db, registry }: Opened): Promise<void> {
  const put = (path: string, content: string) => registry.files.put(path, Readable.from([Buffer.from(content)]));
  await put('0/r/artifacts/model.bin', 'churn 2');
  await put('0/r/artifacts/caf%C3%A9/«x».txt', 'of the run alone');
  await put('0/r/artifacts/empty', '');
  const upload = await registry.files.uploads.begin('0/r/artifacts/parts', 2);
  await registry.files.uploads.put(upload.upload_id, 1, Readable.from([Buffer.from('a part')]));
  const tx = db.write;
  const of = { experiment_id: 0, artifact_location: 'mlflow-artifacts:/0', last_update_time: 5, creation_time: 5 };
  const run = { run_id: 'r', key: 'k' };
  const [model, point] = [{ model_id: 'm-1' }, { timestamp: -1, step: 2 ** 40, is_nan: 0, value: 0.1 }];
  await tx.insertInto('experiment_tag').values({ experiment_id: 0, key: 'k', value: '«ä»\\n' }).execute();
  await tx
    .insertInto('run')
    .values({
      run_id: 'r',
      experiment_id: 0,
      run_name: 'r',
      user_id: '',
      status: 'FINISHED',
      start_time: 1,
      end_time: null,
      artifact_uri: 'mlflow-artifacts:/0/r/artifacts',
      lifecycle_stage: 'active',
      deleted_at: null,
    })
    .execute();
  for (const table of ['param', 'run_tag'] as const)
    await tx
      .insertInto(table)
      .values({ ...run, value: 'v' })
      .execute();
  const values = [point.value, 0, -1e-300, 1.7976931348623157e308, -1.7976931348623157e308, 5e-324];
  for (const [i, value] of values.entries())
    await tx
      .insertInto('metric')
      .values({ ...point, series: 7, value, is_nan: i === 1 ? 1 : 0 })
      .execute();
  await tx
    .insertInto('latest_metric')
    .values({ ...run, ...point, id: 7 })
    .execute();
  const dataset = { experiment_id: 0, name: 'd', digest: 'd', source_type: 's', source: 's' };
  await tx
    .insertInto('dataset')
    .values({ ...dataset, schema: null, profile: '{}' })
    .execute();
  const { id } = await db.read.selectFrom('dataset').select('id').executeTakeFirstOrThrow();
  await tx.insertInto('run_dataset').values({ run_id: 'r', dataset_id: id, tags: '[]' }).execute();
  await tx
    .insertInto('run_model')
    .values({ run_id: 'r', role: 'output', ...model, step: 0 })
    .execute();
  await tx
    .insertInto('logged_model')
    .values({
      ...of,
      ...model,
      name: 'm',
      status: 'LOGGED_MODEL_READY',
      model_type: '',
      source_run_id: 'r',
      deleted_at: 7,
    })
    .execute();
  for (const table of ['logged_model_param', 'logged_model_tag'] as const)
    await tx
      .insertInto(table)
      .values({ ...model, key: 'k', value: 'v' })
      .execute();
  await tx
    .insertInto('logged_model_metric')
    .values({ ...model, ...point, key: 'k', run_id: 'r', dataset_name: '', dataset_digest: '' })
    .execute();
}

async function assertSound({ db, ledger, registry, blobFolder }: Opened): Promise<void> {
  expect(await collect(registry.ledger.reconcile())).toEqual([]);
  const size = await ledger.size();
  const checkpoints = await ledger.keptCheckpoints();
  const report = await verifyLedger(ledger.lines(1, size), { checkpoints, vkey: ledger.vkey });
  expect(report).toMatchObject({ ok: true, size });
  expect((await collect(scrub({ read: db.read, folder: blobFolder }))).filter(({ kind }) => kind !== 'extra')).toEqual(
    [],
  );
}

for (const from of Object.keys(places) as (keyof typeof places)[])
  describe(`a backup of ${from}`, () => {
    let source: Opened;
    let backups: string;
    let point: Point;
    beforeAll(async () => {
      source = await (await newPlace(from)).open();
      await populate(source);
      backups = await newFolder();
      point = await backUpOf(source, backups);
    });
    afterAll(() => source?.close());

    for (const to of Object.keys(places) as (keyof typeof places)[])
      it(`D16 restores to ${to}: the same rows, index and bytes, and the ledger goes on`, async () => {
        const place = await newPlace(to);
        await restoreTo(place, backups, point);
        const opened = await place.open();
        onTestFinished(() => opened.close());
        expect(await contentOf(opened)).toEqual(await contentOf(source));
        await assertSound(opened);
        expect(opened.ledger.vkey).toBe(source.ledger.vkey);
        const { registry, db } = opened;
        expect((await registry.files.find('0/r/artifacts/caf%C3%A9/«x».txt'))?.size_bytes).toBe(16);
        expect(await db.read.selectFrom('file_part').selectAll().execute()).toEqual([]);
        // Numbers and names go on where they ended.
        const name = { name: 'next', artifact_location: '', lifecycle_stage: 'active', creation_time: 0 } as const;
        await db.write
          .insertInto('experiment')
          .values({ ...name, last_update_time: 0 })
          .execute();
        expect(
          (await db.read.selectFrom('experiment').select('id').orderBy('id').execute()).map(({ id }) => id),
        ).toEqual([0, 1]);
        expect((await registry.versions.create(ada, 'churn', {})).number).toBe(4);
        expect((await registry.models.register(ada, { name: 'purged' })).name).toBe('purged');
        expect((await registry.versions.create(ada, 'purged', {})).number).toBe(4);
        const found = await registry.models.list({ q: 'fraud', page_size: 10 } as never);
        expect(found.items.map(({ name }) => name)).toEqual(['fraud-eu']);
        await registry.models.restore(ada, 'gone');
        await assertSound(opened);
      });

    it('D15 every table is in a backup, or can be made from those that are', async () => {
      const { db } = source;
      const { rows } = await (db.name === 'sqlite'
        ? sql<{ name: string }>`select name from sqlite_schema where type = 'table'`
        : sql<{ name: string }>`select table_name as name from information_schema.tables
            where table_schema = current_schema()`
      ).execute(db.read);
      const names = rows.map(({ name }) => name).filter((name) => !/^sqlite_|_text_/.test(name));
      const known = [...KEPT_TABLES.map(({ table }) => table), ...LEFT_TABLES];
      expect(names.sort()).toEqual(known.filter((name) => names.includes(name as never)).sort());
      expect(known.filter((name) => !names.includes(name as never))).toEqual([]);
    });

    it('O7 what is written is for its owner alone', async () => {
      for (const entry of await readdir(backups, { recursive: true, withFileTypes: true })) {
        const { mode } = await stat(join(entry.parentPath, entry.name));
        expect(`${entry.name} ${(mode & 0o077).toString(8)}`).toBe(`${entry.name} 0`);
      }
    });

    it('copies bytes once, keeps so many backups as asked, and forgets what none of them names', async () => {
      const opened = await (await newPlace(from)).open();
      onTestFinished(() => opened.close());
      const folder = await newFolder();
      const { model, number } = await make.version(opened, { artifacts: { 'a.bin': 'one', 'b.bin': 'two' } });
      const first = await backUpOf(opened, folder, { keep: 2 });
      expect(first.copied).toEqual({ blobs: 2, bytes: 6 });
      const ref = String(number);
      await opened.registry.artifacts.detach(ada, { model, ref, path: 'a.bin' });
      await make.artifact(opened, model, number, 'c.bin', 'three');
      const second = await backUpOf(opened, folder, { keep: 2 });
      expect(second.copied).toEqual({ blobs: 1, bytes: 5 });
      expect(second.manifest.blobs).toMatchObject({ rows: 2, total_bytes: 8 });
      expect(await verifyBackup(folder, first)).toEqual([]);
      expect(await verifyBackup(folder, second)).toEqual([]);
      const third = await backUpOf(opened, folder, { keep: 2 });
      expect((await listPoints(folder)).map(({ name }) => name)).toEqual([second.name, third.name]);
      expect(existsSync(blobIn(folder, sha256Of(Buffer.from('one'))))).toBe(false);
      expect(existsSync(blobIn(folder, sha256Of(Buffer.from('two'))))).toBe(true);
      await expect(getPoint(folder, first.name)).rejects.toThrow(second.name);
    });

    it('D15 begins anew where bytes are swept away while they are copied', async () => {
      const opened = await (await newPlace(from)).open();
      onTestFinished(() => opened.close());
      const { model, number } = await make.version(opened, { artifacts: { 'a.bin': 'soon gone', 'b.bin': 'stays' } });
      const { open } = opened.blobs;
      const slot = { model, ref: String(number), path: 'a.bin' };
      const sweepOnce = async () => {
        await opened.registry.artifacts.detach(ada, slot);
        return collect(opened.registry.trash.sweep({ graceMs: -60_000 }));
      };
      let sweeping: ReturnType<typeof sweepOnce> | undefined;
      opened.blobs.open = async (...asked) => {
        sweeping ??= sweepOnce();
        await sweeping;
        return open(...asked);
      };
      const folder = await newFolder();
      const taken = await backUpOf(opened, folder);
      expect(await sweeping).toHaveLength(1);
      expect(taken.manifest.blobs.rows).toBe(1);
      expect(await verifyBackup(folder, taken)).toEqual([]);
      expect(await readdir(join(folder, 'points'))).toEqual([taken.name]);
    });

    it('bytes that are uploaded anew after they were swept away are no damage', async () => {
      const opened = await (await newPlace(from)).open();
      onTestFinished(() => opened.close());
      const { model, number } = await make.version(opened, { artifacts: { 'a.bin': 'comes back' } });
      const { open, remove } = opened.blobs;
      let missed = 0;
      opened.blobs.open = async (sha256, ...asked) => {
        if (missed++ > 0) return open(sha256, ...asked);
        const removed = await remove(sha256);
        await removed?.free();
        return open(sha256, ...asked).finally(() => make.artifact(opened, model, number, 'b.bin', 'comes back'));
      };
      const folder = await newFolder();
      const taken = await backUpOf(opened, folder);
      expect(missed).toBe(2);
      expect(taken.manifest.problems.blobs).toEqual([]);
      expect(await verifyBackup(folder, taken)).toEqual([]);
    });

    it('a damaged blob does not end the backup: it is named, and restoring must be forced', async () => {
      const opened = await (await newPlace(from)).open();
      onTestFinished(() => opened.close());
      await make.version(opened, { artifacts: { 'a.bin': 'rotten', 'b.bin': 'sound' } });
      const sha256 = sha256Of(Buffer.from('rotten'));
      await writeFile(join(opened.blobFolder, 'sha256', sha256.slice(0, 2), sha256), 'ROTTEN');
      const folder = await newFolder();
      const taken = await backUpOf(opened, folder);
      expect(taken.manifest.problems.blobs).toEqual([{ sha256, detail: expect.stringContaining('digest') }]);
      const place = await newPlace(from);
      await expect(restoreTo(place, folder, taken)).rejects.toThrow(/says of itself.*--force/s);
      await restoreTo(place, folder, taken, { force: true });
      const restored = await place.open();
      onTestFinished(() => restored.close());
      expect(await contentOf(restored)).toEqual(await contentOf(opened));
    });

    it('a backup that was changed or cut is refused, and leaves nothing that a server would open', async () => {
      const folder = await newFolder();
      await backUpOf(source, folder);
      const taken = await getPoint(folder);
      const files = [
        join(taken.folder, 'version.jsonl.gz'),
        join(taken.folder, 'event.jsonl.gz'),
        join(taken.folder, 'blobs.jsonl.gz'),
        blobIn(folder, sha256Of(Buffer.from('churn 2'))),
      ];
      for (const file of files) {
        const good = await readFile(file);
        const flipped = Buffer.from(good);
        flipped[good.length >> 1]! ^= 1;
        for (const bad of [flipped, good.subarray(0, good.length - 1), randomBytes(good.length), undefined]) {
          await (bad ? writeFile(file, bad) : rm(file));
          expect(await verifyBackup(folder, taken), `${file} is changed`).not.toEqual([]);
          const place = await newPlace(from);
          await expect(restoreTo(place, folder, taken)).rejects.toThrow(BackupRefused);
          const empty = await place.open(); // and finds nothing
          expect((await contentOf(empty)).model).toEqual([]);
          await empty.close();
          await writeFile(file, good);
        }
      }
      await appendFile(join(taken.folder, 'manifest.json'), '}');
      await expect(getPoint(folder)).rejects.toThrow('is damaged');
      await rm(join(taken.folder, 'manifest.json'));
      await expect(getPoint(folder)).rejects.toThrow('there is no backup');
    });

    it('verifies, restores and goes on where the files of the backup have other modes', async () => {
      const folder = await newFolder();
      const taken = await backUpOf(source, folder);
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
        await chmod(join(entry.parentPath, entry.name), 0o755);
      expect(await verifyBackup(folder, taken)).toEqual([]);
      const place = await newPlace(from);
      await restoreTo(place, folder, taken);
      const restored = await place.open();
      onTestFinished(() => restored.close());
      await assertSound(restored);
    });

    it('restores into nothing but an empty database, and over bytes that an earlier restore left', async () => {
      const place = await newPlace(from);
      const blobs = await openLocalStore(place.blobFolder);
      const draft = await blobs.draft();
      await draft.write(Buffer.from('churn 2'));
      await draft.keep(sha256Of(Buffer.from('churn 2')));
      await restoreTo(place, backups, point);
      await expect(restoreTo(place, backups, point)).rejects.toThrow(/database already|not empty/);
    });
  });

describe('a folder of several backups', () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await (await newPlace('sqlite')).open();
    await make.version(opened, { artifacts: { 'a.bin': 'one' } });
  });
  afterAll(() => opened?.close());

  const oneFile = () => blobIn(folder, sha256Of(Buffer.from('one')));
  const namesOf = async () => (await readdir(join(folder, 'points'))).sort();
  let folder: string;
  let first: Point;
  let second: Point;
  beforeEach(async () => {
    folder = await newFolder();
    first = await backUpOf(opened, folder);
    second = await backUpOf(opened, folder);
  });

  it('D15 keeps the backup that it took, and holds it for the latest, where the clock was set back', async () => {
    const parts = { db: opened.db, blobs: opened.blobs, now: () => Date.UTC(2020), version: '0.0.0' };
    const taken = await backUp(parts, folder, { keep: 1 });
    expect(taken.manifest.taken_at).toBe('2020-01-01T00:00:00.000Z');
    expect(await namesOf()).toEqual([taken.name]);
    const next = await backUp(parts, folder, KEEP);
    expect((await getPoint(folder)).name).toBe(next.name);
    expect(await namesOf()).toEqual([taken.name, next.name]);
  });

  const damages: Record<string, (point: Point) => Promise<void>> = {
    'whose manifest is damaged': (point) => appendFile(join(point.folder, 'manifest.json'), '}'),
    'of a newer Assayer': (point) => writeFile(join(point.folder, 'manifest.json'), '{"format":99}'),
    'whose list of blobs is damaged': (point) => writeFile(join(point.folder, 'blobs.jsonl.gz'), 'x'),
    'whose list of blobs is another': async (point) => {
      const file = join(point.folder, 'blobs.jsonl.gz');
      const text = gunzipSync(await readFile(file)).toString();
      await writeFile(file, gzipSync(text.replace(/"sha256":"../, '"sha256":"zz')));
    },
  };
  for (const [what, damage] of Object.entries(damages))
    it(`D15 a backup ${what} stands in the way of no other, and no blob goes while it stays`, async () => {
      await damage(first);
      const stray = blobIn(folder, sha256Of(Buffer.from('named by none, as far as can be read')));
      await mkdir(dirname(stray), { recursive: true });
      await writeFile(stray, 'x');
      const third = await backUpOf(opened, folder, { keep: 3 });
      expect(third.unreadable.map(({ name }) => name)).toEqual([first.name]);
      expect(existsSync(stray)).toBe(true);
      expect(await verifyBackup(folder, await getPoint(folder))).toEqual([]);
      expect(await verifyBackup(folder, await getPoint(folder, second.name))).toEqual([]);
      // It is not counted, and goes with those that are as old.
      const fourth = await backUpOf(opened, folder, { keep: 3 });
      expect(fourth.unreadable).toEqual([]);
      expect(await namesOf()).toEqual([second.name, third.name, fourth.name]);
      expect(existsSync(stray)).toBe(false);
      expect(existsSync(oneFile())).toBe(true);
    });

  it('the latest is asked for by its name or not: where it cannot be read, no older one is taken for it', async () => {
    await appendFile(join(second.folder, 'manifest.json'), '}');
    await expect(getPoint(folder)).rejects.toThrow(`is damaged, but ${first.name}`);
    await expect(getPoint(folder, second.name)).rejects.toThrow('is damaged');
    expect((await getPoint(folder, first.name)).name).toBe(first.name);
  });

  it('a backup that was given another name stays, with its blobs, and is not the latest', async () => {
    await rename(first.folder, join(folder, 'points', 'before-upgrade'));
    const taken = await backUpOf(opened, folder, { keep: 1 });
    expect(await namesOf()).toEqual([taken.name, 'before-upgrade']);
    expect((await getPoint(folder)).name).toBe(taken.name);
    expect(await verifyBackup(folder, await getPoint(folder, 'before-upgrade'))).toEqual([]);
  });

  it('D15 makes durable what a backup that was cut had copied', async () => {
    await rm(join(folder, 'points', first.name), { recursive: true });
    const synced: string[] = [];
    vi.mocked(syncFolder).mockImplementation(async (_, path) => void synced.push(path));
    onTestFinished(() => void vi.mocked(syncFolder).mockReset());
    const { copied } = await backUpOf(opened, folder);
    expect(copied.blobs).toBe(0);
    expect(synced).toEqual(expect.arrayContaining([folder, join(folder, 'blobs'), dirname(oneFile())]));
  });
});

describe('a restore to SQLite', () => {
  it('D16 is refused beside the log of a database that is gone', async () => {
    const place = await newPlace('sqlite');
    const file = join(place.data, 'assayer.db');
    const opened = await place.open();
    await populate(opened);
    const backups = await newFolder();
    const point = await backUpOf(opened, backups);
    const ought = await contentOf(opened);
    await make.version(opened);
    // What a server that is killed leaves; then its database is moved away, and the log is not.
    const log = await readFile(`${file}-wal`);
    await opened.close();
    await rm(file);
    for (const end of ['-wal', '-journal']) {
      await writeFile(`${file}${end}`, log);
      await expect(restoreTo(place, backups, point)).rejects.toThrow(`${file}${end}`);
      expect(existsSync(file)).toBe(false);
      await rm(`${file}${end}`);
    }
    await restoreTo(place, backups, point);
    const restored = await place.open();
    onTestFinished(() => restored.close());
    expect(await contentOf(restored)).toEqual(ought);
  });
});

describe('a backup of nothing', () => {
  it('is refused', async () => {
    const place = await newPlace('sqlite');
    const db: Database = await openDatabase(place.url);
    await migrate(db);
    const blobs = await openLocalStore(place.blobFolder);
    const folder = await newFolder();
    const parts = { db, blobs, now: Date.now, version: '0.0.0' };
    await expect(backUp(parts, folder, KEEP)).rejects.toThrow('nothing to back up');
    expect(await readdir(join(folder, 'points'))).toEqual([]);
    await db.close();
  });
});
