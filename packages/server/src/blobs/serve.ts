import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import { countTransfer } from './buffers.ts';
import { BlobMissing, Damaged } from './errors.ts';
import { type CreateHasher, createSha256 } from './hash.ts';
import type { BlobStore, ByteRange } from './store.ts';

export interface ServeOptions {
  /** Told of a blob that is damaged or gone, before the reader's stream breaks. */
  onDamage?: (error: Damaged | BlobMissing) => void;
  createHasher?: CreateHasher;
}

/**
 * A whole blob, hashed as it goes. The last chunk is held back until the digest is known to match; where it does not,
 * the stream breaks with Damaged, so that no client ever holds all the bytes of a damaged blob and takes them for good.
 */
export async function openVerified(
  store: BlobStore,
  sha256: string,
  size: number,
  options: ServeOptions = {},
): Promise<Readable> {
  const source = await openWhole(store, sha256, size, undefined, options);
  return follow(source, createVerifier(sha256, size, options));
}

/** Part of a blob: its length is verified, its bytes are not (the digest is known of the whole only). */
export async function openRange(
  store: BlobStore,
  sha256: string,
  size: number,
  range: ByteRange,
  options: ServeOptions = {},
): Promise<Readable> {
  const source = await openWhole(store, sha256, size, range, options);
  source.once('close', countTransfer());
  return source;
}

/** Opens a blob after a look at its length: damage that shows in the length is told before the first byte. */
async function openWhole(
  store: BlobStore,
  sha256: string,
  size: number,
  range: ByteRange | undefined,
  options: ServeOptions,
): Promise<Readable> {
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

function createVerifier(
  sha256: string,
  size: number,
  { onDamage, createHasher = createSha256 }: ServeOptions,
): Transform {
  const hasher = createHasher();
  let held: Buffer | undefined;
  let seen = 0;

  async function verdict(): Promise<Damaged | undefined> {
    if (seen !== size) return new Damaged(sha256, `${seen} bytes instead of ${size}`);
    const actual = await hasher.digest();
    return actual === sha256 ? undefined : new Damaged(sha256, `its bytes have the digest ${actual}`);
  }

  function fail(done: TransformCallback, damage: Damaged) {
    onDamage?.(damage);
    done(damage);
  }

  return new Transform({
    async transform(chunk: Buffer, _encoding, done) {
      try {
        await hasher.update(chunk);
      } catch (err) {
        return done(err as Error);
      }
      seen += chunk.length;
      // Longer than recorded: to go on would be to send every byte that the client waits for.
      if (seen > size) return fail(done, new Damaged(sha256, `more than ${size} bytes`));
      const earlier = held;
      held = chunk;
      done(null, earlier);
    },
    async flush(done) {
      try {
        const damage = await verdict();
        if (damage) fail(done, damage);
        else done(null, held);
      } catch (err) {
        done(err as Error);
      }
    },
  });
}

function follow(source: Readable, verifier: Transform): Readable {
  const over = countTransfer();
  // Either end takes the other with it; the reader learns of failures from the stream itself.
  pipeline(source, verifier, over);
  return verifier;
}
