import { AsyncLocalStorage } from 'node:async_hooks';

const inside = new AsyncLocalStorage<true>();

/** Runs what belongs to a transaction, so that another one that is begun within it is found out. */
export const runInside = <T>(body: () => Promise<T>): Promise<T> => inside.run(true, body);

/** A transaction within another waits for it for ever on SQLite's one connection that writes. */
export function assertOutside(): void {
  if (inside.getStore()) throw new Error('a change inside a change: pass the work on instead');
}
