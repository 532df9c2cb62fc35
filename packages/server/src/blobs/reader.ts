import { lendBuffers } from './buffers.ts';

/**
 * Bytes in order, read into memory of the caller, who uses it again for the next: a new buffer for each chunk would
 * cost as much in garbage collection as hashing does. One call at a time.
 */
export interface ByteReader {
  /** Fills the buffer, or what the last bytes fill of it; 0 says that there are no more. */
  read(into: Uint8Array): Promise<number>;
  close(): void | Promise<void>;
}

/** Bytes that are lent: a chunk is overwritten once the next is asked for. To be iterated at once; the end closes them. */
export type Lent = AsyncGenerator<Buffer, void, void>;

/** The next `size` bytes, or what there is of them. While one chunk is used, the next is read. */
export async function* chunksOf(reader: ByteReader, size: number): Lent {
  const lent = lendBuffers(size);
  let [buffer, other] = lent.buffers;
  let left = size;

  async function fill(): Promise<Buffer> {
    const space = buffer.subarray(0, Math.min(buffer.length, left));
    const filled = left > 0 ? await reader.read(space) : 0;
    left -= filled;
    return space.subarray(0, filled);
  }

  try {
    let coming = fill();
    for (let chunk = await coming; chunk.length > 0; chunk = await coming) {
      [buffer, other] = [other, buffer];
      coming = fill();
      coming.catch(() => {}); // met in the next round
      yield chunk;
    }
    lent.giveBack();
  } finally {
    lent.end();
    await reader.close();
  }
}
