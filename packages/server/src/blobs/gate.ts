/** Runs what it is given, so many at once; the rest waits in order. */
export type Gate = <T>(run: () => Promise<T>) => Promise<T>;

export function createGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running < most) running += 1;
    else await new Promise<void>((pass) => waiting.push(pass));
    try {
      return await run();
    } finally {
      const pass = waiting.shift();
      if (pass) pass();
      else running -= 1;
    }
  };
}

// As many threads as libuv has for the calls of the file system.
const threads = Number(process.env.UV_THREADPOOL_SIZE) || 4;

/**
 * For what a slow disk holds up: writes and fsyncs of large uploads. They leave a thread to everybody else, who would wait for
 * the disk too, only to read what is in memory.
 */
export const writing: Gate = createGate(Math.max(threads - 1, 1));
