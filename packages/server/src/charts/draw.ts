import { Worker } from 'node:worker_threads';
import { beside } from '../beside.ts';
import type { Drawn } from './draw-worker.ts';
import type { Spec } from './spec.ts';

export interface DrawOptions {
  /** Time for one picture. Default 15 s: the first one also waits for the thread to load. */
  timeoutMs?: number;
  /** Heap of the worker. Default 256 MB. */
  memoryMb?: number;
  /** Pictures that may wait; beyond that they are refused. Default 100. */
  maxWaiting?: number;
  /** How long the worker is kept without work. Default one minute. */
  idleMs?: number;
}

export interface Drawer {
  /** Starts the thread, where a picture is about to be drawn. */
  prepare(): void;
  /** The spec as SVG. Rejects with `NotDrawn` where there is too much to do. */
  draw(spec: Spec): Promise<string>;
  close(): Promise<void>;
}

/** A picture could not be drawn: too many wait, or it took too long. */
export class NotDrawn extends Error {
  override name = 'NotDrawn';
}

interface Job {
  spec: Spec;
  resolve(svg: string): void;
  reject(error: Error): void;
}

const WORKER = beside(import.meta.url, 'draw-worker');

/**
 * Draws Vega-Lite specs one after another in a worker thread, off the event loop and within bounds of time and memory. The
 * thread, and with it all that draws, is loaded when it is first needed, and ends when it was not for a while.
 */
export function createDrawer(options: DrawOptions = {}): Drawer {
  const { timeoutMs = 15_000, memoryMb = 256, maxWaiting = 100, idleMs = 60_000 } = options;
  const waiting: Job[] = [];
  let worker: Worker | undefined;
  let current: Job | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function start(): Worker {
    const started = new Worker(WORKER, {
      // It needs nothing from the environment, so it holds no secrets.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 64 },
    });
    started.on('message', ({ svg, error }: Drawn) => {
      if (started === worker) finish(svg === undefined ? new Error(`a chart could not be drawn: ${error}`) : svg);
    });
    started.on('error', (error) => replace(started, isOutOfMemory(error) ? tooMuch() : error));
    started.on('exit', () => replace(started, new Error('the drawing thread ended')));
    started.unref();
    return started;
  }

  function next(): void {
    clearTimeout(timer);
    current = waiting.shift();
    if (!current) {
      worker?.unref();
      rest();
      return;
    }
    worker ??= start();
    worker.ref();
    const asked = worker;
    timer = setTimeout(() => replace(asked, tooMuch()), timeoutMs);
    worker.postMessage(current.spec);
  }

  function finish(outcome: string | Error): void {
    const job = current;
    current = undefined;
    if (typeof outcome === 'string') job?.resolve(outcome);
    else job?.reject(outcome);
    if (!current) next();
  }

  /** A worker that failed is not used again; the next picture gets a new one. */
  function replace(failed: Worker, why: Error): void {
    if (failed !== worker) return;
    worker = undefined;
    void failed.terminate();
    if (current) finish(why);
  }

  /** There is one timer at a time: that of the picture being drawn, or this one. */
  function rest(): void {
    clearTimeout(timer);
    timer = setTimeout(end, idleMs).unref();
  }

  function end(): Promise<number> | undefined {
    clearTimeout(timer);
    const last = worker;
    worker = undefined;
    return last?.terminate();
  }

  return {
    prepare() {
      if (closed || worker) return;
      worker = start();
      rest();
    },
    draw: (spec) =>
      new Promise((resolve, reject) => {
        if (closed || waiting.length >= maxWaiting) return reject(new NotDrawn('too many charts wait to be drawn'));
        waiting.push({ spec, resolve, reject });
        if (!current) next();
      }),
    async close() {
      closed = true;
      for (const job of waiting.splice(0)) job.reject(new NotDrawn('the server stops'));
      const last = end();
      if (current) finish(new NotDrawn('the server stops'));
      clearTimeout(timer);
      await last;
    },
  };
}

const tooMuch = () => new NotDrawn('a chart takes too long to draw');
const isOutOfMemory = (error: unknown) =>
  (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
