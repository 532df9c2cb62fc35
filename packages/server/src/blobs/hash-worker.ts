import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

/** Of one hash: a chunk to add, its end, or that it is no longer wanted. */
export interface Asked {
  id: number;
  chunk?: Uint8Array;
  end?: boolean;
}

const hashes = new Map<number, Hash>();

/** Chunks and ends are answered, in the order in which they came: an end with the digest. */
parentPort?.on('message', ({ id, chunk, end }: Asked) => {
  if (chunk) {
    const hash = hashes.get(id) ?? createHash('sha256');
    hashes.set(id, hash.update(chunk));
    parentPort?.postMessage('');
    return;
  }
  if (end) parentPort?.postMessage(hashes.get(id)?.digest('hex'));
  hashes.delete(id);
});
