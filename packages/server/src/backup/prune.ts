import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PREFIXES } from '../blobs/examine.ts';
import type { NamedBlob } from '../registry/named-blobs.ts';
import { blobsOf, isReadable, isTime, listPoints, namesIn, type Point, pointsIn, type Unreadable } from './folder.ts';
import { BackupRefused } from './refused.ts';

/**
 * Removes all but the latest backups, what was left by any that was cut, and blobs that none names any more. What bears
 * a name that was not given here stays. A backup that cannot be read is not counted: it goes when `keep` later ones are
 * there. Until then no blob goes, for which of them it names is not known. Answers those.
 */
export async function prune(folder: string, keep: number): Promise<Unreadable[]> {
  const { kept, unreadable } = await chooseKept(folder, keep);
  const names = new Set([...kept, ...unreadable].map(({ name }) => name));
  for (const name of await namesIn(pointsIn(folder))) {
    if (names.has(name) || !isTime(name)) continue;
    // First the manifest: half of a backup must not be taken for one.
    await rm(join(pointsIn(folder), name, 'manifest.json'), { force: true });
    await rm(join(pointsIn(folder), name), { recursive: true });
  }
  if (unreadable.length === 0) await removeUnnamed(folder, kept);
  return unreadable;
}

/** Reads the lists of all that is kept to their ends, before anything is removed by them. */
async function chooseKept(folder: string, keep: number): Promise<{ kept: Point[]; unreadable: Unreadable[] }> {
  const kept: Point[] = [];
  const unreadable: Unreadable[] = [];
  let left = keep;
  for (const point of (await listPoints(folder)).reverse()) {
    if (left === 0 && isTime(point.name)) continue;
    const found = isReadable(point) ? await withWholeList(point) : point;
    if (!isReadable(found)) unreadable.push(found);
    else {
      kept.push(found);
      if (isTime(point.name)) left -= 1;
    }
  }
  return { kept, unreadable };
}

async function withWholeList(point: Point): Promise<Point | Unreadable> {
  try {
    for await (const _ of blobsOf(point));
    return point;
  } catch (error) {
    if (error instanceof BackupRefused) return { name: point.name, folder: point.folder, refusal: error };
    throw error;
  }
}

async function removeUnnamed(folder: string, points: readonly Point[]): Promise<void> {
  const named = points.map((point) => byPrefix(blobsOf(point)));
  for (const prefix of PREFIXES) {
    const wanted = new Set((await Promise.all(named.map((next) => next(prefix)))).flat());
    for (const name of await namesIn(join(folder, 'blobs', prefix)))
      if (!wanted.has(name)) await rm(join(folder, 'blobs', prefix, name));
  }
}

/** Deals out digests that come in order, those of one prefix at a time. */
function byPrefix(blobs: AsyncGenerator<NamedBlob>): (prefix: string) => Promise<string[]> {
  let ahead: IteratorResult<NamedBlob> | undefined;
  return async (prefix) => {
    const digests: string[] = [];
    ahead ??= await blobs.next();
    for (; !ahead.done && ahead.value.sha256.startsWith(prefix); ahead = await blobs.next())
      digests.push(ahead.value.sha256);
    return digests;
  };
}
