import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from './ledger.ts';

/** How long a follower waits before it looks by itself: other replicas commit without poking this one. */
const LOOK_EVERY_MS = 1_000;

/** Tells followers of this process that there are new events. */
export class Poke extends EventEmitter {
  constructor() {
    super();
    this.setMaxListeners(0);
  }
  now(): void {
    this.emit('poke');
  }
}

/** Every event after `after`, in order and without a gap, for as long as `signal` is not aborted. */
export async function* follow(
  ledger: Ledger,
  poke: Poke,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<{ seq: number; line: string } | undefined> {
  let seen = after;
  while (!signal.aborted) {
    const size = await ledger.size();
    for await (const { seq, line } of ledger.lines(seen + 1, size)) {
      if (signal.aborted) return;
      yield { seq, line };
      seen = seq;
    }
    if (seen >= size) {
      await nextPoke(poke, signal);
      yield undefined; // a sign of life, for those who keep a connection open
    }
  }
}

async function nextPoke(poke: Poke, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  try {
    await Promise.race([once(poke, 'poke', { signal: either }), sleep(LOOK_EVERY_MS, undefined, { signal: either })]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    done.abort();
  }
}
