import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startPinned, stopProcess } from '../processes.ts';
import type { Job, Outcome } from './job.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const CLI = here('../../packages/server/bin/assayer.js');

/** Something that listens, and the process that pays for it. */
export interface Target {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** Starts `assayer serve` with these arguments; `nodeArgs` go to Node itself. */
export async function startAssayer(args: string[], nodeArgs: string[] = []): Promise<Target> {
  const child = startPinned('server', [...nodeArgs, CLI, 'serve', '--port', '0', ...args], 'pipe');
  let log = '';
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      log = (log + chunk).slice(-10_000);
      const ready = /ready at http:\/\/\S+:(\d+)/.exec(log)?.[1];
      if (ready) resolve(Number(ready));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  return { port, pid: child.pid as number, stop: () => stopProcess(child) };
}

export interface Peer extends Target {
  answerWith(answer: { status: number; type: string; body: string }): Promise<void>;
}

export async function startPeer(): Promise<Peer> {
  const child = startPinned('server', [here('peer.ts')], 'ipc');
  const { port } = await messageFrom<{ port: number }>(child);
  return {
    port,
    pid: child.pid as number,
    stop: () => stopProcess(child),
    async answerWith(answer) {
      child.send(answer);
      await messageFrom(child);
    },
  };
}

export interface Generator {
  run(job: Job): Promise<Outcome>;
  stop(): Promise<void>;
}

export function startGenerator(): Generator {
  const child = startPinned('load', [here('generator.ts')], 'ipc');
  return {
    async run(job) {
      child.send(job);
      const { outcome, error } = await messageFrom<{ outcome?: Outcome; error?: string }>(child);
      if (!outcome) throw new Error(`the load generator failed: ${error}`);
      return outcome;
    },
    stop: () => stopProcess(child),
  };
}

function messageFrom<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the benchmark ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}
