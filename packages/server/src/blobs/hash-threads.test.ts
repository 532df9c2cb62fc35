import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { cut, sha256Of } from '../../test/support/blob-contract.ts';
import { createHashThreads, type HashThreads } from './hash-threads.ts';

const KiB = 1024;
const shared = (bytes: Uint8Array) => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
};

describe('hashing in threads', () => {
  let threads: HashThreads;
  beforeEach(() => {
    threads = createHashThreads(2);
  });
  afterEach(() => threads.close());

  async function hash(chunks: Iterable<Uint8Array>): Promise<string> {
    const hasher = threads.createHasher();
    for (const chunk of chunks) await hasher.update(chunk);
    const digest = await hasher.digest();
    hasher.discard();
    return digest;
  }

  it('gives the digests that hashing here gives, of any bytes in any chunks, many at once', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 600 * KiB }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 20 * KiB, max: 300 * KiB }), async (sizes, chunk) => {
        const bodies = sizes.map((size) => randomBytes(size));
        const digests = await Promise.all(bodies.map((bytes) => hash([...cut(bytes, chunk)].map(shared))));
        assert.deepEqual(digests, bodies.map(sha256Of));
      }),
      { numRuns: 30 },
    );
  });

  it('leaves the event loop free: a chunk is still to be hashed when `update` has returned', async () => {
    const hasher = threads.createHasher();
    const large = hasher.update(shared(Buffer.alloc(256 * KiB)));
    assert.ok(large instanceof Promise);
    await large;
    await hasher.digest();
  });

  it('hashes here what is small, what threads cannot see, and everything where there are no threads', async () => {
    for (const [of, chunk] of [
      [threads, shared(Buffer.alloc(16 * KiB))],
      [threads, Buffer.alloc(256 * KiB)],
      [createHashThreads(0), shared(Buffer.alloc(256 * KiB))],
    ] as const) {
      const hasher = of.createHasher();
      assert.equal(hasher.update(chunk), undefined);
      assert.equal(hasher.digest(), sha256Of(chunk));
    }
    assert.equal(await threads.createHasher().digest(), sha256Of(Buffer.alloc(0)));
  });

  it('forgets what is not wanted any more', async () => {
    const bytes = shared(randomBytes(100 * KiB));
    for (let i = 0; i < 20; i++) {
      const hasher = threads.createHasher();
      const hashed = hasher.update(bytes);
      if (i % 2) await hashed;
      hasher.discard();
      hasher.discard();
    }
    assert.equal(await hash([bytes, bytes]), sha256Of(Buffer.concat([bytes, bytes])));
  });

  it('fails where its thread ends, and starts another for the next', async () => {
    const bytes = shared(randomBytes(100 * KiB));
    const hasher = threads.createHasher();
    await hasher.update(bytes);
    // So much that the thread is ended while it hashes.
    const late = hasher.update(shared(Buffer.alloc(32 * 1024 * KiB)));
    await Promise.all([threads.close(), assert.rejects(async () => late, /ended/)]);
    await assert.rejects(async () => hasher.update(bytes), /ended/);
    await assert.rejects(async () => hasher.digest(), /ended/);
    assert.equal(await hash([bytes]), sha256Of(bytes));
  });
});
