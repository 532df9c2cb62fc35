import { inParallel } from '../../blobs/parallel.ts';
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
/** Written at a time: these share a commit. */
const TOGETHER = 64;

interface Wait {
  by: Caller;
  version: Seen;
  run_id: string;
  ms: number;
  timer: NodeJS.Timeout;
  held?: Measured | undefined;
  /** Tries that failed, one after the other, since the last that came. */
  failed: number;
  /** What is being written; never rejects. */
  writing: Promise<void>;
  isWriting: boolean;
}

/**
 * Makes one evaluation of what a run logs step by step: the first is recorded at once, what comes soon after it together,
 * once some time went by or the run ends. What waits is in memory; a crash loses it, its points stay.
 */
export interface Hold {
  /** Which of the versions it is to be recorded of now. The others are written later. */
  take(by: Caller, measured: Measured, versions: readonly Seen[]): Seen[];
  /** Writes what waits of a run. Thrown is why some cannot be written: if that passes it waits on, else it is lost and told of. */
  flush(run_id: string): Promise<void>;
  /** Writes all that waits, until something fails that would need time. What is not written is lost, and told of. */
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

  function put(wait: Wait): Promise<void> {
    const written = wait.writing.then(() => putNow(wait));
    wait.writing = written.catch(() => {});
    return written;
  }

  async function putNow(wait: Wait): Promise<void> {
    const { held } = wait;
    if (!held) return;
    wait.held = undefined;
    wait.isWriting = true;
    try {
      await write(wait.by, held, [wait.version]);
      wait.failed = 0;
    } catch (error) {
      wait.failed += 1;
      // What came meanwhile is later.
      if (isPassing(error) && wait.failed < MOST_TRIES) wait.held = wait.held ? together(held, wait.held) : held;
      throw error;
    } finally {
      wait.isWriting = false;
    }
  }

  const isIdle = ({ held, isWriting }: Wait) => !held && !isWriting;

  async function end(key: string): Promise<void> {
    const wait = waits.get(key);
    if (!wait) return;
    if (isIdle(wait)) waits.delete(key);
    else {
      wait.ms = Math.min(LONGEST_MS, 2 * wait.ms);
      wait.timer = start(key, wait.ms);
      await put(wait).catch(onFailed);
    }
  }

  /** After one that may be written later no other is begun: each could take as long to fail. Tries are counted anew. */
  async function putAll(all: readonly Wait[]): Promise<{ passing: unknown[]; lasting: unknown[] }> {
    const errors = { passing: [] as unknown[], lasting: [] as unknown[] };
    for (const wait of all) wait.failed = 0;
    const putOne = async (wait: Wait) => {
      await put(wait).catch((error) => {
        (isPassing(error) ? errors.passing : errors.lasting).push(error);
        if (isPassing(error)) throw error;
      });
    };
    await inParallel(TOGETHER, all, putOne).catch(() => {});
    for (const error of errors.lasting) onFailed(error);
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
        if (wait) Object.assign(wait, { by, held: together(wait.held, measured), failed: 0 });
        else if (!closed && waits.size < MOST_WAITS) {
          const timer = start(key, FIRST_MS);
          const idle = { ms: FIRST_MS, timer, failed: 0, writing: Promise.resolve(), isWriting: false };
          waits.set(key, { by, version, run_id, ...idle });
        }
        return !wait;
      }),
    async flush(run_id) {
      const all = [...waits].filter(([, wait]) => wait.run_id === run_id);
      const { passing, lasting } = await putAll(all.map(([, wait]) => wait));
      for (const [key, wait] of all)
        if (isIdle(wait) && waits.get(key) === wait) {
          clearTimeout(wait.timer);
          waits.delete(key);
        }
      // That it may be tried again is true only where nothing was lost.
      const [error] = [...lasting, ...passing];
      if (error !== undefined) throw error;
    },
    async close() {
      closed = true;
      const all = [...waits.values()];
      waits.clear();
      for (const { timer } of all) clearTimeout(timer);
      const [cause] = (await putAll(all)).passing;
      const lost = all.filter(({ held }) => held).length;
      if (lost > 0) onFailed(new Error(`The stop left ${lost} evaluations unrecorded.`, { cause }));
    },
  };
}

/** Of a metric that was logged twice the later counts. */
function together(before: Measured | undefined, later: Measured): Measured {
  const metrics = { ...before?.evaluation.metrics, ...later.evaluation.metrics };
  if (!before || Object.keys(metrics).length > LIMITS.evaluationMetrics) return later;
  return { ...later, evaluation: { ...before.evaluation, ...later.evaluation, metrics } };
}
