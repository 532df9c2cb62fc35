import { crc32 } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';
import { inflating } from './inflate.ts';
import { type ByteStream, Reader, streamOf } from './reader.ts';
import { Malformed } from './unreadable.ts';

/** The content of a compressed file. Once it was read to its end, `end` checks that the file ends there too. */
export interface Unpacking {
  readonly stream: ByteStream;
  end(): void;
}

function mustEnd(source: ByteSource, at: number): void {
  if (at !== source.size) throw new Malformed('compressed data is followed by other bytes', at);
}

/** RFC 1950; zlib checks the checksum itself. */
export function unpackZlib(source: ByteSource): Unpacking {
  const stream = inflating(streamOf(source), 'zlib');
  return { stream, end: () => mustEnd(source, stream.taken) };
}

/** RFC 1952, one member: where more follows, readers disagree on whether it belongs to the content. */
export function unpackGzip(source: ByteSource): Unpacking {
  const start = headerLength(source);
  let crc = 0;
  let length = 0;
  const stream = inflating(streamOf(source, start), 'raw', {
    each(part) {
      crc = crc32(part, crc);
      length += part.length;
    },
  });
  return {
    stream,
    end() {
      const at = start + stream.taken;
      const trailer = new Reader(streamOf(source, at));
      if (trailer.u32() !== crc || trailer.u32() !== length % 4294967296) {
        throw new Malformed('gzip checksum or length does not agree with its content', at);
      }
      mustEnd(source, at + 8);
    },
  };
}

const MAX_TEXT = 64 * 1024;

function headerLength(source: ByteSource): number {
  const reader = new Reader(streamOf(source));
  reader.skip(2);
  const method = reader.u8();
  const flags = reader.u8();
  if (method !== 8 || flags & 0xe0) throw new Malformed('gzip header cannot be read');
  reader.skip(6);
  if (flags & 4) reader.skip(reader.u16());
  for (const named of [8, 16]) if (flags & named) passText(reader);
  if (flags & 2) reader.skip(2);
  return reader.position;
}

function passText(reader: Reader): void {
  for (let i = 0; reader.u8() !== 0; i++) if (i > MAX_TEXT) throw new Malformed('gzip header cannot be read');
}
