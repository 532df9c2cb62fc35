import type { ByteSource } from './byte-source.ts';
import { Malformed } from './unreadable.ts';

/** Bytes in order: a file, a part of one, or what an inflater gives. */
export interface ByteStream {
  /** The next bytes, empty at the end. They are valid until the next call. */
  next(): Uint8Array;
  /** Passes over `length` bytes; false when the stream ends before that. */
  skip(length: number): boolean;
  /** How many bytes are left, where that is known without reading. */
  readonly left?: number;
  /** A second stream from `back` bytes before the current place. */
  fork(back: number): ByteStream;
}

const CHUNK = 64 * 1024;
const EMPTY = new Uint8Array(0);

/** One character for each byte (TextDecoder's latin1 is Windows-1252, which is not that). */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

export function streamOf(source: ByteSource, start = 0): ByteStream {
  const own = new Uint8Array(Math.min(CHUNK, Math.max(1, source.size)));
  let at = start;
  return {
    next() {
      // Copied, because the source may reuse its window for another reader.
      const got = source.read(at, own.length);
      own.set(got);
      at += got.length;
      return own.subarray(0, got.length);
    },
    skip(length) {
      if (length > source.size - at) return false;
      at += length;
      return true;
    },
    get left() {
      return source.size - at;
    },
    fork: (back) => streamOf(source, at - back),
  };
}

export interface Line {
  /** The line without its newline, as Latin-1 text, cut at the bound asked for. */
  text: string;
  cut: boolean;
  /** The stream ended before the newline. */
  unended: boolean;
}

/** Reads a stream from front to back with a small buffer; a payload is passed over, not read. */
export class Reader {
  readonly #stream: ByteStream;
  #buffer: Uint8Array = EMPTY;
  #at = 0;
  #base = 0;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** The offset of the next byte. */
  get position(): number {
    return this.#base + this.#at;
  }

  #refill(): boolean {
    this.#base += this.#buffer.length;
    this.#at = 0;
    this.#buffer = this.#stream.next();
    return this.#buffer.length > 0;
  }

  atEnd(): boolean {
    return this.#at >= this.#buffer.length && !this.#refill();
  }

  u8(): number {
    if (this.#at >= this.#buffer.length && !this.#refill()) throw this.#short();
    return this.#buffer[this.#at++]!;
  }

  /** The next byte without taking it, or -1 at the end. */
  peek(): number {
    return this.atEnd() ? -1 : this.#buffer[this.#at]!;
  }

  /** What is at hand of the next bytes, without taking them; empty at the end. */
  some(): Uint8Array {
    return this.atEnd() ? EMPTY : this.#buffer.subarray(this.#at);
  }

  /** `length` bytes; the caller bounds the length. Valid until the next read. */
  bytes(length: number): Uint8Array {
    if (this.#at + length <= this.#buffer.length) {
      this.#at += length;
      return this.#buffer.subarray(this.#at - length, this.#at);
    }
    const out = new Uint8Array(length);
    let got = 0;
    while (got < length) {
      if (this.atEnd()) throw this.#short();
      const part = this.#buffer.subarray(this.#at, this.#at + length - got);
      out.set(part, got);
      got += part.length;
      this.#at += part.length;
    }
    return out;
  }

  skip(length: number): void {
    const held = this.#buffer.length - this.#at;
    if (length <= held) {
      this.#at += length;
      return;
    }
    const rest = length - held;
    this.#base += this.#buffer.length;
    this.#buffer = EMPTY;
    this.#at = 0;
    if (!this.#stream.skip(rest)) throw this.#short();
    this.#base += rest;
  }

  u16(): number {
    return this.u8() | (this.u8() << 8);
  }

  u32(): number {
    return (this.u16() | (this.u16() << 16)) >>> 0;
  }

  i32(): number {
    return this.u32() | 0;
  }

  /** Exact up to 2^53; beyond that only its size matters, and it stays larger than any file. */
  u64(): number {
    const low = this.u32();
    return this.u32() * 4294967296 + low;
  }

  line(max: number): Line {
    let text = '';
    for (;;) {
      if (this.atEnd()) return { text, cut: false, unended: true };
      const end = this.#buffer.indexOf(10, this.#at);
      const part = this.#buffer.subarray(this.#at, end < 0 ? undefined : end);
      if (text.length <= max) text += latin1(part.subarray(0, max + 1 - text.length));
      this.#at = end < 0 ? this.#buffer.length : end + 1;
      if (end >= 0) return { text: text.slice(0, max), cut: text.length > max, unended: false };
    }
  }

  /** The bytes that are left, where that is known without reading. */
  get left(): number | undefined {
    const left = this.#stream.left;
    return left === undefined ? undefined : left + this.#buffer.length - this.#at;
  }

  /** A second reader from here. */
  fork(): Reader {
    const copy = new Reader(this.#stream.fork(this.#buffer.length - this.#at));
    copy.#base = this.position;
    return copy;
  }

  #short(): Malformed {
    return new Malformed('ends in the middle', this.position);
  }
}
