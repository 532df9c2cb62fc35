const KiB = 1024;
const MiB = 1024 * KiB;
const SMALLEST = 16 * KiB;
const LARGEST = MiB;
const BUDGET = 2 * MiB;
const KEPT = 8 * MiB;

let transfers = 0;
let kept = 0;
const spare = new Map<number, Buffer[]>();

/** The two buffers of a transfer: one is filled while the other is emptied. */
export interface LentBuffers {
  buffers: readonly [Buffer, Buffer];
  /** Ends the transfer, and lets others use its buffers: only where nothing can still be reading or writing them. */
  giveBack(): void;
  /** Ends the transfer. Says nothing new after `giveBack`. */
  end(): void;
}

/**
 * How large the buffers of a new transfer may be. Each is a hop to a thread of the pool and back, which costs more than
 * what falls out of the processor's cache between the steps. As transfers multiply, buffers shrink, so that a turn of the
 * event loop that serves them all stays short and a thousand slow clients do not hold gigabytes; a transfer of fewer
 * bytes takes less.
 */
export function bufferSize(others = transfers, bytes = Number.POSITIVE_INFINITY): number {
  const share = Math.min(BUDGET / (others + 1), LARGEST);
  let size = SMALLEST;
  while (size * 2 <= share && size < bytes) size *= 2;
  return size;
}

/** Buffers for a transfer of about so many bytes. They are shared memory, so that another thread can hash what is in them. */
export function lendBuffers(bytes?: number): LentBuffers {
  const size = bufferSize(transfers, bytes);
  const buffers = [take(size), take(size)] as const;
  let over = false;
  transfers += 1;
  function end(): void {
    if (!over) transfers -= 1;
    over = true;
  }
  return {
    buffers,
    end,
    giveBack() {
      if (!over) for (const buffer of buffers) keep(buffer);
      end();
    },
  };
}

function take(size: number): Buffer {
  const found = spare.get(size)?.pop();
  if (!found) return Buffer.from(new SharedArrayBuffer(size));
  kept -= size;
  return found;
}

function keep(buffer: Buffer): void {
  const { length } = buffer;
  if (kept + length > KEPT) return;
  kept += length;
  const alike = spare.get(length);
  if (alike) alike.push(buffer);
  else spare.set(length, [buffer]);
}
