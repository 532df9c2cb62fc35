import { setTimeout as sleep } from 'node:timers/promises';
import type { Transferred } from '../load/job.ts';
import type { Generator, Target } from '../load/start.ts';
import { cpuOf, memoryOf } from '../processes.ts';

const LOOK_EVERY_MS = 20;
/** What is left over from the calls before is let go first, so that growth is that of the transfer. */
const SETTLE_MS = 2_000;

export interface Carried extends Transferred {
  bytes: number;
  cpuSeconds: number;
  /** By how much the server's resident memory grew at most. */
  growthBytes: number;
}

/** Bytes that were never sent before up to a path, or what is there down. */
export async function carryFile(
  generator: Generator,
  server: Target,
  kind: 'upload' | 'download',
  path: string,
  bytes: number,
): Promise<Carried> {
  await sleep(SETTLE_MS);
  const memoryBefore = memoryOf(server.pid);
  let most = memoryBefore;
  const look = setInterval(() => {
    most = Math.max(most, memoryOf(server.pid));
  }, LOOK_EVERY_MS);
  const before = cpuOf(server.pid);
  const salt = Date.now() % 2 ** 32;
  const transferred: Transferred = await generator
    .transfer({ kind, port: server.port, path, bytes, salt })
    .finally(() => clearInterval(look));
  const cpuSeconds = (cpuOf(server.pid) - before) / 1e6;
  return { ...transferred, bytes, cpuSeconds, growthBytes: most - memoryBefore };
}
