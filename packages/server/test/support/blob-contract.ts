import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { Aborted, BlobMissing, Damaged, DigestMismatch, LengthMismatch, TooLarge } from '../../src/blobs/errors.ts';
import { chunksOf } from '../../src/blobs/reader.ts';
import { type ReceiveOptions, receive } from '../../src/blobs/receive.ts';
import { openRange, openVerified } from '../../src/blobs/serve.ts';
import type { BlobStore } from '../../src/blobs/store.ts';

export interface StoreUnderTest {
  store: BlobStore;
  /** Whatever is left of drafts, wherever this store keeps them. */
  listDraftFiles(): Promise<string[]>;
  /** Puts other bytes in place of a kept blob, behind the store's back. */
  overwrite(sha256: string, bytes: Uint8Array): Promise<void>;
  /** Opens the same place anew, without a `close` before, as after a crash. */
  reopen(): Promise<BlobStore>;
  close(): Promise<void>;
}

const KiB = 1024;
const options: ReceiveOptions = { maxBytes: 64 * KiB * KiB, reserveBytes: 0 };

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A copy of chunks that may be lent. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunks) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}

/** The bytes of a blob, unverified. */
export async function readBlob(store: BlobStore, sha256: string): Promise<Buffer> {
  return bytesOf(chunksOf(await store.open(sha256), Number.POSITIVE_INFINITY));
}

export async function put(store: BlobStore, bytes: Uint8Array): Promise<string> {
  const { draft, sha256 } = await receive(store, Readable.from(cut(bytes, 64 * KiB)), options);
  await draft.keep(sha256);
  return sha256;
}

const DIGEST = 'ab'.repeat(32);
const NO_DIGESTS = {
  empty: '',
  'too short': DIGEST.slice(1),
  'too long': `${DIGEST}a`,
  'upper case': DIGEST.toUpperCase(),
  'a line end': `${DIGEST.slice(1)}\n`,
  'a line end after it': `${DIGEST}\n`,
  'a way up': '../'.repeat(21).padEnd(64, 'a'),
  absolute: '/etc/passwd'.padEnd(64, 'a'),
  'NUL in it': `${DIGEST.slice(1)}\0`,
  'an algorithm before it': `sha256:${DIGEST}`,
  'other digits': '٣'.repeat(64),
};

