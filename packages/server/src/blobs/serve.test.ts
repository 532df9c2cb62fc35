import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { put, sha256Of } from '../../test/support/blob-contract.ts';
import { Damaged } from './errors.ts';
import { openLocalStore } from './local.ts';
import { openRange, openVerified } from './serve.ts';
import type { BlobStore } from './store.ts';

const MiB = 1024 * 1024;

describe('openVerified', () => {
  let folder: string;
  let store: BlobStore;
  const bytes = randomBytes(5 * MiB);
  const sha256 = sha256Of(bytes);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blobs-'));
    store = await openLocalStore(folder);
    await put(store, bytes);
  });
  afterEach(() => rm(folder, { recursive: true }));
  /** A store whose reads give this instead, as if the file changed after it was looked at. */
  const giving = (source: Readable): BlobStore => ({ ...store, open: async () => source });

  it('A1 sends nothing of a damaged blob that fits one chunk', async () => {
    const stream = await openVerified(giving(Readable.from([randomBytes(5 * MiB)])), sha256, bytes.length);
    let got = 0;
    stream.on('data', (chunk) => {
      got += chunk.length;
    });
    await assert.rejects(buffer(stream), Damaged);
    assert.equal(got, 0);
  });

  it('A1 breaks where the file becomes longer or shorter while it is read', async () => {
    for (const other of [Buffer.concat([bytes, bytes]), bytes.subarray(1), Buffer.alloc(0)]) {
      const source = Readable.from(other.length > 0 ? [other.subarray(0, MiB), other.subarray(MiB)] : []);
      await assert.rejects(buffer(await openVerified(giving(source), sha256, bytes.length)), Damaged);
    }
  });

  it('passes on an error of the device, and does not call it damage', async () => {
    const told: Error[] = [];
    const source = new PassThrough();
    const stream = await openVerified(giving(source), sha256, bytes.length, { onDamage: (err) => void told.push(err) });
    source.write(bytes.subarray(0, MiB));
    setTimeout(() => source.destroy(Object.assign(new Error('read error'), { code: 'EIO' })), 10);
    await assert.rejects(buffer(stream), { code: 'EIO' });
    assert.deepEqual(told, []);
  });

  it('closes the file when the client leaves', async () => {
    let source: Readable | undefined;
    const watched: BlobStore = {
      ...store,
      async open(...given) {
        source = await store.open(...given);
        return source;
      },
    };
    for (const open of [
      () => openVerified(watched, sha256, bytes.length),
      () => openRange(watched, sha256, bytes.length, { start: 0, end: bytes.length - 1 }),
    ]) {
      const stream = await open();
      for await (const _ of stream) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(stream.destroyed && source?.closed);
    }
  });

  it('uses the hasher that it is given, and passes on its failure', async () => {
    const broken = () => ({ update: () => Promise.reject(new Error('the worker died')), digest: () => '' });
    const stream = await openVerified(store, sha256, bytes.length, { createHasher: broken });
    await assert.rejects(buffer(stream), /worker died/);
  });
});
