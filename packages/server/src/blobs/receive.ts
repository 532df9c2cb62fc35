import { addAbortSignal, Readable } from 'node:stream';
import { bufferSize, countTransfer } from './buffers.ts';
import { assertDigest } from './digest.ts';
import { Aborted, DigestMismatch, DiskFull, LengthMismatch, TooLarge } from './errors.ts';
import { type CreateHasher, createSha256 } from './hash.ts';
import type { BlobStore, Draft } from './store.ts';

const LOOK_AT_SPACE_EVERY = 64 * 1024 * 1024;

export interface ReceiveOptions {
  maxBytes: number;
  /** What the sender says it will send; held against what came. */
  expected?: { sha256?: string; size?: number };
  /** Free space that uploads must leave, so that the database and its log can go on. */
  reserveBytes: number;
  /** Destroys a Readable; between the chunks of another source it is looked at. */
  signal?: AbortSignal;
  createHasher?: CreateHasher;
}

export interface Received {
  /** Still to be kept, under `sha256`, or discarded. */
  draft: Draft;
  sha256: string;
  size: number;
}

/**
 * Writes a body into a draft: one pass, counted, hashed and limited, and no faster than the disk. On any failure the
 * draft is gone; a Readable is left open, so that the caller can still answer on its socket.
 */
export async function receive(
  store: BlobStore,
  body: AsyncIterable<Uint8Array> | Readable,
  options: ReceiveOptions,
): Promise<Received> {
  const { expected, maxBytes, signal } = options;
  // The source may fail before it is read, and an error that nobody listens to ends the process; the reading meets it later.
  if (body instanceof Readable) body.on('error', () => {});
  if (expected?.sha256 !== undefined) assertDigest(expected.sha256);
  if (expected?.size !== undefined && expected.size > maxBytes) throw new TooLarge(maxBytes);
  await assertSpace(store, 0, options);
  if (signal && body instanceof Readable) addAbortSignal(signal, body);
  const draft = await store.draft();
  const over = countTransfer();
  try {
    return { draft, ...(await fill(store, draft, body, options)) };
  } catch (err) {
    // The first failure is the one to tell; a draft that cannot be removed is swept at the next start.
    await draft.discard().catch(() => {});
    throw err;
  } finally {
    over();
  }
}

async function fill(store: BlobStore, draft: Draft, body: AsyncIterable<Uint8Array>, options: ReceiveOptions) {
  const { expected, maxBytes, signal, createHasher = createSha256 } = options;
  const hasher = createHasher();
  // Two buffers: one is filled while the other is written. Copying costs less than many small writes do.
  const length = Math.max(Math.min(bufferSize(), expected?.size ?? Number.POSITIVE_INFINITY), 1);
  let [buffer, spare] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)];
  let filled = 0;
  let size = 0;
  let looked = 0;
  let writing: Promise<void> = Promise.resolve();

  async function flush() {
    await writing;
    const full = buffer.subarray(0, filled);
    writing = draft.write(full);
    // Its failure is met at the next flush; until then it is not unhandled.
    writing.catch(() => {});
    await hasher.update(full);
    [buffer, spare] = [spare, buffer];
    filled = 0;
    if (size - looked < LOOK_AT_SPACE_EVERY) return;
    looked = size;
    await assertSpace(store, size, options);
  }

  for await (const chunk of watched(body, signal)) {
    for (let taken = 0; taken < chunk.length; ) {
      const part = chunk.subarray(taken, taken + buffer.length - filled);
      buffer.set(part, filled);
      filled += part.length;
      taken += part.length;
      size += part.length;
      if (size > maxBytes) throw new TooLarge(maxBytes);
      if (expected?.size !== undefined && size > expected.size) throw new LengthMismatch(expected.size, size);
      if (filled === buffer.length) await flush();
    }
  }
  if (filled > 0) await flush();
  await writing;
  if (expected?.size !== undefined && size !== expected.size) throw new LengthMismatch(expected.size, size);
  const sha256 = await hasher.digest();
  if (expected?.sha256 !== undefined && sha256 !== expected.sha256) throw new DigestMismatch(expected.sha256, sha256);
  return { sha256, size };
}

/** Passes the body on; whatever ends it before its time is Aborted, as nothing else of ours can be thrown in here. */
async function* watched(body: AsyncIterable<Uint8Array>, signal?: AbortSignal) {
  const chunks = body instanceof Readable ? body.iterator({ destroyOnReturn: false }) : body;
  try {
    signal?.throwIfAborted();
    for await (const chunk of chunks) {
      yield chunk as Uint8Array;
      signal?.throwIfAborted();
    }
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
