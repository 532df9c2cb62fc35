import type { Ledger } from './ledger.ts';
import type { Line, Tail } from './tail.ts';

/** A follower that is behind the tail reads so many lines at a time, and holds them while its client takes them. */
const LINES_TOGETHER = 100;

/**
 * Every event after `after`, in order and without a gap, for as long as `signal` is not aborted. No lines are a sign of
 * life, for those who keep a connection open.
 */
export async function* follow(
  ledger: Pick<Ledger, 'lines'>,
  tail: Tail,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<Line[]> {
  let seen = after;
  const leave = tail.join();
  try {
    while (!signal.aborted) {
      const before = tail.first() - 1;
      if (seen < before) {
        const to = Math.min(seen + LINES_TOGETHER, before);
        for await (const { seq, line } of ledger.lines(seen + 1, to)) {
          yield [{ seq, line }];
          if (signal.aborted) return;
        }
        seen = to;
        continue;
      }
      const lines = tail.after(seen);
      if (lines.length === 0) await tail.looked(signal);
      yield lines;
      seen = lines.at(-1)?.seq ?? seen;
    }
  } finally {
    leave();
  }
}
