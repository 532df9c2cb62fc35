import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Server and peer have one core, the load generator another. */
export const CORES = { server: 0, load: 1 } as const;

/** Whether processes can be bound to a core here. */
export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Starts Node with these arguments, on one core where that can be had. */
export function startPinned(core: keyof typeof CORES, args: string[], channel: 'ipc' | 'pipe'): ChildProcess {
  const command = [process.execPath, ...args];
  const [first, ...rest] = canPin ? ['taskset', '-c', String(CORES[core]), ...command] : command;
  return spawn(first as string, rest, { stdio: ['ignore', channel === 'ipc' ? 'inherit' : 'pipe', 'pipe', 'ipc'] });
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

const TICKS_PER_SECOND = 100;

/** CPU time of a process and its children so far, in microseconds; to 10 ms. */
export function cpuOf(pid: number): number {
  let ticks = 0;
  for (const one of treeOf(pid)) {
    // The name in parentheses may hold spaces: fields are counted after it.
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1e6) / TICKS_PER_SECOND;
}

/** Resident memory of a process and its children, in bytes. */
export function memoryOf(pid: number): number {
  let bytes = 0;
  for (const one of treeOf(pid)) {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/status`, 'utf8')) ?? [];
    bytes += Number(kib ?? 0) * 1024;
  }
  return bytes;
}

function treeOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
}
