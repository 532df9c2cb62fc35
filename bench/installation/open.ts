import { execFile } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { constants, cp, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLI } from '../load/start.ts';
import { seed } from '../seed/seed.ts';
import { formatSize, shapeOf } from '../seed/shape.ts';
import { CACHE, forget, isLeftOver, keyOfSeeds, runOf } from './cache.ts';
import type { Cluster } from './cluster.ts';

/** A seeded installation that may be spoilt: a copy of the one that is kept. */
export interface Installation {
  /** For `assayer serve`. */
  args: string[];
  remove(): Promise<void>;
}

/** Up to this size a new seed is examined by `assayer doctor` before it is kept. */
const EXAMINED = 10_000;

interface Asked {
  versions: number;
  /** Where the database is PostgreSQL. */
  cluster: Cluster | undefined;
  /** Whether the seed is kept and a copy of it spoilt, or the seed itself. */
  keep: boolean;
  say(text: string): void;
}

/** An installation of so many versions. The first of its kind takes a while: it is seeded, and kept for later runs. */
export async function openInstallation({ versions, cluster, keep, say }: Asked): Promise<Installation> {
  const database = cluster ? 'postgres' : 'sqlite';
  const size = `${database}_${formatSize(versions)}`;
  const name = `${size}_${await keyOfSeeds()}`;
  const kept = join(CACHE, name);
  if (!existsSync(kept)) {
    say(`seeding ${formatSize(versions)} versions into ${database}`);
    const started = performance.now();
    await forget((other) => other.startsWith(`${size}_`));
    await assertRoom(versions);
    await seedAnew(kept, versions, cluster);
    say(`seeded in ${((performance.now() - started) / 1_000).toFixed(0)} s`);
  }
  await forget(isLeftOver);
  const run = runOf(name);
  const copy = join(CACHE, run);
  if (cluster) await dropAll(cluster, isLeftOver);
  if (keep) {
    await assertRoom(versions);
    await cluster?.create(run, name);
    await cp(kept, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
    if (!cluster) await readThrough(join(copy, 'assayer.db'));
  } else {
    await cluster?.rename(name, run);
    await rename(kept, copy);
  }
  return {
    args: argsOf(copy, cluster?.urlOf(run)),
    async remove() {
      await cluster?.drop(run);
      await rm(copy, { recursive: true, force: true });
    },
  };
}

/** What was copied may have left the system's cache, and it is calls that are measured, not the disk. */
async function readThrough(file: string): Promise<void> {
  for await (const _ of createReadStream(file, { highWaterMark: 2 ** 20 }));
}

/** What a version takes on disk with its events, facets and indexes, rounded up. */
const VERSION_BYTES = 12_000;

async function assertRoom(versions: number): Promise<void> {
  const { bavail, bsize } = await statfs(CACHE);
  const [needed, free] = [versions * VERSION_BYTES, bavail * bsize].map((bytes) => (bytes / 2 ** 30).toFixed(1));
  if (versions * VERSION_BYTES > bavail * bsize)
    throw new Error(
      `${formatSize(versions)} versions take ${needed} GiB more, and ${free} are free: with --no-copy the seed is not kept`,
    );
}

/** Under another name until it is whole. */
async function seedAnew(kept: string, versions: number, cluster: Cluster | undefined): Promise<void> {
  const part = `${kept}_part`;
  const name = kept.slice(CACHE.length + 1);
  if (cluster) {
    const size = name.replace(/[^_]*$/, '');
    await dropAll(cluster, (other) => other.startsWith(size));
    await cluster.create(`${name}_part`);
  }
  const url = cluster?.urlOf(`${name}_part`);
  await seed(part, url ?? '', shapeOf(versions));
  if (versions <= EXAMINED) await examine(argsOf(part, url));
  await cluster?.rename(`${name}_part`, name);
  await rename(part, kept);
}

async function dropAll(cluster: Cluster, isStale: (name: string) => boolean): Promise<void> {
  for (const name of await cluster.databases()) if (isStale(name)) await cluster.drop(name);
}

function argsOf(data: string, url: string | undefined): string[] {
  return ['--data', data, ...(url === undefined ? [] : ['--database', url])];
}

/** Rows, events and blobs that were written in bulk are what the registry itself would have written. */
async function examine(args: string[]): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor', '--all', '--json', ...args]).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`assayer doctor finds fault with the seed: ${error.stdout}${error.stderr}`);
    },
  );
  if (!JSON.parse(stdout).ok) throw new Error(`assayer doctor finds fault with the seed: ${stdout}`);
}
