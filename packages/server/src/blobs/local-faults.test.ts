import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { collect, cut, put, readBlob, sha256Of } from '../../test/support/blob-contract.ts';
import { DiskFull, StoreSuspect, StoreUnwritable } from './errors.ts';
import { type Files, realFiles } from './files.ts';
import { openLocalStore } from './local.ts';
import { receive } from './receive.ts';

const MiB = 1024 * 1024;
// Not random: their digests must begin differently, so that each has a folder of its own.
const bytes = Buffer.alloc(3 * MiB + 5, 'large');
const small = Buffer.from('small');
const sha256 = sha256Of(bytes);
const HANDLE_CALLS = ['write', 'sync', 'close', 'utimes'];
const FOLDER_CALLS = ['mkdir', 'rename', 'unlink'];

/** The real file system, with a look at each changing call before it is made; what `before` throws is its failure. */
function watchedFiles(before: (call: string) => void): Files {
  const watch = <T extends object>(target: T, calls: string[], of: string): T =>
    new Proxy(target, {
      get(object, key) {
        const member = Reflect.get(object, key);
        if (typeof member !== 'function') return member;
        if (!calls.includes(String(key))) return member.bind(object);
        return async (...given: unknown[]) => {
          before(`${String(key)} ${of || name(given[0])}`);
          return member.apply(object, given);
        };
      },
    });
  const name = (path: unknown) =>
    /drafts/.test(String(path)) ? 'draft' : basename(String(path)) === sha256 ? 'blob' : 'folder';
  const { mkdir, rename, unlink } = watch(realFiles, FOLDER_CALLS, '');
  return {
    ...realFiles,
    mkdir,
    rename,
    unlink,
    async open(path, flags, mode) {
      const what = name(path);
      if (what === 'draft') before('open draft');
      return watch(await realFiles.open(path, flags, mode), HANDLE_CALLS, what);
    },
  };
}

const failure = (code: string) => Object.assign(new Error(`${code}: injected`), { code });

