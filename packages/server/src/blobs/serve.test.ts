import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { bytesOf, put, sha256Of } from '../../test/support/blob-contract.ts';
import { Damaged } from './errors.ts';
import { openLocalStore } from './local.ts';
import { openRange, openVerified } from './serve.ts';
import type { BlobStore } from './store.ts';
import { readStream } from './stream-reader.ts';

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
  const giving = (...chunks: Uint8Array[]): BlobStore => ({
    ...store,
    open: async () => readStream(Readable.from(chunks)),
  });

  it('A1 sends nothing of a damaged blob that fits one chunk', async () => {
    const small = bytes.subarray(0, 1000);
    const recorded = await put(store, small);
    const chunks = await openVerified(giving(randomBytes(1000)), recorded, small.length);
    await assert.rejects(chunks.next(), Damaged);
  });

  it('A1 breaks where the file becomes shorter while it is read, and gives what was recorded of one that grows', async () => {
    for (const other of [bytes.subarray(1), bytes.subarray(0, -1), bytes.subarray(0, MiB), Buffer.alloc(0)]) {
      await assert.rejects(bytesOf(await openVerified(giving(other), sha256, bytes.length)), Damaged);
      const range = { start: 0, end: bytes.length - 2 };
      if (other.length < bytes.length - 1)
        await assert.rejects(bytesOf(await openRange(giving(other), sha256, bytes.length, range)), Damaged);
    }
    const grown = await bytesOf(await openVerified(giving(bytes, randomBytes(MiB)), sha256, bytes.length));
    assert.ok(grown.equals(bytes));
  });

  it('passes on an error of the device, and does not call it damage', async () => {
    const told: Error[] = [];
    const failing: BlobStore = {
      ...store,
      async open(...given) {
        const reader = await store.open(...given);
        let reads = 0;
        const read = async (into: Uint8Array) => {
          if (++reads === 3) throw Object.assign(new Error('read error'), { code: 'EIO' });
          return reader.read(into);
        };
        return { ...reader, read };
      },
    };
    const chunks = await openVerified(failing, sha256, bytes.length, { onDamage: (err) => void told.push(err) });
    await assert.rejects(bytesOf(chunks), { code: 'EIO' });
    assert.deepEqual(told, []);
  });

  it('closes the file when the client leaves, and at the end', async () => {
    let closed = 0;
    const watched: BlobStore = {
      ...store,
      async open(...given) {
        const reader = await store.open(...given);
        const close = async () => {
          closed += 1;
          await reader.close();
        };
        return { ...reader, close };
      },
    };
    for (const open of [
      () => openVerified(watched, sha256, bytes.length),
      () => openRange(watched, sha256, bytes.length, { start: 0, end: bytes.length - 1 }),
    ]) {
      closed = 0;
      for await (const _ of await open()) break;
      assert.equal(closed, 1);
      await bytesOf(await open());
      assert.equal(closed, 2);
    }
  });

  it('lends its buffers to one reader at a time, however slow some are and wherever they leave', async () => {
    const others = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const own = randomBytes(MiB + i);
        return { own, sha256: await put(store, own) };
      }),
    );
    async function read(i: number): Promise<void> {
      const { own, sha256 } = others[i % 8]!;
      let at = 0;
      for await (const chunk of await openVerified(store, sha256, own.length)) {
        if (i % 5 === 0 && at > 0) return;
        for (let turns = i % 4; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
        assert.ok(chunk.equals(own.subarray(at, at + chunk.length)), `reader ${i} at ${at}`);
        at += chunk.length;
      }
      assert.equal(at, own.length);
    }
    await Promise.all(Array.from({ length: 60 }, (_, i) => read(i)));
  });

  it('uses the hasher that it is given, and passes on its failure', async () => {
    const broken = () => ({
      update: () => Promise.reject(new Error('the worker died')),
      digest: () => '',
      discard() {},
    });
    const chunks = await openVerified(store, sha256, bytes.length, { createHasher: broken });
    await assert.rejects(bytesOf(chunks), /worker died/);
  });
});
