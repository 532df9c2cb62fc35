import { InvalidDigest } from './errors.ts';

const SHA256 = /^[0-9a-f]{64}$/;

export function isDigest(text: string): boolean {
  return SHA256.test(text);
}

/** Asked before any path or object key is made of a digest, so that none can be made of anything else. */
export function assertDigest(text: string): void {
  if (typeof text !== 'string' || !isDigest(text)) throw new InvalidDigest();
}
