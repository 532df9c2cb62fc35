import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startPinned, stopProcess } from '../processes.ts';
import type { CallJob, Outcome, TransferJob, Transferred } from './job.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
export const CLI = here('../../packages/server/bin/assayer.js');

/** Something that listens, and the process that pays for it. */
export interface Target {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** Starts `assayer serve` with these arguments; `nodeArgs` go to Node itself. Its log goes to the file. */
export async function startAssayer(args: string[], log: string, nodeArgs: string[] = []): Promise<Target> {
  const child = startPinned('server', [...nodeArgs, CLI, 'serve', '--port', '0', ...args], { log });
  const port = await new Promise<number>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk;
      const ready = /ready at http:\/\/\S+:(\d+)/.exec(text)?.[1];
      if (ready) resolve(Number(ready));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: see ${log}`)));
  });
  return { port, pid: child.pid as number, stop: () => stopProcess(child) };
}

export interface Peer extends Target {
  answerWith(answer: { status: number; type: string; body: string }): Promise<void>;
}

export async function startPeer(): Promise<Peer> {
  const child = startPinned('server', [here('peer.ts')]);
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
  call(job: CallJob): Promise<Outcome>;
  transfer(job: TransferJob): Promise<Transferred>;
  /** Ends the call that is under way. */
  cut(): void;
  stop(): Promise<void>;
}

export function startGenerator(): Generator {
  const child = startPinned('load', [here('generator.ts')]);
  async function run<T>(job: CallJob | TransferJob): Promise<T> {
    child.send(job);
    const { outcome, error } = await messageFrom<{ outcome?: T; error?: string }>(child);
    if (!outcome) throw new Error(`the load generator failed: ${error}`);
    return outcome;
  }
  return { call: run, transfer: run, cut: () => void child.send('stop'), stop: () => stopProcess(child) };
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
