import type { Readable } from 'node:stream';
import type { ByteReader } from './reader.ts';

export interface StreamOptions {
  /** What is done with a stream that gives nothing for so long while it is waited for. */
  stall?: { ms: number; cut(): void };
  /**
   * Nobody else uses the chunks: the memory of each is freed when it was read. Left to the garbage collector, a GiB in
   * chunks of 64 KiB takes some thirty full collections, which cost more than hashing and writing it.
   */
  freeChunks?: boolean;
}

interface Asked {
  into: Uint8Array;
  filled: number;
  timer: NodeJS.Timeout | undefined;
  resolve(filled: number): void;
  reject(error: unknown): void;
}

const NOTHING = new Uint8Array(0);

/**
 * Reads a stream, which stands still between reads. Closing lets go of it and leaves it open, so that its owner can read
 * the rest away and answer; errors that come then are its owner's, but end no process.
 */
export function readStream(stream: Readable, { stall, freeChunks = false }: StreamOptions = {}): ByteReader {
  let rest: Uint8Array = NOTHING;
  let asked: Asked | undefined;

  function take(chunk: Uint8Array): void {
    rest = chunk; // there was none left, else the stream would stand still
    asked?.timer?.refresh();
    fill();
  }

  function fill(): void {
    if (!asked) return;
    const part = rest.subarray(0, asked.into.length - asked.filled);
    asked.into.set(part, asked.filled);
    asked.filled += part.length;
    if (part.length < rest.length) rest = rest.subarray(part.length);
    else drop();
    if (asked.filled === asked.into.length) settle();
  }

  function drop(): void {
    const { buffer } = rest;
    rest = NOTHING;
    if (freeChunks && buffer instanceof ArrayBuffer && buffer.byteLength > 0) buffer.transfer(0);
  }

  function over(): void {
    if (stream.readableEnded) settle();
    else settle(stream.errored ?? new Error('closed before its end'));
  }

  function settle(error?: Error): void {
    if (!asked) return;
    const { timer, filled, resolve, reject } = asked;
    asked = undefined;
    clearTimeout(timer);
    stream.pause();
    if (error) reject(error);
    else resolve(filled);
  }

  // Before anyone listens, as listening lets it flow.
  stream.pause();
  stream.on('error', () => {});
  stream.on('data', take).on('end', over).on('close', over);

  return {
    read: (into) =>
      new Promise((resolve, reject) => {
        asked = { into, filled: 0, timer: undefined, resolve, reject };
        fill();
        if (!asked) return;
        if (stream.readableEnded || stream.destroyed) return over();
        if (stall) asked.timer = setTimeout(stall.cut, stall.ms);
        stream.resume();
      }),
    close() {
      settle(new Error('closed by its reader'));
      stream.off('data', take).off('end', over).off('close', over);
    },
  };
}
