import { setImmediate } from 'node:timers/promises';
import { refuse } from '../refusals.ts';

/**
 * SQLite answers at once, and nothing else is served meanwhile. What takes many queries takes a breath before each: it
 * goes on in another turn of the event loop, and only one of all that wait goes on in each.
 */
let last: Promise<void> = Promise.resolve();
let waiting = 0;

/** How many may wait: each goes on after all others had their turn. */
const MOST_WAITING = 64;

/** Waits for one's turn. Throws Refused where too many wait already. */
export async function breath(): Promise<void> {
  if (waiting >= MOST_WAITING) refuse('overloaded', 'Too many long searches at once. Try again in a few seconds.', {});
  waiting += 1;
  const mine = last.then(() => setImmediate());
  last = mine;
  await mine;
  waiting -= 1;
}
