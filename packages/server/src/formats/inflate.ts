import { constants, createInflate, createInflateRaw } from 'node:zlib';
import type { ByteStream } from './reader.ts';
import { Malformed, TooMuch } from './unreadable.ts';

/** Bounds on what compressed bytes may turn into; DEFLATE itself cannot exceed 1,032 to 1. */
const MAX_OUTPUT = 256 * 1024 ** 3;
const MAX_RATIO = 200;
/** A small file of zeros is no bomb: the ratio counts from here. */
const RATIO_FROM = 64 * 1024 ** 2;
const OUT = 64 * 1024;
const EMPTY = new Uint8Array(0);

/** The synchronous side of Node's zlib objects: underscored, but unchanged since Node 8 and what npm's own inflater rests on. */
interface Native {
  _handle: {
    onerror: (message: string, errno: number, code: string) => void;
    writeSync(
      flush: number,
      input: Uint8Array,
      inAt: number,
      inLength: number,
      output: Uint8Array,
      outAt: number,
      outLength: number,
    ): void;
  };
  _writeState: Uint32Array;
  close(): void;
}

export interface InflateOptions {
  /** The size that a container states; any other is malformed. */
  size?: number;
  /** Sees all output in order, such as for a checksum. */
  each?(part: Uint8Array): void;
}

export interface Inflating extends ByteStream {
  /** Bytes of compressed input taken so far; exact once the end was met. */
  readonly taken: number;
  readonly ended: boolean;
}

/**
 * Inflates piece by piece through one 64 KiB buffer, synchronously, so that the pickle walker can pull bytes as it
 * needs them. `zlib` checks its own Adler-32; `raw` is DEFLATE alone (zip, and gzip once its header is read).
 */
export function inflating(input: ByteStream, kind: 'zlib' | 'raw', options: InflateOptions = {}): Inflating {
  const native = (kind === 'zlib' ? createInflate() : createInflateRaw()) as unknown as Native;
  const output = new Uint8Array(OUT);
  let held: Uint8Array = EMPTY;
  /** Output that a skip did not want. */
  let surplus: Uint8Array = EMPTY;
  let taken = 0;
  let pulled = 0;
  let given = 0;
  let ended = false;
  let failure: string | undefined;
  native._handle.onerror = (message) => {
    failure = message;
  };

  function finish(): void {
    ended = true;
    native.close();
  }

  function inflate(): Uint8Array {
    while (!ended) {
      if (held.length === 0) {
        held = Uint8Array.from(input.next());
        pulled += held.length;
      }
      const offered = held.length;
      // With nothing left to offer, zlib is told to finish: it complains unless it has met its end already.
      native._handle.writeSync(offered === 0 ? constants.Z_FINISH : 0, held, 0, offered, output, 0, OUT);
      const [room = 0, unread = 0] = native._writeState;
      if (failure !== undefined) throw new Malformed(`compressed data is damaged: ${failure}`);
      held = held.subarray(offered - unread);
      taken += offered - unread;
      const made = OUT - room;
      given += made;
      // Room left over beside unread input, or a finish without complaint: the compressed stream has met its end.
      if (room > 0 && (unread > 0 || offered === 0)) finish();
      if (given > MAX_OUTPUT) throw new TooMuch(`it inflates to more than ${MAX_OUTPUT} bytes`);
      if (given > RATIO_FROM && given > taken * MAX_RATIO) throw new TooMuch(`it inflates more than ${MAX_RATIO} to 1`);
      const { size } = options;
      if (size !== undefined && (given > size || (ended && given < size))) {
        throw new Malformed('compressed data has another size than stated');
      }
      if (made > 0) {
        const part = output.subarray(0, made);
        options.each?.(part);
        return part;
      }
    }
    return output.subarray(0, 0);
  }

  return {
    next() {
      const part = surplus.length > 0 ? surplus : inflate();
      surplus = EMPTY;
      return part;
    },
    skip(length) {
      let left = length;
      while (left > 0) {
        const part = this.next();
        if (part.length === 0) return false;
        if (part.length > left) surplus = part.subarray(left);
        left -= Math.min(left, part.length);
      }
      return true;
    },
    // DEFLATE cannot be entered in the middle: what lies before is inflated once more, under the same bounds.
    fork(back) {
      const { size } = options;
      const copy = inflating(input.fork(pulled), kind, size === undefined ? {} : { size });
      copy.skip(given - surplus.length - back);
      return copy;
    },
    get taken() {
      return taken;
    },
    get ended() {
      return ended;
    },
  };
}
