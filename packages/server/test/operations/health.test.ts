import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Files, realFiles } from '../../src/blobs/files.ts';
import { openLocalStore } from '../../src/blobs/local.ts';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { openLedger } from '../../src/events/ledger.ts';
import { probeArtifacts, probeDatabase, probeDisks, watchCommits } from '../../src/http/operations/probes.ts';
import type { Pending } from '../../src/registry/group-commit.ts';
import { databases } from '../support/databases.ts';

const idle = (): Pending => ({ waiting: 0, since: undefined });
const batch = { changes: 1, refused: 0, events: 0, retries: 0, ms: 1 };

for (const [name, open] of Object.entries(databases))
  describe(`the probe of ${name}`, () => {
    let db: Database;
    let closed: boolean;
    beforeEach(async () => {
      db = await open();
      closed = false;
      await openLedger(db, Date.now);
    });
    afterEach(async () => {
      if (!closed) await db.close();
    });

    it('O1 finds nothing where all is well, and a commit that hangs', async () => {
      let since: number | undefined;
      const probe = await probeDatabase(db, watchCommits(db), () => ({ waiting: 3, since }));
      expect(await probe()).toBeUndefined();
      since = performance.now() - 60_000;
      expect(await probe()).toMatchObject({ detail: 'A commit is under way for 60 s.', reads: true });
    });

    it('O1 after a commit that failed writes to see whether it can, and forgets the failure where it can', async () => {
      const commits = watchCommits(db);
      let full = true;
      const failing: Database = {
        ...db,
        isFull: () => full,
        write: {
          ...db.write,
          transaction: () => {
            if (full) throw new Error('disk full');
            return db.write.transaction();
          },
        } as Database['write'],
      };
      const probe = await probeDatabase(failing, commits, idle);
      expect(await probe()).toBeUndefined(); // nothing failed so far: no write is tried
      commits.onBatch({ ...batch, error: new Error('disk full') });
      expect(await probe()).toMatchObject({ detail: expect.stringContaining('is full'), reads: true });
      full = false;
      expect(await probe()).toBeUndefined();
      expect(commits.failed).toBe(false);
    });

    it('O1 a batch that was busy is no failure; one that succeeds ends it', () => {
      const commits = watchCommits(db);
      const busy = Object.assign(new Error('busy'), { code: name === 'sqlite' ? 'SQLITE_BUSY' : '40001' });
      commits.onBatch({ ...batch, error: busy });
      expect(commits.failed).toBe(false);
      commits.onBatch({ ...batch, error: new Error('io') });
      expect(commits.failed).toBe(true);
      commits.onBatch(batch);
      expect(commits.failed).toBe(false);
    });

    it('O1 tells that it does not answer', async () => {
      const probe = await probeDatabase(db, watchCommits(db), idle);
      await db.close();
      closed = true;
      expect(await probe()).toMatchObject({
        detail: expect.stringMatching(/^The database does not answer/),
        reads: false,
      });
    });
  });

describe('the probe of a SQLite file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assayer-probe-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('O1 tells that the file is gone, and that another one has its name', async () => {
    const file = join(folder, 'assayer.db');
    const db = await openDatabase(`sqlite:${file}`);
    await migrate(db);
    const probe = await probeDatabase(db, watchCommits(db), idle, file);
    expect(await probe()).toBeUndefined();
    await rename(file, `${file}.old`);
    expect(await probe()).toMatchObject({ detail: expect.stringContaining('is gone'), reads: false });
    await (await openDatabase(`sqlite:${file}`)).close();
    expect(await probe()).toMatchObject({ detail: expect.stringContaining('is gone') });
    await db.close();
  });

  it('O1 tells that it takes no changes any more', async () => {
    const db = await openDatabase(`sqlite:${join(folder, 'assayer.db')}`);
    await migrate(db);
    await openLedger(db, Date.now);
    const commits = watchCommits(db);
    const probe = await probeDatabase(db, commits, idle);
    await sql`pragma query_only = on`.execute(db.write); // as a mount that turned read-only
    commits.onBatch({ ...batch, error: new Error('attempt to write a readonly database') });
    expect(await probe()).toMatchObject({
      detail: 'The database takes no changes (SQLITE_READONLY).',
      advice: expect.stringContaining('read-only'),
      reads: true,
    });
    await db.close();
  });
});

describe('the probe of the artifact store', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assayer-probe-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A store whose steps fail with this system error from now on. */
  async function failing(step: 'open' | 'fsync') {
    let code: string | undefined;
    const fail = () => {
      if (code) throw Object.assign(new Error(code), { code });
    };
    const files: Files = {
      ...realFiles,
      open: async (...args) => {
        if (step === 'open') fail();
        const handle = await realFiles.open(...args);
        const sync = handle.sync.bind(handle);
        if (step === 'fsync')
          handle.sync = async () => {
            fail();
            await sync();
          };
        return handle;
      },
    };
    const store = await openLocalStore(folder, { files });
    return {
      store,
      probe: probeArtifacts(store),
      fail(how: string | undefined) {
        code = how;
      },
    };
  }

  it.each([
    ['ENOSPC', /is full/],
    ['EROFS', /cannot be written \(EROFS\)/],
    ['EACCES', /cannot be written \(EACCES\)/],
    ['EMFILE', /cannot be written \(EMFILE\)/],
  ])('O1 D6 %s is told while it lasts, and what is there can be read', async (code, detail) => {
    const { probe, fail } = await failing('open');
    expect(await probe()).toBeUndefined();
    fail(code);
    expect(await probe()).toMatchObject({ detail: expect.stringMatching(detail), reads: true });
    fail(undefined);
    expect(await probe()).toBeUndefined();
  });

  it('O1 D7 after a failed fsync it is read-only, and says so until a restart', async () => {
    const { store, probe, fail } = await failing('fsync');
    const draft = await store.draft();
    await draft.write(Buffer.from('x'));
    fail('EIO');
    await expect(draft.keep('2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881')).rejects.toThrow();
    fail(undefined);
    for (let i = 0; i < 2; i += 1)
      expect(await probe()).toMatchObject({ detail: expect.stringContaining('read-only until'), reads: true });
  });

  it('O1 tells that its folder is gone, and that it is back', async () => {
    const store = await openLocalStore(join(folder, 'blobs'));
    const probe = probeArtifacts(store);
    await rename(join(folder, 'blobs'), join(folder, 'elsewhere'));
    expect(await probe()).toMatchObject({ detail: 'The folder of the artifact store is gone.', reads: false });
    await rename(join(folder, 'elsewhere'), join(folder, 'blobs'));
    expect(await probe()).toBeUndefined();
  });
});

it('O1 the disk with less free than the reserve is named', async () => {
  const disks = [
    { of: 'database', free: async () => 50 * 2 ** 20 },
    { of: 'artifacts', free: async () => 2 ** 20 },
    { of: 'elsewhere', free: async () => undefined },
  ];
  expect(await probeDisks(disks, 2 ** 20)()).toBeUndefined();
  expect(await probeDisks(disks, 10 * 2 ** 20)()).toMatchObject({
    detail: 'The disk of the artifacts has 1 MiB free; below 10 MiB uploads are refused.',
    reads: true,
  });
});
