import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { beside } from '../beside.ts';
import type { Inspection } from '../contract/artifact.ts';
import { RULES_VERSION } from './rules-version.ts';

export interface InspectorOptions {
  /** Time for a small file; a large one gets a second more for each 20 MB. Default 30 s. */
  timeoutMs?: number;
  /** Heap of the worker. Default 512 MB. */
  memoryMb?: number;
  /** Files that may wait; beyond that a file is answered `unknown` at once. Default 10,000. */
  maxWaiting?: number;
  /** Told of every file that had its turn. */
  onInspected?: (seen: Inspected) => void;
}

export interface Inspected {
  verdict: Inspection['verdict'];
  /** Without the wait for its turn. */
  ms: number;
}

export interface Inspector {
  /** Never throws for what the file holds: a file that defeats the inspector is `unknown`. */
  inspectFile(file: string, artifactPath: string): Promise<Inspection>;
  close(): Promise<void>;
}

interface Job {
  file: string;
  path: string;
  timeoutMs: number;
  done(inspection: Inspection): void;
}

const BYTES_PER_MS = 20_000;
const WORKER = beside(import.meta.url, 'inspect-worker');

/** Inspects files one after another in a worker thread, off the event loop and within bounds of time and memory. */
export function createInspector(options: InspectorOptions = {}): Inspector {
  const { timeoutMs = 30_000, memoryMb = 512, maxWaiting = 10_000 } = options;
  const waiting: Job[] = [];
  let worker: Worker | undefined;
  let current: Job | undefined;
  let timer: NodeJS.Timeout | undefined;
  let began = 0;
  let closed = false;

  function start(): Worker {
    const started = new Worker(WORKER, {
      // The worker needs nothing from the environment, so it holds no secrets.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 64 },
    });
    started.on('message', (inspection: Inspection) => finish(inspection));
    started.on('error', (err) => replace(started, 'inspection.crashed', reason(err)));
    started.on('exit', () => replace(started, 'inspection.crashed', 'the inspector ended'));
    started.unref();
    return started;
  }

  function next(): void {
    current = waiting.shift();
    if (!current) {
      worker?.unref();
      return;
    }
    const { file, path, timeoutMs: limit } = current;
    began = performance.now();
    worker ??= start();
    worker.ref();
    const asked = worker;
    timer = setTimeout(() => replace(asked, 'inspection.timeout', `took longer than ${limit} ms`), limit);
    worker.postMessage({ file, path });
  }

  function finish(inspection: Inspection): void {
    clearTimeout(timer);
    const job = current;
    current = undefined;
    if (job) options.onInspected?.({ verdict: inspection.verdict, ms: performance.now() - began });
    job?.done(inspection);
    if (!current) next();
  }

  /** A worker that failed is not used again; its file is `unknown`, and the next gets a new one. */
  function replace(failed: Worker, rule: string, what: string): void {
    if (failed !== worker) return;
    worker = undefined;
    void failed.terminate();
    if (current) finish(unknown(rule, what));
  }

  return {
    async inspectFile(file, path) {
      // At once, so that files are looked at in the order in which they were handed over.
      const { size } = statSync(file);
      if (closed || waiting.length >= maxWaiting)
        return unknown('inspection.refused', 'too many files wait for inspection');
      return new Promise((done) => {
        waiting.push({ file, path, timeoutMs: timeoutMs + Math.ceil(size / BYTES_PER_MS), done });
        if (!current) next();
      });
    },
    async close() {
      closed = true;
      for (const job of waiting.splice(0)) job.done(unknown('inspection.refused', 'the inspector was closed'));
      const last = worker;
      worker = undefined;
      if (current) finish(unknown('inspection.refused', 'the inspector was closed'));
      await last?.terminate();
    },
  };
}

function reason(err: unknown): string {
  const code = (err as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'needs more memory than inspection may take';
  // Not the message: it may hold a path of this machine.
  return `inspection failed: ${code ?? (err instanceof Error ? err.name : typeof err)}`;
}

/** What could not be read is never clean. */
function unknown(rule: string, what: string): Inspection {
  return {
    format: 'unknown',
    media_type: 'application/octet-stream',
    facts: {},
    findings: [{ rule, severity: 'info', where: 'file', what }],
    verdict: 'unknown',
    rules_version: RULES_VERSION,
  };
}