/** What every store must do. It also fails a store that leaves anything of a draft behind, in any of the tests. */
export function describeBlobStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`a blob store: ${name}`, () => {
    let place: StoreUnderTest;
    let store: BlobStore;
    beforeEach(async () => {
      place = await open();
      store = place.store;
    });
    afterEach(async () => {
      const left = await place.listDraftFiles();
      await place.close();
      assert.deepEqual(left, [], 'nothing is left of drafts');
    });
    const keptDigests = async () => (await collect(store.list())).map((blob) => blob.sha256);

    describe('keeps', () => {
      for (const size of [0, 1, 64 * KiB, KiB * KiB, 3 * KiB * KiB + 7]) {
        it(`${size} bytes and gives them back, whole and in part`, async () => {
          const bytes = randomBytes(size);
          const sha256 = await put(store, bytes);
          assert.equal(sha256, sha256Of(bytes));
          assert.equal(await store.size(sha256), size);
          assert.deepEqual(await bytesOf(await openVerified(store, sha256, size)), bytes);
          assert.deepEqual(await readBlob(store, sha256), bytes);
          if (size < 10) return;
          const part = await openRange(store, sha256, size, { start: size - 9, end: size - 2 });
          assert.deepEqual(await bytesOf(part), bytes.subarray(size - 9, size - 1));
        });
      }

      it('each digest once, listed with size and time', async () => {
        const before = Date.now() - 1000;
        const bytes = [randomBytes(10), randomBytes(20), randomBytes(10)];
        for (const one of [...bytes, ...bytes]) await put(store, one);
        const listed = await collect(store.list());
        assert.deepEqual(
          listed.map(({ sha256, size }) => [sha256, size]).sort(),
          bytes.map((one) => [sha256Of(one), one.length]).sort(),
        );
        for (const { kept_at } of listed) assert.ok(kept_at >= before && kept_at <= Date.now() + 1000);
      });

      it('a draft as a file, to be looked into before it is kept', async () => {
        const bytes = randomBytes(100 * KiB);
        const { draft, sha256 } = await receive(store, Readable.from(cut(bytes, 1000)), options);
        assert.deepEqual(await readFile(draft.file), bytes);
        await draft.keep(sha256);
        await assert.rejects(readFile(draft.file), { code: 'ENOENT' });
      });

      it('one blob of 50 parallel uploads of the same bytes', async () => {
        const bytes = randomBytes(200 * KiB);
        const digests = await Promise.all(Array.from({ length: 50 }, () => put(store, bytes)));
        assert.deepEqual(new Set(digests), new Set([sha256Of(bytes)]));
        assert.deepEqual(await keptDigests(), [sha256Of(bytes)]);
        assert.deepEqual(await bytesOf(await openVerified(store, sha256Of(bytes), bytes.length)), bytes);
      });

      it('the same digest however the bytes are cut into chunks', async () => {
        const cuts = fc.array(fc.integer({ min: 0, max: 300 * KiB }), { maxLength: 12 });
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: 0, max: 3 * KiB * KiB }), cuts, async (size, sizes) => {
            const bytes = randomBytes(size);
            const chunks: Uint8Array[] = [];
            let at = 0;
            for (const cut of sizes) {
              chunks.push(bytes.subarray(at, at + cut));
              at += cut;
            }
            chunks.push(bytes.subarray(at));
            const received = await receive(store, Readable.from(chunks), options);
            assert.deepEqual([received.sha256, received.size], [sha256Of(bytes), size]);
            assert.equal(sha256Of(await readFile(received.draft.file)), received.sha256);
            await received.draft.discard();
          }),
          { numRuns: 40 },
        );
      });
    });

    describe('D3 no reader sees part of a blob', () => {
      it('D3 nothing is visible before keep, everything after it', async () => {
        const bytes = randomBytes(2 * KiB * KiB);
        const sha256 = sha256Of(bytes);
        let over = false;
        const seen = new Set<number | undefined>();
        const reader = (async () => {
          while (!over) {
            seen.add(await store.size(sha256));
            const got = await readBlob(store, sha256).catch((err) => assert.ok(err instanceof BlobMissing));
            if (got) assert.equal(sha256Of(got), sha256);
          }
        })();
        for (let i = 0; i < 20; i++) {
          await put(store, bytes);
          await (await store.remove(sha256))?.free();
        }
        over = true;
        await reader;
        for (const size of seen) assert.ok(size === undefined || size === bytes.length);
        await assert.rejects(store.open(sha256), BlobMissing);
      });
    });

    describe('D4 a cut upload leaves nothing', () => {
      const bytes = randomBytes(512 * KiB);
      for (let at = 0; at <= bytes.length; at += 64 * KiB) {
        it(`D4 cut after ${at / KiB} KiB`, async () => {
          async function* broken() {
            yield* cut(bytes.subarray(0, at), 16 * KiB);
            throw new Error('connection reset');
          }
          await assert.rejects(receive(store, Readable.from(broken()), options), Aborted);
          assert.deepEqual(await place.listDraftFiles(), []);
          assert.deepEqual(await keptDigests(), []);
        });
      }

      it('D4 destroyed without an error', async () => {
        const silent = new Readable({ read() {} });
        silent.push(bytes);
        const cut = receive(store, silent, options);
        setTimeout(() => silent.destroy(), 20);
        await assert.rejects(cut, Aborted);
      });

      it('D4 drafts of a crashed run are gone after the next start', async () => {
        const draft = await store.draft();
        await draft.write(bytes);
        assert.equal((await place.listDraftFiles()).length, 1);
        const again = await place.reopen();
        assert.deepEqual(await place.listDraftFiles(), []);
        await draft.discard();
        await again.close();
      });

      it('D4 drafts that are open at close are discarded', async () => {
        const draft = await store.draft();
        await draft.write(bytes);
        await store.close();
        assert.deepEqual(await place.listDraftFiles(), []);
        await assert.rejects(draft.write(bytes), { kind: 'draft-closed' });
        await assert.rejects(draft.keep(sha256Of(bytes)), { kind: 'draft-closed' });
      });

      it('D4 close waits for a draft that is being discarded', async () => {
        const draft = await store.draft();
        await draft.write(bytes);
        const discarded = draft.discard();
        await store.close();
        assert.deepEqual(await place.listDraftFiles(), []);
        await discarded;
      });
    });

    describe('refuses', () => {
      const bytes = randomBytes(300 * KiB);
      const body = () => Readable.from(cut(bytes, 64 * KiB));
      const cases: [string, Partial<ReceiveOptions>, new (...args: never[]) => Error][] = [
        ['more than the limit', { maxBytes: bytes.length - 1 }, TooLarge],
        ['a size over the limit before reading', { maxBytes: 1, expected: { size: 2 } }, TooLarge],
        ['less than was said', { expected: { size: bytes.length + 1 } }, LengthMismatch],
        ['more than was said', { expected: { size: bytes.length - 1 } }, LengthMismatch],
        ['another digest than was said', { expected: { sha256: DIGEST } }, DigestMismatch],
      ];
      for (const [what, differing, error] of cases) {
        it(`${what}, and leaves nothing`, async () => {
          const source = body();
          await assert.rejects(receive(store, source, { ...options, ...differing }), error);
          assert.deepEqual(await keptDigests(), []);
          assert.equal(source.errored, null, 'the socket is still there for the answer');
        });
      }

      it('nothing that is exactly as was said', async () => {
        const expected = { size: bytes.length, sha256: sha256Of(bytes) };
        const { draft, sha256 } = await receive(store, body(), { ...options, maxBytes: bytes.length, expected });
        await draft.keep(sha256);
      });

      for (const [what, text] of Object.entries(NO_DIGESTS)) {
        it(`P5 a digest that is none: ${what}`, async () => {
          const draft = await store.draft();
          for (const attempt of [
            () => store.size(text),
            () => store.open(text),
            () => store.remove(text),
            () => openVerified(store, text, 1),
            () => receive(store, body(), { ...options, expected: { sha256: text } }),
            () => draft.keep(text),
          ]) {
            await assert.rejects(attempt, { kind: 'invalid-digest' });
          }
        });
      }
    });

    describe('D5 removes only what is forgotten', () => {
      it('D5 a blob kept again counts as new', async () => {
        const bytes = randomBytes(10);
        const sha256 = await put(store, bytes);
        await new Promise((resolve) => setTimeout(resolve, 20));
        const looked = Date.now();
        await new Promise((resolve) => setTimeout(resolve, 20));
        await put(store, bytes);
        assert.equal(await store.remove(sha256, looked), undefined);
        assert.equal(await store.size(sha256), 10);
        const removed = await store.remove(sha256, Date.now() + 60_000);
        assert.equal(removed?.size, 10);
        assert.equal(await store.size(sha256), undefined, 'out of sight before its space is free');
        await removed.free();
        assert.equal(await store.remove(sha256), undefined);
        assert.deepEqual(await keptDigests(), []);
      });

      it('D5 a sweep in a loop beside uploads takes nothing that was just kept', async () => {
        const bytes = Array.from({ length: 4 }, () => randomBytes(1000));
        let over = false;
        let swept = 0;
        const sweep = (async () => {
          // A grace of 25 ms stands for the hours of a real one.
          while (!over)
            for await (const { sha256 } of store.list()) {
              const removed = await store.remove(sha256, Date.now() - 25);
              await removed?.free();
              if (removed) swept++;
            }
        })();
        for (let i = 0; i < 200; i++) {
          const kept = Date.now();
          const sha256 = await put(store, bytes[i % 4]!);
          const size = await store.size(sha256);
          if (size === undefined) assert.ok(Date.now() - kept > 25, 'swept within its grace');
          if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 40));
        }
        over = true;
        await sweep;
        assert.ok(swept > 0);
      });
    });

    describe('A1 what is served is what was stored', () => {
      async function assertBreaks(sha256: string, size: number) {
        const told: Error[] = [];
        let got = 0;
        const read = async () => {
          const stream = await openVerified(store, sha256, size, { onDamage: (err) => void told.push(err) });
          for await (const chunk of stream) got += chunk.length;
        };
        await assert.rejects(read, Damaged);
        assert.ok(got < size, `${got} of ${size} bytes were sent`);
        assert.equal(told.length, 1);
      }

      for (const size of [1, 1000, KiB * KiB, 2 * KiB * KiB + 1]) {
        it(`A1 flip a bit of ${size} bytes, the stream breaks before its last byte`, async () => {
          const bytes = randomBytes(size);
          const sha256 = await put(store, bytes);
          for (const at of new Set([0, size >> 1, size - 1])) {
            const flipped = Buffer.from(bytes);
            flipped[at]! ^= 1 << (at % 8);
            await place.overwrite(sha256, flipped);
            await assertBreaks(sha256, size);
          }
          await place.overwrite(sha256, bytes);
          assert.deepEqual(await bytesOf(await openVerified(store, sha256, size)), bytes);
        });
      }

      it('A1 cut short, grown and gone are told before the first byte, in part as in whole', async () => {
        const bytes = randomBytes(1000);
        const sha256 = await put(store, bytes);
        for (const other of [bytes.subarray(0, 999), Buffer.concat([bytes, bytes])]) {
          await place.overwrite(sha256, other);
          await assertBreaks(sha256, 1000);
          await assert.rejects(openRange(store, sha256, 1000, { start: 0, end: 9 }), Damaged);
        }
        await put(store, bytes);
        assert.deepEqual(await bytesOf(await openVerified(store, sha256, 1000)), bytes, 'an upload repairs the length');
        await (await store.remove(sha256))?.free();
        const told: Error[] = [];
        const onDamage = (err: Error) => void told.push(err);
        await assert.rejects(openVerified(store, sha256, 1000, { onDamage }), BlobMissing);
        assert.equal(told.length, 1);
      });
    });

    it('says that it can be written, and leaves nothing of the attempt', async () => {
      await store.check();
      const free = await store.free();
      assert.ok(free === undefined || free > 0);
    });

    it('lets a draft be discarded again, also after keep', async () => {
      const draft = await store.draft();
      await draft.write(Buffer.from('abc'));
      await draft.keep(sha256Of(Buffer.from('abc')));
      await draft.discard();
      const other = await store.draft();
      await Promise.all([other.discard(), other.discard()]);
      await other.discard();
      assert.equal(await store.size(sha256Of(Buffer.from('abc'))), 3);
    });
  });
}
