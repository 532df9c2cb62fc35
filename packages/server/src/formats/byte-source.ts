import { readSync } from 'node:fs';

/** Random access to the bytes of an artifact. A read is short only at the end; what it returns is valid until the next read. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

const WINDOW = 256 * 1024;

/** An open file, read through one window, so that many small reads cost one system call and memory stays flat. */
export function fileSource(fd: number, size: number): ByteSource {
  const window = new Uint8Array(Math.min(WINDOW, size));
  let start = 0;
  let filled = 0;

  function fill(into: Uint8Array, offset: number): number {
    let got = 0;
    while (got < into.length) {
      const n = readSync(fd, into, got, into.length - got, offset + got);
      if (n === 0) break;
      got += n;
    }
    return got;
  }

  return {
    size,
    read(offset, length) {
      const wanted = Math.max(0, Math.min(length, size - offset));
      if (wanted > window.length) {
        const large = new Uint8Array(wanted);
        return large.subarray(0, fill(large, offset));
      }
      if (offset < start || offset + wanted > start + filled) {
        start = offset;
        filled = fill(window.subarray(0, Math.min(window.length, size - offset)), offset);
      }
      return window.subarray(offset - start, Math.min(offset - start + wanted, filled));
    },
  };
}

/** Bytes that are in memory already. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, Math.min(bytes.length, offset + Math.max(0, length))),
  };
}

/** A part of another source, such as a stored member of an archive. */
export function partOf(source: ByteSource, offset: number, size: number): ByteSource {
  return {
    size,
    read: (at, length) => source.read(offset + at, Math.max(0, Math.min(length, size - at))),
  };
}
