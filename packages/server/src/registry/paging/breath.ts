import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/**
 * SQLite answers at once, and nothing else is served meanwhile. What takes many queries rests where the turn of the
 * event loop has been used up, by whomever: of all that wait, one goes on in each turn, in the order in which they came.
 */
let last: Promise<void> = Promise.resolve();
let waiting = 0;
/** When the work of this turn began. */
let began: number | undefined;

/** Milliseconds after which nothing more is begun in a turn: a query takes as long again, or a little longer. */
const TURN = 4;

/** Milliseconds of work that all who wait may cost together. */
const TOGETHER = 30_000;

/** Goes on at once while the turn is young, else in one of the next. */
export async function breath(): Promise<void> {
  if (performance.now() - (began ?? beginTurn()) < TURN) return;
  waiting += 1;
  const mine = last.then(() => setImmediate());
  last = mine;
  await mine;
  waiting -= 1;
  beginTurn();
}

function beginTurn(): number {
  const now = performance.now();
  began = now;
  void setImmediate().then(() => {
    if (began === now) began = undefined;
  });
  return now;
}

/** Milliseconds of work that one may cost: the more there are that wait, the fewer. */
export function share(): number {
  return TOGETHER / Math.max(1, waiting);
}
