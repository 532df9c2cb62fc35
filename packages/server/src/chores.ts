import type { Log } from './http/operations/log.ts';
import type { Registry } from './registry/registry.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

interface Chores {
  /** Soon done, and kept waiting by none of the others. */
  everyMinute(): Promise<unknown>;
  /** At the start and every minute. */
  count(signal: AbortSignal): Promise<unknown>;
  /** Every minute; may take as long as what is done every hour, and waits for it. */
  finish(): Promise<unknown>;
  /** At the start too. */
  everyHour(signal: AbortSignal): Promise<unknown>;
  /** The first time an hour after the start, so that a server that is often restarted comes to it too. */
  everyDay(signal: AbortSignal): Promise<unknown>;
}

/** Does what is to be done every so often. What it answers breaks it off, and then does the minute's chore once more. */
export function startChores(
  { everyMinute, count, finish, everyHour, everyDay }: Chores,
  onFailed: (error: unknown) => void,
): () => Promise<void> {
  const over = new AbortController();
  const queue = () => inOrder(onFailed, over.signal);
  const [often, counting, clearing, daily] = [queue(), queue(), queue(), queue()];
  let hour = 0;
  clearing.run(() => everyHour(over.signal));
  counting.run(() => count(over.signal));
  const minutes = setInterval(() => {
    often.run(everyMinute);
    counting.run(() => count(over.signal));
    clearing.run(finish);
  }, MINUTE_MS).unref();
  const hours = setInterval(() => {
    clearing.run(() => everyHour(over.signal));
    if (hour % 24 === 0) daily.run(() => everyDay(over.signal));
    hour += 1;
  }, HOUR_MS).unref();
  return async () => {
    clearInterval(minutes);
    clearInterval(hours);
    over.abort();
    await Promise.all([often.idle(), counting.idle(), clearing.idle(), daily.idle()]);
    await everyMinute().catch(onFailed);
  };
}

/** Runs chores one after the other, none of them once it is over; one that fails is told of, and the next runs all the same. */
function inOrder(onFailed: (error: unknown) => void, over: AbortSignal) {
  let running: Promise<unknown> = Promise.resolve();
  return {
    run(chore: () => Promise<unknown>) {
      running = running.then(() => (over.aborted ? undefined : chore())).catch(onFailed);
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
