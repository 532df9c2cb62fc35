import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { collect, describeBlobStore, put, sha256Of } from '../../test/support/blob-contract.ts';
import { BlobMissing } from './errors.ts';
import { openLocalStore } from './local.ts';

describeBlobStore('a local folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'));
  const store = await openLocalStore(folder);
  return {
    store,
    listDraftFiles: () => readdir(join(folder, 'drafts')),
    overwrite: (sha256, bytes) => writeFile(join(folder, 'sha256', sha256.slice(0, 2), sha256), bytes),
    reopen: () => openLocalStore(folder),
    async close() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('a local store', () => {
  let parent: string;
  let folder: string;
  const bytes = randomBytes(1000);
  const sha256 = sha256Of(bytes);
  const blob = () => join(folder, 'sha256', sha256.slice(0, 2), sha256);
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'blobs-'));
    folder = join(parent, 'new', 'data');
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('O7 modes: folders 0700, files 0600, drafts inside the folder', async () => {
    const store = await openLocalStore(folder);
    await put(store, bytes);
    const draft = await store.draft();
    assert.ok(draft.file.startsWith(join(folder, 'drafts')));
    const mode = async (path: string) => (await lstat(path)).mode & 0o7777;
    for (const path of [
      join(parent, 'new'),
      folder,
      join(blob(), '..'),
      join(blob(), '../..'),
      join(folder, 'drafts'),
    ]) {
      assert.equal(await mode(path), 0o700);
    }
    for (const path of [blob(), draft.file]) assert.equal(await mode(path), 0o600);
    await store.close();
  });

  it('P5 follows no link in place of a blob, and puts the bytes there instead', async () => {
    const store = await openLocalStore(folder);
    const secret = join(parent, 'secret');
    await writeFile(secret, randomBytes(1000));
    await mkdir(join(blob(), '..'));
    await symlink(secret, blob());
    assert.equal(await store.size(sha256), undefined);
    await assert.rejects(store.open(sha256), BlobMissing);
    assert.deepEqual(await collect(store.list()), []);
    await put(store, bytes);
    assert.ok((await lstat(blob())).isFile());
    assert.equal((await lstat(secret)).size, 1000);
  });

  it('P5 opens no folder whose own folders are links', async () => {
    for (const inner of ['sha256', 'drafts', 'sha256/ab']) {
      await rm(folder, { recursive: true, force: true });
      await openLocalStore(folder);
      await mkdir(join(folder, 'sha256', 'ab'));
      await rename(join(folder, inner), join(parent, 'elsewhere'));
      await symlink(join(parent, 'elsewhere'), join(folder, inner));
      await assert.rejects(openLocalStore(folder), /symbolic link/);
      await rm(join(parent, 'elsewhere'), { recursive: true });
    }
  });

  it('may itself be reached by a link', async () => {
    await mkdir(join(parent, 'disk'));
    await symlink(join(parent, 'disk'), join(parent, 'linked'));
    await put(await openLocalStore(join(parent, 'linked')), bytes);
    assert.deepEqual(await readdir(join(parent, 'disk', 'sha256')), [sha256.slice(0, 2)]);
  });

  it('D4 deletes every left-over draft at the start; only those older than a day where others share the folder', async () => {
    await openLocalStore(folder);
    const [fresh, old] = [join(folder, 'drafts', 'fresh'), join(folder, 'drafts', 'old')];
    for (const path of [fresh, old]) await writeFile(path, bytes);
    const yesterday = Date.now() / 1000 - 25 * 60 * 60;
    await utimes(old, yesterday, yesterday);
    await openLocalStore(folder, { shared: true });
    assert.deepEqual(await readdir(join(folder, 'drafts')), ['fresh']);
    await openLocalStore(folder);
    assert.deepEqual(await readdir(join(folder, 'drafts')), []);
  });

  it('lists no file that is not a blob', async () => {
    const store = await openLocalStore(folder);
    await put(store, bytes);
    const prefix = join(blob(), '..');
    await writeFile(join(prefix, 'notes.txt'), '');
    await writeFile(join(prefix, `${'00'.repeat(31)}zz`), '');
    await writeFile(join(prefix, `${sha256.startsWith('f') ? '0' : 'f'}${sha256.slice(1)}`), '');
    await mkdir(join(folder, 'sha256', 'lost+found'));
    assert.deepEqual(
      (await collect(store.list())).map((one) => one.sha256),
      [sha256],
    );
  });
});
