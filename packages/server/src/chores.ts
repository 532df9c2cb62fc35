import type { Log } from './http/operations/log.ts';
import type { Registry } from './registry/registry.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

interface Chores {
  everyMinute(): Promise<unknown>;
  /** At the start and every minute. */
  count(signal: AbortSignal): Promise<unknown>;
  everyHour(): Promise<unknown>;
  /** The first time an hour after the start, so that a server that is often restarted comes to it too. */
  everyDay(signal: AbortSignal): Promise<unknown>;
}

/** Does what is to be done every so often. What it answers stops it, after one more minute's chore. */
export function startChores(
  { everyMinute, count, everyHour, everyDay }: Chores,
  onFailed: (error: unknown) => void,
): () => Promise<void> {
  const over = new AbortController();
  // What is done daily may take long, and so may counting: the others do not wait for it.
  const [often, counting, daily] = [inOrder(onFailed), inOrder(onFailed), inOrder(onFailed)];
  let hour = 0;
  often.run(everyHour);
  counting.run(() => count(over.signal));
  const minutes = setInterval(() => {
    often.run(everyMinute);
    counting.run(() => count(over.signal));
  }, MINUTE_MS).unref();
  const hours = setInterval(() => {
    often.run(everyHour);
    if (hour % 24 === 0) daily.run(() => everyDay(over.signal));
    hour += 1;
  }, HOUR_MS).unref();
  return async () => {
    clearInterval(minutes);
    clearInterval(hours);
    over.abort();
    often.run(everyMinute);
    await Promise.all([often.idle(), counting.idle(), daily.idle()]);
  };
}

/** Runs chores one after the other; one that fails is told of, and the next runs all the same. */
function inOrder(onFailed: (error: unknown) => void) {
  let running: Promise<unknown> = Promise.resolve();
  return {
    run(chore: () => Promise<unknown>) {
      running = running.then(chore).catch(onFailed);
    },
    idle: () => running,
  };
}

/** Removes bytes that no version names and that are older than this; 0 removes nothing. */
export async function sweepBytes(registry: Registry, log: Log, graceMs: number, signal: AbortSignal): Promise<void> {
  if (graceMs === 0) return;
  let [blobs, bytes] = [0, 0];
  for await (const { size } of registry.trash.sweep({ graceMs, signal })) {
    blobs += 1;
    bytes += size;
  }
  if (blobs > 0) log.info({ blobs, bytes }, 'bytes that no version names were removed');
}
