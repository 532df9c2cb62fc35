import { setTimeout as sleep } from 'node:timers/promises';

/** Waits after each piece of work for as long as it takes that no more than `rate` a second is done. */
export function createPace(rate: number): (count: number, signal: AbortSignal) => Promise<void> | undefined {
  const began = performance.now();
  let done = 0;
  return (count, signal) => {
    done += count;
    const ahead = (done / rate) * 1000 - (performance.now() - began);
    signal.throwIfAborted();
    return ahead > 1 ? sleep(ahead, undefined, { signal }) : undefined;
  };
}
