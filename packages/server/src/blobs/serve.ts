import { BlobMissing, Damaged } from './errors.ts';
import { type CreateHasher, createSha256, type Hasher } from './hash.ts';
import { type ByteReader, chunksOf, type Lent } from './reader.ts';
import type { BlobStore, ByteRange } from './store.ts';

export interface ServeOptions {
  /** Told of a blob that is damaged or gone, before the reader's bytes break off. */
  onDamage?: (error: Damaged | BlobMissing) => void;
  createHasher?: CreateHasher | undefined;
}

/**
 * A whole blob, hashed as it goes. The last chunk is held back until the digest is known to match; where it does not,
 * the bytes break off with Damaged, so that no client ever holds all the bytes of a damaged blob and takes them for good.
 */
export async function openVerified(
  store: BlobStore,
  sha256: string,
  size: number,
  options: ServeOptions = {},
): Promise<Lent> {
  const reader = await openWhole(store, sha256, size, undefined, options);
  const { createHasher = createSha256 } = options;
  return checked(chunksOf(reader, size), sha256, size, options, createHasher());
}

/** Part of a blob: its length is verified, its bytes are not (the digest is known of the whole only). */
export async function openRange(
  store: BlobStore,
  sha256: string,
  size: number,
  range: ByteRange,
  options: ServeOptions = {},
): Promise<Lent> {
  const reader = await openWhole(store, sha256, size, range, options);
  const length = range.end - range.start + 1;
  return checked(chunksOf(reader, length), sha256, length, options);
}

/** Opens a blob after a look at its length: damage that shows in the length is told before the first byte. */
async function openWhole(
  store: BlobStore,
  sha256: string,
  size: number,
  range: ByteRange | undefined,
  options: ServeOptions,
): Promise<ByteReader> {
  try {
    const found = await store.size(sha256);
    if (found === undefined) throw new BlobMissing(sha256);
    if (found !== size) throw new Damaged(sha256, `${found} bytes instead of ${size}`);
    return await store.open(sha256, range);
  } catch (err) {
    if (err instanceof Damaged || err instanceof BlobMissing) options.onDamage?.(err);
    throw err;
  }
}

/** Breaks off where fewer bytes come than are recorded, and holds the last ones back until a hasher knows the digest. */
async function* checked(chunks: Lent, sha256: string, size: number, options: ServeOptions, hasher?: Hasher): Lent {
  let left = size;
  try {
    for await (const chunk of chunks) {
      left -= chunk.length;
      const hashed = hasher?.update(chunk);
      hashed?.catch(() => {}); // met below
      if (left > 0) yield chunk;
      await hashed;
      if (left > 0) continue;
      const actual = await hasher?.digest();
      if (hasher && actual !== sha256) throw new Damaged(sha256, `its bytes have the digest ${actual}`);
      yield chunk;
    }
    if (left > 0) throw new Damaged(sha256, `${size - left} bytes instead of ${size}`);
  } catch (err) {
    if (err instanceof Damaged) options.onDamage?.(err);
    throw err;
  } finally {
    hasher?.discard();
  }
}
