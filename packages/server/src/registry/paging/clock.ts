import { performance } from 'node:perf_hooks';
import type { Dialect } from '../../db/database.ts';
import { refuse } from '../refusals.ts';
import { breath, share } from './breath.ts';

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
    const now = performance.now();
    const took = now - since;
    worked += took;
    since = now;
    return took;
  };
  return {
    /** How many rows to look at next, from how long as many took. */
    paced(step: number): number {
      const took = lap();
      if (took < SHORT[dialect]) return Math.min(MOST_ROWS, 4 * step);
      return took > LONG[dialect] ? Math.max(1, Math.floor(step / 2)) : step;
    },
    /** Whether a page is to end where it is: it ends the sooner, the more there are that wait. */
    isOver(): boolean {
      lap();
      return worked >= Math.min(patience, share());
    },
    /** For what cannot end early: throws `late` when its time is over, and refuses where there is too much work besides. */
    assertInTime(late: () => Error): void {
      lap();
      if (worked >= patience) throw late();
      if (worked >= share()) refuse('overloaded', 'Too many long searches at once. Try again in a few seconds.', {});
    },
    async rest(): Promise<void> {
      lap();
      if (dialect === 'sqlite') await breath();
      since = performance.now();
    },
  };
}
