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

interface Wait {
  by: Caller;
  version: Seen;
  run_id: string;
  ms: number;
  timer: NodeJS.Timeout;
  held?: Measured | undefined;
}

/**
 * Makes one evaluation of what a run logs step by step: the first is recorded at once, what comes soon after it together,
 * once some time went by or the run ends. What waits is in memory; a crash loses it, its points stay.
 */
export interface Hold {
  /** Which of the versions it is to be recorded of now. The others are written later. */
  take(by: Caller, measured: Measured, versions: readonly Seen[]): Seen[];
  /** Writes what waits, of one run or of all. */
  flush(run_id?: string): Promise<void>;
}

export function createHold(
  write: (by: Caller, measured: Measured, versions: readonly Seen[]) => Promise<unknown>,
): Hold {
  const waits = new Map<string, Wait>();
  const start = (key: string, ms: number) => setTimeout(() => void end(key).catch(() => {}), ms).unref();
  const put = async (wait: Wait) => {
    const { by, held, version } = wait;
    wait.held = undefined;
    if (held) await write(by, held, [version]);
  };
  async function end(key: string): Promise<void> {
    const wait = waits.get(key);
    if (!wait) return;
    if (!wait.held) waits.delete(key);
    else {
      wait.ms = Math.min(LONGEST_MS, 2 * wait.ms);
      wait.timer = start(key, wait.ms);
      await put(wait);
    }
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
        else if (waits.size < MOST_WAITS)
          waits.set(key, { by, version, run_id, ms: FIRST_MS, timer: start(key, FIRST_MS) });
        return !wait;
      }),
    async flush(run_id) {
      for (const [key, wait] of waits) {
        if (run_id !== undefined && wait.run_id !== run_id) continue;
        clearTimeout(wait.timer);
        waits.delete(key);
        await put(wait);
      }
    },
  };
}

/** Of a metric that was logged twice the later counts. */
function together(before: Measured | undefined, later: Measured): Measured {
  const metrics = { ...before?.evaluation.metrics, ...later.evaluation.metrics };
  if (!before || Object.keys(metrics).length > LIMITS.evaluationMetrics) return later;
  return { ...later, evaluation: { ...before.evaluation, ...later.evaluation, metrics } };
}
