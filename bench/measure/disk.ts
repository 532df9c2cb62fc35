import { mkdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const FOR_MS = 1_000;
const BLOCK = Buffer.alloc(4_096, 1);

/** How often in a second the disk under this folder takes 4 KiB for good: no commit of its own can come more often. */
export async function syncsPerSecond(folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const name = join(folder, `syncs-${process.pid}`);
  const file = await open(name, 'w');
  let count = 0;
  const started = performance.now();
  for (; performance.now() - started < FOR_MS; count += 1) {
    await file.write(BLOCK);
    await file.datasync();
  }
  const seconds = (performance.now() - started) / 1_000;
  await file.close();
  await rm(name);
  return count / seconds;
}
