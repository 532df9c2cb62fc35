import { performance } from 'node:perf_hooks';
import type { Dialect } from '../../db/database.ts';
import { breath } from './breath.ts';

/**
 * Milliseconds that one query should take: less and there are too many queries, more and others wait. On SQLite these
 * are all other requests, on PostgreSQL only those that want its connection.
 */
const SHORT = { sqlite: 4, postgres: 20 };
const LONG = { sqlite: 12, postgres: 60 };

const MOST_ROWS = 16_384;

/** Milliseconds of work after which a page ends, full or not. */
export const PATIENCE = 1_000;

export type Clock = ReturnType<typeof startClock>;

/** Measures the work on one page, without the time in which others were served. */
export function startClock(dialect: Dialect, patience = PATIENCE) {
  let worked = 0;
  let since = performance.now();
  const lap = () => {
    const took = performance.now() - since;
    worked += took;
    return took;
  };
  return {
    /** Ends a stretch of work; answers how many milliseconds it took. */
    lap,
    /** The same; answers how many rows to look at next, from how long as many took. */
    paced(step: number): number {
      const took = lap();
      if (took < SHORT[dialect]) return Math.min(MOST_ROWS, 4 * step);
      return took > LONG[dialect] ? Math.max(1, Math.floor(step / 2)) : step;
    },
    isOver: () => worked >= patience,
    async rest(): Promise<void> {
      if (dialect === 'sqlite') await breath();
      since = performance.now();
    },
  };
}
