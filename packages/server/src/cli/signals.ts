import type { Output } from './terminal/output.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const GRACE_MS = 5_000;

/** Waits for a signal, then closes and ends with 0. A second signal, or an overrun of the deadline, ends at once with 1. */
export async function stopOnSignals(out: Output, deadlineMs: number, close: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
  });
  out.note('Stopping: requests under way may end. A second signal stops at once.');
  for (const signal of SIGNALS) process.on(signal, () => process.exit(1));
  const overdue = setTimeout(() => process.exit(1), deadlineMs + GRACE_MS);
  await close();
  clearTimeout(overdue);
  process.exit(0);
}

/** Runs `work` with a signal that Ctrl-C aborts; a second Ctrl-C ends at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
