import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Of both halves together, about: it doubles between two looks. V8 goes up to 128 MiB where a machine has the memory. With half as
 * much as this, changes on PostgreSQL spent a seventh of their time on collections; with twice as much they spent no less.
 */
const MOST = 32 * 2 ** 20;
const LOOKED_AT_EVERY_MS = 100;

const growBy = (factor: 1 | 2) => setFlagsFromString(`--semi-space-growth-factor=${factor}`);

/** The young generation of the heap stays as large as it is, so that what comes is collected, until it is let grow. */
export function holdYoungGeneration(): void {
  growBy(1);
}

/** It grows as V8 has it while there is use for it, up to a bound. At rest V8 makes it smaller, and then it may grow again. */
export function letYoungGenerationGrow(): void {
  growBy(2);
  let grows = true;
  setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    const may = !young || young.space_size < MOST;
    if (may !== grows) growBy(may ? 2 : 1);
    grows = may;
  }, LOOKED_AT_EVERY_MS).unref();
}
