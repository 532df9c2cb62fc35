import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf } from '../blobs/errors.ts';
import { PREFIXES } from '../blobs/examine.ts';
import { makeFolder, realFiles } from '../blobs/files.ts';
import { blobPath } from '../blobs/local-folder.ts';
import { lockFile } from '../db/lock-file.ts';
import type { NamedBlob } from '../registry/named-blobs.ts';
import { readLines } from './lines-file.ts';
import { findManifest, type Manifest } from './manifest.ts';
import { BackupRefused } from './refused.ts';

/*
 * A folder of backups: `points/<time>/` holds the rows of one moment and its manifest, `blobs/ab/<digest>` the bytes that
 * the points name, each once however many name it.
 */

export interface Point {
  name: string;
  folder: string;
  manifest: Manifest;
}

export const pointsIn = (folder: string): string => join(folder, 'points');
export const blobIn = (folder: string, sha256: string): string => blobPath(join(folder, 'blobs'), sha256);

/** Makes the folder where there is none, and keeps others from writing into it until the lock is closed. */
export async function openForWriting(folder: string): Promise<{ close(): void }> {
  const root = resolve(folder);
  await makeFolder(realFiles, pointsIn(root));
  await makeFolder(realFiles, join(root, 'blobs'));
  const taken = () => new BackupRefused(`another backup is being written to ${folder}; wait until it has ended`);
  return lockFile(join(root, 'lock'), taken);
}

/** The backups in a folder, the oldest first. */
export async function listPoints(folder: string): Promise<Point[]> {
  const points: Point[] = [];
  for (const name of (await namesIn(pointsIn(folder))).sort()) {
    const point = join(pointsIn(folder), name);
    const manifest = await findManifest(point);
    if (manifest) points.push({ name, folder: point, manifest });
  }
  return points;
}

/** The backup of this name, or the latest. */
export async function getPoint(folder: string, name?: string): Promise<Point> {
  const points = await listPoints(folder);
  const point = name === undefined ? points.at(-1) : points.find((one) => one.name === name);
  if (point) return point;
  if (points.length === 0) throw new BackupRefused(`there is no backup in ${folder}`);
  throw new BackupRefused(`there is no backup ${name} in ${folder}, but ${points.map((one) => one.name).join(', ')}`);
}

/** The blobs that a backup names, in order of their digests. */
export async function* blobsOf({ folder, manifest }: Point): AsyncGenerator<NamedBlob> {
  for await (const line of readLines(folder, manifest.blobs)) yield JSON.parse(line);
}

/** Removes all but the latest backups, what was left by any that was cut, and blobs that none names any more. */
export async function prune(folder: string, keep: number): Promise<void> {
  const kept = (await listPoints(folder)).slice(-keep);
  const names = new Set(kept.map(({ name }) => name));
  for (const name of await namesIn(pointsIn(folder))) {
    if (names.has(name)) continue;
    // First the manifest: half of a backup must not be taken for one.
    await rm(join(pointsIn(folder), name, 'manifest.json'), { force: true });
    await rm(join(pointsIn(folder), name), { recursive: true });
  }
  const named = kept.map((point) => byPrefix(blobsOf(point)));
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

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}
