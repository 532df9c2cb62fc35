import type { Caller } from '../../contract/actor.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Measured } from './from-run.ts';

/** A version, and the bytes that it had when something was measured. */
export interface Seen {
  id: number;
  digest: string | null;
}

/** How long what a run measures of a version on a data set waits for more, after one evaluation; then twice as long. */
const FIRST_MS = 10_000;
const LONGEST_MS = 60_000;
/** Of more runs, versions and data sets at a time nothing waits. */
const MOST_WAITS = 10_000;
/** Times that something is tried to be written, each after such a wait. */
const MOST_TRIES = 20;

interface Wait {
  by: Caller;
  version: Seen;
  run_id: string;
  ms: number;
  timer: NodeJS.Timeout;
  held?: Measured | undefined;
  /** Tries that failed, one after the other. */
  failed: number;
  /** What is being written; never rejects. */
  writing: Promise<void>;
}

/**
 * Makes one evaluation of what a run logs step by step: the first is recorded at once, what comes soon after it together,
 * once some time went by or the run ends. What waits is in memory; a crash loses it, its points stay.
 */
export interface Hold {
  /** Which of the versions it is to be recorded of now. The others are written later. */
  take(by: Caller, measured: Measured, versions: readonly Seen[]): Seen[];
  /** Writes what waits of a run. What cannot be written now waits on, and is thrown why. */
  flush(run_id: string): Promise<void>;
  /** Writes all that waits. What cannot be written is lost, and told of. */
  close(): Promise<void>;
}

export interface HoldParts {
  write(by: Caller, measured: Measured, versions: readonly Seen[]): Promise<unknown>;
  /** Whether what failed so may be written later. */
  isPassing(error: unknown): boolean;
  /** Told of each try that failed. */
  onFailed(error: unknown): void;
}

export function createHold({ write, isPassing, onFailed }: HoldParts): Hold {
  const waits = new Map<string, Wait>();
  let closed = false;
  const start = (key: string, ms: number) => setTimeout(() => void end(key), ms).unref();

  function put(key: string, wait: Wait): Promise<void> {
    const written = wait.writing.then(() => putNow(key, wait));
    wait.writing = written.catch(() => {});
    return written;
  }

  async function putNow(key: string, wait: Wait): Promise<void> {
    const { held } = wait;
    if (!held) return;
    wait.held = undefined;
    try {
      await write(wait.by, held, [wait.version]);
      wait.failed = 0;
    } catch (error) {
      wait.failed += 1;
      if (!closed && isPassing(error) && wait.failed < MOST_TRIES) holdAgain(key, wait, held);
      throw error;
    }
  }

  /** What came meanwhile is later. */
  function holdAgain(key: string, wait: Wait, held: Measured): void {
    const now = waits.get(key) ?? { ...wait, timer: start(key, wait.ms) };
    now.held = now.held ? together(held, now.held) : held;
    now.failed = wait.failed;
    waits.set(key, now);
  }

  async function end(key: string): Promise<void> {
    const wait = waits.get(key);
    if (!wait) return;
    if (!wait.held) waits.delete(key);
    else {
      wait.ms = Math.min(LONGEST_MS, 2 * wait.ms);
      wait.timer = start(key, wait.ms);
      await put(key, wait).catch(onFailed);
    }
  }

  /** Nothing of these waits after, but what could not be written. */
  async function putAll(all: readonly [string, Wait][]): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const [key, wait] of all) {
      clearTimeout(wait.timer);
      if (waits.get(key) === wait) waits.delete(key);
      await put(key, wait).catch((error) => errors.push(error));
    }
    return errors;
  }

  return {
    take: (by, measured, versions) =>
      versions.filter((version) => {
        const { run_id, evaluation } = measured;
        const key = JSON.stringify([
          run_id,
          version.id,
          version.digest,
          evaluation.dataset.name,
          evaluation.dataset.digest,
        ]);
        const wait = waits.get(key);
        if (wait) Object.assign(wait, { by, held: together(wait.held, measured) });
        else if (!closed && waits.size < MOST_WAITS) {
          const idle = { ms: FIRST_MS, timer: start(key, FIRST_MS), failed: 0, writing: Promise.resolve() };
          waits.set(key, { by, version, run_id, ...idle });
        }
        return !wait;
      }),
    async flush(run_id) {
      const [error] = await putAll([...waits].filter(([, wait]) => wait.run_id === run_id));
      if (error !== undefined) throw error;
    },
    async close() {
      closed = true;
      for (const error of await putAll([...waits])) onFailed(error);
    },
  };
}

/** Of a metric that was logged twice the later counts. */
function together(before: Measured | undefined, later: Measured): Measured {
  const metrics = { ...before?.evaluation.metrics, ...later.evaluation.metrics };
  if (!before || Object.keys(metrics).length > LIMITS.evaluationMetrics) return later;
  return { ...later, evaluation: { ...before.evaluation, ...later.evaluation, metrics } };
}
