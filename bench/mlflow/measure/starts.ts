import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../../load/start.ts';
import { cpuOf, memoryOf, shareOf } from '../../processes.ts';

/** A server that has just started, and does nothing. Memory is that of all its processes, in bytes. */
export interface Start {
  server: string;
  /** Until it answers. */
  seconds: number;
  cpuSeconds: number;
  residentBytes: number;
  /** With what processes share counted once. */
  shareBytes: number;
}

const IDLE_MS = 3_000;

export async function measureStart(server: string, start: () => Promise<Target>): Promise<[Target, Start]> {
  const started = performance.now();
  const target = await start();
  const seconds = (performance.now() - started) / 1_000;
  const cpuSeconds = cpuOf(target.pid) / 1e6;
  await sleep(IDLE_MS);
  return [
    target,
    { server, seconds, cpuSeconds, residentBytes: memoryOf(target.pid), shareBytes: shareOf(target.pid) },
  ];
}
