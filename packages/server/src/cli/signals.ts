import { Ended } from './exit.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const GRACE_MS = 5_000;

/** The first signal from now on. To be called before anybody is told that they may send one. */
export function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
  });
}

/** Closes and ends with 0. A second signal, or an overrun of the deadline, ends at once with 1. */
export async function stop(deadlineMs: number, close: () => Promise<void>): Promise<never> {
  for (const signal of SIGNALS) process.on(signal, () => process.exit(1));
  setTimeout(() => process.exit(1), deadlineMs + GRACE_MS);
  await close();
  process.exit(0);
}

/** Runs `work` with a signal that Ctrl-C aborts; a second Ctrl-C, or work that does not heed the first, ends at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let overdue: NodeJS.Timeout | undefined;
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    overdue = setTimeout(() => process.exit(130), GRACE_MS);
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(overdue);
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

/** The same for work that throws once its signal is aborted: that ends the command with 130 and these words. */
export function orInterrupted<T>(work: (signal: AbortSignal) => Promise<T>, lines: readonly string[] = []): Promise<T> {
  return interruptible(async (signal) => {
    try {
      return await work(signal);
    } catch (error) {
      throw signal.aborted ? new Ended(130, 'Interrupted.', lines) : error;
    }
  });
}
