import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seed } from './seed.ts';
import { formatSize, shapeOf } from './shape.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a seed is made of: the schema, what writes into it, and the seeding itself. */
const MADE_BY = [
  'bench/seed',
  'packages/server/src/db/migrations',
  'packages/server/src/events',
  'packages/server/src/registry/search',
];

export const CACHE = join(ROOT, 'bench/.cache');

/** An installation of its own, filled with so many versions; whoever asked may spoil it, and removes it. */
export async function seededSqlite(versions: number, say: (text: string) => void): Promise<string> {
  const kept = join(CACHE, `sqlite-${formatSize(versions)}-${await keyOfSeeds()}`);
  if (!existsSync(kept)) {
    await forget(`sqlite-${formatSize(versions)}-`);
    say(`seeding ${formatSize(versions)} versions into SQLite`);
    const fresh = `${kept}.part`;
    await rm(fresh, { recursive: true, force: true });
    await seed(fresh, '', shapeOf(versions));
    await rename(fresh, kept);
  }
  const copy = join(CACHE, `run-${process.pid}-${formatSize(versions)}`);
  await rm(copy, { recursive: true, force: true });
  await cp(kept, copy, { recursive: true });
  return copy;
}

async function forget(prefix: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  for (const name of await readdir(CACHE))
    if (name.startsWith(prefix)) await rm(join(CACHE, name), { recursive: true, force: true });
}

async function keyOfSeeds(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of MADE_BY)
    for (const name of (await readdir(join(ROOT, folder))).sort())
      if (name.endsWith('.ts') && !name.endsWith('.test.ts'))
        hash.update(name).update(await readFile(join(ROOT, folder, name)));
  return hash.digest('hex').slice(0, 12);
}