describe('a local store on a failing device', () => {
  let folder: string;
  let calls: string[];
  let fail: (call: string) => void;
  const open = () =>
    openLocalStore(folder, {
      files: watchedFiles((call) => {
        calls.push(call);
        fail(call);
      }),
    });
  const drafts = () => readdir(join(folder, 'drafts'));
  /** Fails the nth call that looks like this. */
  const failAt = (pattern: RegExp, nth: number, code: string) => {
    let seen = 0;
    fail = (call) => {
      if (pattern.test(call) && seen++ === nth) throw failure(code);
    };
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blobs-'));
    calls = [];
    fail = () => {};
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('has two blobs in different folders', () => assert.notEqual(sha256.slice(0, 2), sha256Of(small).slice(0, 2)));

  it('D2 order: bytes are synced before the rename, the folders before keep resolves', async () => {
    const store = await open();
    calls = [];
    await put(store, bytes);
    const steps = calls.filter((call, i) => call !== calls[i - 1]);
    assert.deepEqual(steps, [
      'open draft',
      'write draft',
      'mkdir folder',
      'sync folder',
      'close folder',
      'utimes draft',
      'sync draft',
      'close draft',
      'rename draft',
      'sync folder',
      'close folder',
    ]);
  });

  it('D2 fresh bytes take the place of a blob that is there already, which may be damaged or not synced', async () => {
    await put(await open(), bytes);
    calls = [];
    const again = await open();
    calls = [];
    await put(again, bytes);
    assert.deepEqual(calls.slice(-5), ['sync draft', 'close draft', 'rename draft', 'sync folder', 'close folder']);
  });

  it('a blob that is damaged is whole again once its bytes are sent again', async () => {
    const store = await open();
    await put(store, bytes);
    await writeFile(join(folder, 'sha256', sha256.slice(0, 2), sha256), Buffer.alloc(bytes.length, 1));
    await put(store, bytes);
    assert.deepEqual(await readBlob(store, sha256), bytes);
  });

  for (const code of ['ENOSPC', 'EDQUOT']) {
    for (const [pattern, times] of [
      [/open draft/, 1],
      [/write draft/, 4],
      [/mkdir folder/, 1],
      [/rename draft/, 1],
    ] as const) {
      for (let nth = 0; nth < times; nth++) {
        it(`D6 disk full: ${code} at ${pattern.source} ${nth + 1}: nothing is left, reads go on, and writes resume`, async () => {
          const store = await open();
          await put(store, small);
          failAt(pattern, nth, code);
          await assert.rejects(put(store, bytes), DiskFull);
          assert.deepEqual(await drafts(), []);
          assert.equal(await store.size(sha256), undefined);
          assert.deepEqual(await readBlob(store, sha256Of(small)), small);
          await store.check();
          await put(store, bytes);
          assert.equal(await store.size(sha256), bytes.length);
        });
      }
    }
  }

  it('D6 a draft that met a full disk cannot be kept, even if space comes back', async () => {
    const store = await open();
    const draft = await store.draft();
    failAt(/write draft/, 1, 'ENOSPC');
    await draft.write(bytes.subarray(0, 10));
    await assert.rejects(draft.write(bytes.subarray(10)), DiskFull);
    await assert.rejects(draft.write(bytes.subarray(10)), { kind: 'draft-closed' });
    await assert.rejects(draft.keep(sha256), { kind: 'draft-closed' });
    assert.deepEqual(await drafts(), []);
  });

  const lost: [RegExp, number, string][] = [
    ...[0, 1, 2, 3].map((nth): [RegExp, number, string] => [/write draft/, nth, 'EIO']),
    [/sync draft/, 0, 'EIO'],
    [/sync draft/, 0, 'ENOSPC'],
    [/close draft/, 0, 'EIO'],
    [/rename draft/, 0, 'EIO'],
    [/sync folder/, 0, 'EIO'],
    [/sync folder/, 1, 'EIO'],
    [/sync folder/, 1, 'ENOSPC'],
  ];
  for (const [pattern, nth, code] of lost) {
    it(`D7 fsync error turns the store read-only: ${code} at ${pattern.source} ${nth + 1}`, async () => {
      const store = await open();
      await put(store, small);
      const earlier = await store.draft();
      failAt(pattern, nth, code);
      await assert.rejects(put(store, bytes), StoreSuspect);
      fail = () => {};
      await assert.rejects(store.check(), StoreSuspect);
      await assert.rejects(store.draft(), StoreSuspect);
      await assert.rejects(put(store, bytes), StoreSuspect);
      await assert.rejects(store.remove(sha256Of(small)), StoreSuspect);
      await assert.rejects(earlier.write(bytes), StoreSuspect);
      await earlier.discard();
      assert.deepEqual(await drafts(), []);
      assert.deepEqual(await readBlob(store, sha256Of(small)), small, 'reads go on');
      await put(await open(), bytes);
    });
  }

  it('D7 an error of the folder where the bytes are there already is no success either', async () => {
    await put(await open(), bytes);
    const store = await open();
    failAt(/sync folder/, 1, 'EIO');
    await assert.rejects(put(store, bytes), StoreSuspect);
    assert.deepEqual(await drafts(), []);
  });

  for (const code of ['EACCES', 'EROFS', 'EMFILE']) {
    it(`says that it cannot be written (${code}), and recovers`, async () => {
      const store = await open();
      fail = (call) => {
        if (call === 'open draft') throw failure(code);
      };
      await assert.rejects(store.check(), (err) => err instanceof StoreUnwritable && err.message.includes(code));
      fail = () => {};
      await store.check();
      await put(store, bytes);
    });
  }

  it('lets a file system pass that cannot sync folders', async () => {
    fail = (call) => {
      if (call === 'sync folder') throw failure('EINVAL');
    };
    const store = await open();
    await put(store, bytes);
    assert.deepEqual(
      (await collect(store.list())).map((one) => one.sha256),
      [sha256],
    );
  });

  it('R8 writes and fsyncs of large uploads leave a thread to everybody else', async () => {
    let busy = 0;
    let most = 0;
    const watched: Files = {
      ...realFiles,
      async open(...given) {
        const handle = await realFiles.open(...given);
        let written = 0;
        const write = handle.write.bind(handle) as (chunk: Uint8Array, ...at: number[]) => Promise<unknown>;
        const sync = handle.sync.bind(handle);
        async function slowly<T>(call: () => Promise<T>): Promise<T> {
          if (written < MiB) return call();
          most = Math.max(most, ++busy);
          await new Promise((resolve) => setImmediate(resolve));
          return call().finally(() => busy--);
        }
        return Object.assign(handle, {
          write: (chunk: Uint8Array, ...at: number[]) =>
            slowly(() => write(chunk, ...at)).finally(() => {
              written += chunk.length;
            }),
          sync: () => slowly(sync),
        }) as typeof handle;
      },
    };
    const store = await openLocalStore(folder, { files: watched });
    await Promise.all(Array.from({ length: 12 }, (_, i) => put(store, Buffer.alloc(4 * MiB, i))));
    assert.equal(busy, 0);
    assert.equal(most, 3);
    assert.equal((await collect(store.list())).length, 12);
  });

  it('writes on where the system takes only part of a chunk', async () => {
    const short: Files = {
      ...realFiles,
      async open(...given) {
        const handle = await realFiles.open(...given);
        const write = handle.write.bind(handle) as (
          b: Uint8Array,
          at: number,
          n: number,
        ) => ReturnType<typeof handle.write>;
        return Object.assign(handle, {
          write: (b: Uint8Array, at: number, n: number) => write(b, at, Math.min(n, 70_001)),
        });
      },
    };
    const store = await openLocalStore(folder, { files: short });
    const { draft, sha256: received } = await receive(store, Readable.from(cut(bytes, 65_536)), {
      maxBytes: 10 * MiB,
      reserveBytes: 0,
    });
    await draft.keep(received);
    assert.equal(sha256Of(await readBlob(store, sha256)), sha256);
  });
});
