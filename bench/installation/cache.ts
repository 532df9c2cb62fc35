import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a seed is made of: the schema, what writes into it, and the seeding itself. */
const MADE_BY = [
  'bench/seed',
  'packages/server/src/db/migrations',
  'packages/server/src/events',
  'packages/server/src/registry/search',
];

export const CACHE = join(ROOT, 'bench/.cache');

/** Changes with everything that a seed is made of. */
export async function keyOfSeeds(madeBy: readonly string[] = MADE_BY): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of madeBy)
    for (const name of (await readdir(join(ROOT, folder))).sort())
      if (name.endsWith('.ts') && !name.endsWith('.test.ts'))
        hash.update(name).update(await readFile(join(ROOT, folder, name)));
  return hash.digest('hex').slice(0, 12);
}

/** Removes the kept folders whose names are so. */
export async function forget(isStale: (name: string) => boolean): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  for (const name of await readdir(CACHE))
    if (isStale(name)) await rm(join(CACHE, name), { recursive: true, force: true });
}

/** The name of a copy that this process may spoil. */
export const runOf = (name: string): string => `run_${process.pid}_${name}`;

/** Whether it is a copy that an interrupted run left. */
export function isLeftOver(name: string): boolean {
  const pid = /^run_(\d+)_/.exec(name)?.[1];
  if (pid === undefined) return false;
  try {
    return !process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
