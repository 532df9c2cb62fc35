import { createHash } from 'node:crypto';

/**
 * A running SHA-256. It may answer at once or later, so that the work can move off the event loop: callers await
 * `update` before they reuse the chunk, and pass at most 1 MiB, so that hashing here never holds up others for long.
 */
export interface Hasher {
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Lower-case hexadecimal. */
  digest(): string | Promise<string>;
}

export type CreateHasher = () => Hasher;

export const createSha256: CreateHasher = () => {
  const hash = createHash('sha256');
  return {
    update(chunk) {
      hash.update(chunk);
      return undefined;
    },
    digest: () => hash.digest('hex'),
  };
};
