import type { FileHandle } from 'node:fs/promises';
import type { ByteReader } from './reader.ts';
import type { ByteRange } from './store.ts';

/** Reads an open file, or a range of it. */
export function readFile(handle: FileHandle, range?: ByteRange): ByteReader {
  const { start, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY };
  let at = start;
  return {
    async read(into) {
      const most = Math.min(into.length, end + 1 - at);
      let filled = 0;
      while (filled < most) {
        const { bytesRead } = await handle.read(into, filled, most - filled, at);
        if (bytesRead === 0) break;
        filled += bytesRead;
        at += bytesRead;
      }
      return filled;
    },
    close: () => handle.close(),
  };
}
