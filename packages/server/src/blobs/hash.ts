import { createHash } from 'node:crypto';

/** A running SHA-256, here or in a thread. */
export interface Hasher {
  /** The chunk may be used again once this resolves; at once where there is nothing to await. One call at a time. */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Lower-case hexadecimal. Nothing can be added after it. */
  digest(): Promise<string> | string;
  /** Forgets what was hashed; does nothing after `digest`. */
  discard(): void;
}

export type CreateHasher = () => Hasher;

/** Hashes where it is called, which holds up everything else: chunks are at most some hundred KiB. */
export const createSha256: CreateHasher = () => {
  const hash = createHash('sha256');
  return {
    update(chunk) {
      hash.update(chunk);
      return undefined;
    },
    digest: () => hash.digest('hex'),
    discard() {},
  };
};
