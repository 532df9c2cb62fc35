import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { DiskFull, TooLarge } from './errors.ts';
import { openLocalStore } from './local.ts';
import { receive } from './receive.ts';
import type { BlobStore } from './store.ts';

const MiB = 1024 * 1024;

describe('receive', () => {
  let folder: string;
  let store: BlobStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blobs-'));
    store = await openLocalStore(folder);
  });
  afterEach(async () => {
    const left = await readdir(join(folder, 'drafts'));
    await rm(folder, { recursive: true });
    assert.deepEqual(left, []);
  });
  const zeros = (size: number, chunk = MiB) =>
    Readable.from(
      (function* () {
        for (let at = 0; at < size; at += chunk) yield Buffer.alloc(Math.min(chunk, size - at));
      })(),
    );

  it('D6 disk full: refuses before it reads where the size is known not to leave the reserve', async () => {
    const body = zeros(10 * MiB);
    const tight = { ...store, free: async () => 100 * MiB };
    const options = { maxBytes: 1e9, reserveBytes: 91 * MiB, expected: { size: 10 * MiB } };
    await assert.rejects(receive(tight, body, options), DiskFull);
    assert.equal(body.readableDidRead, false);
    const { draft } = await receive(tight, body, { ...options, reserveBytes: 90 * MiB });
    await draft.discard();
  });

  it('D6 disk full: looks again every 64 MiB, counting what is still to come', async () => {
    let looks = 0;
    const shrinking = { ...store, free: async () => (++looks < 3 ? 200 * MiB : 10 * MiB) };
    await assert.rejects(receive(shrinking, zeros(150 * MiB), { maxBytes: 1e9, reserveBytes: 20 * MiB }), DiskFull);
    assert.equal(looks, 3);
  });

  it('does not ask for space where a store has no such thing', async () => {
    const endless = { ...store, free: async () => undefined };
    await (await receive(endless, zeros(10), { maxBytes: 10, reserveBytes: 1e15 })).draft.discard();
  });

  it('reads no faster than the store writes', async () => {
    let read = 0;
    let written = 0;
    let ahead = 0;
    function* body() {
      for (let i = 0; i < 40; i++) {
        read += 256 * 1024;
        ahead = Math.max(ahead, read - written);
        yield Buffer.alloc(256 * 1024);
      }
    }
    const slow: BlobStore = {
      ...store,
      async draft() {
        const draft = await store.draft();
        const write = async (chunk: Uint8Array) => {
          await new Promise((resolve) => setTimeout(resolve, 10));
          await draft.write(chunk);
          written += chunk.length;
        };
        return { ...draft, write };
      },
    };
    await (
      await receive(slow, Readable.from(body(), { highWaterMark: 1 }), { maxBytes: 1e9, reserveBytes: 0 })
    ).draft.discard();
    assert.equal(written, 10 * MiB);
    assert.ok(ahead <= 3 * MiB, `${ahead} bytes ahead of the disk`);
  });

  it('lets others have their turn while one large chunk is hashed', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const received = await receive(store, Readable.from([Buffer.alloc(64 * MiB)]), { maxBytes: 1e9, reserveBytes: 0 });
    clearImmediate(timer);
    await received.draft.discard();
    assert.ok(turns >= 60, `${turns} turns`);
  });

  it('closes a reader, and leaves a stream to its owner', async () => {
    let closed = false;
    const reader = {
      read: async (into: Uint8Array) => into.length,
      close: () => {
        closed = true;
      },
    };
    await assert.rejects(receive(store, reader, { maxBytes: 100, reserveBytes: 0 }), TooLarge);
    assert.ok(closed);
    const stream = zeros(10 * MiB);
    await assert.rejects(receive(store, stream, { maxBytes: 100, reserveBytes: 0 }), TooLarge);
    assert.equal(stream.destroyed, false);
  });

  it('takes in an error of the source while the draft is not open yet', async () => {
    const body = new Readable({ read() {} });
    const late: BlobStore = {
      ...store,
      async draft() {
        body.destroy(new Error('gone'));
        await new Promise((resolve) => setTimeout(resolve, 10));
        return store.draft();
      },
    };
    await assert.rejects(receive(late, body, { maxBytes: 100, reserveBytes: 0 }), { kind: 'aborted' });
  });
});
