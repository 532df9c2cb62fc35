const KiB = 1024;
const MiB = 1024 * KiB;
const BUDGET = 8 * MiB;

let transfers = 0;

/**
 * How large the buffers of a new transfer may be. One transfer moves 1 MiB at a time, which costs the least CPU; as they
 * multiply, buffers shrink, so that a thousand slow clients do not hold gigabytes.
 */
export function bufferSize(others = transfers): number {
  const share = Math.floor(BUDGET / (others + 1) / KiB) * KiB;
  return Math.min(Math.max(share, 16 * KiB), MiB);
}

/** Counts a transfer until the function it returns is called. */
export function countTransfer(): () => void {
  let over = false;
  transfers += 1;
  return () => {
    if (!over) transfers -= 1;
    over = true;
  };
}
