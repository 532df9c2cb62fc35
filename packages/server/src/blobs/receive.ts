import { Readable } from 'node:stream';
import { lendBuffers } from './buffers.ts';
import { assertDigest } from './digest.ts';
import { Aborted, DigestMismatch, DiskFull, LengthMismatch, TooLarge } from './errors.ts';
import { type CreateHasher, createSha256 } from './hash.ts';
import type { ByteReader } from './reader.ts';
import type { BlobStore, Draft } from './store.ts';
import { readStream } from './stream-reader.ts';

const LOOK_AT_SPACE_EVERY = 64 * 1024 * 1024;

export interface ReceiveOptions {
  maxBytes: number;
  /** What the sender says it will send; held against what came. */
  expected?: { sha256?: string; size?: number };
  /** Free space that uploads must leave, so that the database and its log can go on. */
  reserveBytes: number;
  createHasher?: CreateHasher | undefined;
}

/** A reader is closed in the end; a stream is let go of and left open, so that its owner can still answer on its socket. */
export type Body = ByteReader | Readable;

export interface Received {
  /** Still to be kept, under `sha256`, or discarded. */
  draft: Draft;
  sha256: string;
  size: number;
}

/**
 * Writes a body into a draft: one pass, counted, hashed and limited, and no faster than the disk. On any failure the
 * draft is gone.
 */
export async function receive(store: BlobStore, body: Body, options: ReceiveOptions): Promise<Received> {
  const { expected, maxBytes } = options;
  const reader = body instanceof Readable ? readStream(body) : body;
  try {
    if (expected?.sha256 !== undefined) assertDigest(expected.sha256);
    if (expected?.size !== undefined && expected.size > maxBytes) throw new TooLarge(maxBytes);
    await assertSpace(store, 0, options);
    const draft = await store.draft();
    try {
      return { draft, ...(await fill(store, draft, reader, options)) };
    } catch (err) {
      // The first failure is the one to tell; a draft that cannot be removed is swept at the next start.
      await draft.discard().catch(() => {});
      throw err;
    }
  } finally {
    await reader.close();
  }
}

async function fill(store: BlobStore, draft: Draft, reader: ByteReader, options: ReceiveOptions) {
  const { expected, maxBytes, createHasher = createSha256 } = options;
  const hasher = createHasher();
  const lent = lendBuffers(expected?.size);
  let [buffer, other] = lent.buffers;
  let size = 0;
  let looked = 0;
  let working: Promise<unknown> = Promise.resolve();
  try {
    for (let filled = await next(reader, buffer); filled > 0; filled = await next(reader, buffer)) {
      size += filled;
      if (size > maxBytes) throw new TooLarge(maxBytes);
      if (expected?.size !== undefined && size > expected.size) throw new LengthMismatch(expected.size, size);
      await working;
      const full = buffer.subarray(0, filled);
      working = Promise.all([draft.write(full), hasher.update(full)]);
      working.catch(() => {}); // met in the next round
      [buffer, other] = [other, buffer];
      if (size - looked < LOOK_AT_SPACE_EVERY) continue;
      looked = size;
      await assertSpace(store, size, options);
    }
    await working;
    if (expected?.size !== undefined && size !== expected.size) throw new LengthMismatch(expected.size, size);
    const sha256 = await hasher.digest();
    if (expected?.sha256 !== undefined && sha256 !== expected.sha256) throw new DigestMismatch(expected.sha256, sha256);
    lent.giveBack();
    return { sha256, size };
  } finally {
    lent.end();
    hasher.discard();
  }
}

/** Whatever ends the body before its time is Aborted. */
async function next(reader: ByteReader, into: Uint8Array): Promise<number> {
  try {
    return await reader.read(into);
  } catch (cause) {
    throw new Aborted(cause);
  }
}

/** Refuses where what is still to come, as far as known, would eat into the reserve. */
async function assertSpace(store: BlobStore, done: number, { expected, reserveBytes }: ReceiveOptions) {
  const toCome = Math.max((expected?.size ?? 0) - done, 0);
  const free = await store.free();
  if (free !== undefined && free - toCome < reserveBytes) {
    throw new DiskFull(`${toCome} bytes are to come, ${free} are free and ${reserveBytes} are kept in reserve`);
  }
}
