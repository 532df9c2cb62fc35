import type { ByteReader } from './reader.ts';

/** Where bytes live, addressed by their SHA-256 (64 lower-case hexadecimal digits; anything else is InvalidDigest). */
export interface BlobStore {
  readonly kind: string;

  /** Opens a draft to write into; nothing of it is visible until `keep`. */
  draft(): Promise<Draft>;

  /** Size in bytes of a kept blob, or undefined. */
  size(sha256: string): Promise<number | undefined>;

  /** Bytes `start` to `end` (inclusive) of a kept blob, unverified; refuses with BlobMissing. */
  open(sha256: string, range?: ByteRange): Promise<ByteReader>;

  /** Free bytes where drafts and blobs are kept, or undefined where that has no meaning. */
  free(): Promise<number | undefined>;

  /** Every kept blob. One that is kept or removed meanwhile may or may not be seen. */
  list(): AsyncIterable<KeptBlob>;

  /**
   * Takes a blob out of sight; undefined where it is not there. With `keptBefore`, only one that nobody has kept since.
   * Its space is given back by `free`, which may take long for a large one; if that never comes, at a later start.
   */
  remove(sha256: string, keptBefore?: number): Promise<Removed | undefined>;

  /** Refuses with the reason where the store cannot be written. */
  check(): Promise<void>;

  /** Discards the drafts that are still open. */
  close(): Promise<void>;
}

/** Bytes on their way in. One call at a time: await each before the next. */
export interface Draft {
  /** A local file with what was written so far, to be inspected before `keep` and gone after it. */
  readonly file: string;

  /** Takes the whole chunk; it may be reused once this resolves. Chunks of about 1 MiB are cheapest. */
  write(chunk: Uint8Array): Promise<void>;

  /**
   * Makes the draft the blob of this digest, durably: what was written survives a power cut once this resolves. The
   * caller has computed the digest. Idempotent where the blob is there already, and counts as keeping it anew.
   * Where it fails the draft is discarded.
   */
  keep(sha256: string): Promise<void>;

  /** Forgets the draft; does nothing once it is kept or discarded. */
  discard(): Promise<void>;
}

export interface KeptBlob {
  sha256: string;
  size: number;
  /** Epoch milliseconds of the latest `keep`. */
  kept_at: number;
}

export interface Removed {
  size: number;
  kept_at: number;
  free(): Promise<void>;
}

/** Both inclusive, from 0, as in an HTTP Range. */
export interface ByteRange {
  start: number;
  end: number;
}
