import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { beside } from '../beside.ts';
import { type CreateHasher, createSha256, type Hasher } from './hash.ts';
import type { Asked } from './hash-worker.ts';

export interface HashThreads {
  createHasher: CreateHasher;
  close(): Promise<void>;
}

interface Thread {
  hashes: number;
  /** Answers the end with the digest, and a chunk with nothing; none is expected to what is no longer wanted. */
  ask(asked: Asked): Promise<string>;
  tell(asked: Asked): void;
  end(): Promise<void>;
}

/** Below this, handing a chunk to a thread costs as much as hashing it. */
const WORTH_A_HOP = 64 * 1024;
const MOST = 4;
const WORKER = beside(import.meta.url, 'hash-worker');

/**
 * Hashes large bodies in threads, beside the event loop. Threads start when they are needed, as many as there are
 * processors besides the one that serves; where that is the only one, everything is hashed where it is called, as it is
 * for small bodies.
 */
export function createHashThreads(most = Math.min(availableParallelism() - 1, MOST)): HashThreads {
  const threads = new Set<Thread>();
  let ids = 0;

  /** The one with least to do, or a new one. */
  function choose(): Thread {
    const least = [...threads].sort((a, b) => a.hashes - b.hashes)[0];
    if (least && (least.hashes === 0 || threads.size >= most)) return least;
    const started = start(() => threads.delete(started));
    threads.add(started);
    return started;
  }

  function createThreaded(): Hasher {
    const thread = choose();
    const id = ids++;
    let open = true;
    thread.hashes += 1;
    function over(): void {
      if (open) thread.hashes -= 1;
      open = false;
    }
    return {
      update: async (chunk) => void (await thread.ask({ id, chunk })),
      digest: () => thread.ask({ id, end: true }).finally(over),
      discard() {
        if (open) thread.tell({ id });
        over();
      },
    };
  }

  return {
    createHasher() {
      let inner: Hasher | undefined;
      return {
        update(chunk) {
          const fits = most > 0 && chunk.length >= WORTH_A_HOP && chunk.buffer instanceof SharedArrayBuffer;
          inner ??= fits ? createThreaded() : createSha256();
          return inner.update(chunk);
        },
        digest: () => (inner ?? createSha256()).digest(),
        discard: () => inner?.discard(),
      };
    },
    async close() {
      await Promise.all([...threads].map((thread) => thread.end()));
    },
  };
}

function start(onEnd: () => void): Thread {
  // It needs nothing from the environment, so it holds no secrets.
  const worker = new Worker(WORKER, { env: {}, resourceLimits: { maxOldGenerationSizeMb: 64 } });
  const waiting: { resolve(answer: string): void; reject(error: Error): void }[] = [];
  let ended: Error | undefined;
  function fail(error: Error): void {
    if (!ended) onEnd();
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  }
  worker.on('message', (answer: string) => {
    waiting.shift()?.resolve(answer);
    if (waiting.length === 0) worker.unref();
  });
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the hashing thread ended')));
  worker.unref();
  return {
    hashes: 0,
    ask: (asked) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        if (waiting.push({ resolve, reject }) === 1) worker.ref();
        worker.postMessage(asked);
      }),
    tell: (asked) => worker.postMessage(asked),
    end: async () => void (await worker.terminate()),
  };
}
