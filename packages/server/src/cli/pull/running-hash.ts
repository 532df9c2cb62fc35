import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { PIECE } from './part.ts';

const CHUNK = 2 ** 20;

/**
 * Hashes a file while its pieces arrive in any order: `advance` reads on over those that are there, from the start.
 * What has just been written is still in the system's cache, so nothing is left to read when the last piece is there.
 */
export function createRunningHash(handle: FileHandle, size: number, done: ReadonlySet<number>) {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK, size)));
  let at = 0;
  let turn: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    while (at < size && done.has(Math.floor(at / PIECE))) {
      const end = Math.min(size, (Math.floor(at / PIECE) + 1) * PIECE);
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, end - at), at);
      // Shorter than the journal says: the digest will not be that of the manifest.
      if (bytesRead === 0) at = end;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  return {
    advance(): Promise<void> {
      turn = turn.then(read);
      return turn;
    },
    /** Hex. All pieces must be there. */
    async digest(): Promise<string> {
      await this.advance();
      return hash.digest('hex');
    },
  };
}
