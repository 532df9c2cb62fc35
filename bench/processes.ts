import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Server and peer have one core, the load generator another. */
const CORES = { server: 0, load: 1 } as const;

/** Whether processes can be bound to a core here. */
export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Whether the system tells CPU time and memory of other processes: Linux does. */
export const canCount = existsSync('/proc/self/stat');

/** Starts Node with these arguments, on one core where that can be had. */
export function startPinned(core: keyof typeof CORES, args: string[], options: Started = {}): ChildProcess {
  return startProgram(core, [process.execPath, ...args], options);
}

interface Started {
  /** Standard error goes to that file, and standard output is a pipe; without, there is a channel for messages. */
  log?: string;
  /** Beside what is set anyway. */
  env?: Record<string, string>;
}

export function startProgram(core: keyof typeof CORES, command: string[], { log, env }: Started = {}): ChildProcess {
  const [first, ...rest] = canPin ? ['taskset', '-c', String(CORES[core]), ...command] : command;
  return spawn(first as string, rest, {
    stdio: log ? ['ignore', 'pipe', openSync(log, 'w')] : ['ignore', 'inherit', 'inherit', 'ipc'],
    ...(env && { env: { ...process.env, ...env } }),
  });
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

const TICKS_PER_SECOND = 100;

/** CPU time of a process and its children so far, in microseconds; to 10 ms. NaN where it cannot be known. */
export function cpuOf(pid: number): number {
  if (!canCount) return Number.NaN;
  let ticks = 0;
  for (const one of treeOf(pid)) {
    // The name in parentheses may hold spaces: fields are counted after it. They are utime, stime, cutime, cstime.
    const fields = read(`/proc/${one}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ');
    for (const field of fields.slice(11, 15)) ticks += Number(field);
  }
  return (ticks * 1e6) / TICKS_PER_SECOND;
}

/** Resident memory of a process and its children, in bytes. NaN where it cannot be known. */
export function memoryOf(pid: number): number {
  if (!canCount) return Number.NaN;
  let bytes = 0;
  for (const one of treeOf(pid))
    bytes += Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${one}/status`))?.[1] ?? 0) * 1024;
  return bytes;
}

/** The same, with what processes share divided among them. */
export function shareOf(pid: number): number {
  if (!canCount) return Number.NaN;
  let bytes = 0;
  for (const one of treeOf(pid))
    bytes += Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${one}/smaps_rollup`))?.[1] ?? 0) * 1024;
  return bytes;
}

function treeOf(pid: number): number[] {
  const tasks = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  const children = tasks.flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
}

/** Nothing, where the process ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
