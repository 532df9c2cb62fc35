import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { cut } from '../../test/support/blob-contract.ts';
import { readStream } from './stream-reader.ts';

async function readAll(reader: ReturnType<typeof readStream>, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const into = Buffer.alloc(length);
  for (let filled = await reader.read(into); filled > 0; filled = await reader.read(into))
    parts.push(Buffer.from(into.subarray(0, filled)));
  return Buffer.concat(parts);
}

describe('reading a stream', () => {
  it('gives its bytes in order, however they are cut and however large the buffer is', async () => {
    const sizes = fc.integer({ min: 1, max: 5_000 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 20_000 }),
        sizes,
        sizes,
        fc.boolean(),
        async (size, chunk, into, own) => {
          const bytes = randomBytes(size);
          const chunks = [...cut(bytes, chunk)].map((part) => new Uint8Array(part));
          const reader = readStream(Readable.from(chunks, { objectMode: false }), { freeChunks: own });
          assert.ok((await readAll(reader, into)).equals(bytes));
          assert.equal(await reader.read(Buffer.alloc(1)), 0, 'the end stays the end');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('frees the memory of chunks that are its own, and of no others', async () => {
    for (const freeChunks of [true, false]) {
      const chunks = [1, 2, 3].map((fill) => new Uint8Array(1000).fill(fill));
      const reader = readStream(Readable.from(chunks, { objectMode: false }), { freeChunks });
      await readAll(reader, 700);
      assert.deepEqual(
        chunks.map(({ buffer }) => buffer.detached),
        [freeChunks, freeChunks, freeChunks],
      );
    }
  });

  it('stands still between reads', async () => {
    const stream = new PassThrough();
    const reader = readStream(stream);
    stream.write(Buffer.alloc(10, 1));
    assert.equal(await reader.read(Buffer.alloc(10)), 10);
    stream.write(Buffer.alloc(10, 2));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(stream.readableLength, 10);
    assert.ok(stream.isPaused());
  });

  it('fails with what broke the stream, also where it broke before it was read', async () => {
    const broken = new PassThrough();
    const reader = readStream(broken);
    const reading = reader.read(Buffer.alloc(10));
    broken.destroy(new Error('reset'));
    await assert.rejects(reading, /reset/);
    await assert.rejects(reader.read(Buffer.alloc(10)), /reset/);
    const silent = new PassThrough();
    silent.destroy();
    await assert.rejects(readStream(silent).read(Buffer.alloc(10)), /closed before its end/);
  });

  it('cuts a stream that stalls while it is waited for, and lets one be that is not', async () => {
    const stream = new PassThrough();
    const reader = readStream(stream, { stall: { ms: 10, cut: () => stream.destroy(new Error('stalled')) } });
    stream.write(Buffer.alloc(10));
    assert.equal(await reader.read(Buffer.alloc(10)), 10);
    await new Promise((resolve) => setTimeout(resolve, 50)); // longer than a stall may last
    assert.equal(stream.destroyed, false);
    await assert.rejects(reader.read(Buffer.alloc(10)), /stalled/);
  });

  it('lets go when it is closed: the owner reads the rest', async () => {
    const stream = Readable.from([Buffer.alloc(10, 1), Buffer.alloc(10, 2)], { objectMode: false, highWaterMark: 1 });
    const reader = readStream(stream);
    await reader.read(Buffer.alloc(10));
    await reader.close();
    const rest: Buffer[] = [];
    for await (const chunk of stream) rest.push(chunk as Buffer);
    assert.deepEqual(Buffer.concat(rest), Buffer.alloc(10, 2));
  });
});
