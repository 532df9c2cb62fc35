import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf } from '../blobs/errors.ts';
import { makeFolder, realFiles, syncFolder } from '../blobs/files.ts';
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

/** A backup that cannot be read, and why. */
export interface Unreadable {
  name: string;
  folder: string;
  refusal: BackupRefused;
}

/** Makes the folder where there is none, and keeps others from writing into it until the lock is closed. */
export async function openForWriting(folder: string): Promise<{ close(): void }> {
  const root = resolve(folder);
  await makeFolder(realFiles, pointsIn(root));
  await makeFolder(realFiles, join(root, 'blobs'));
  // Also where they are there: whoever made them may have died before they were durable.
  await syncFolder(realFiles, root);
  const taken = () => new BackupRefused(`another backup is being written to ${folder}; wait until it has ended`);
  return lockFile(join(root, 'lock'), taken);
}

/** What there is in a folder, the oldest first: backups, and those that cannot be read. */
export async function listPoints(folder: string): Promise<(Point | Unreadable)[]> {
  const found: (Point | Unreadable)[] = [];
  for (const name of (await namesIn(pointsIn(folder))).sort(byTime)) {
    const point = await findPoint(folder, name);
    if (point) found.push(point);
  }
  return found;
}

export const isReadable = (point: Point | Unreadable): point is Point => 'manifest' in point;

async function findPoint(folder: string, name: string): Promise<Point | Unreadable | undefined> {
  const own = join(pointsIn(folder), name);
  try {
    const manifest = await findManifest(own);
    return manifest && { name, folder: own, manifest };
  } catch (error) {
    if (error instanceof BackupRefused) return { name, folder: own, refusal: error };
    throw error;
  }
}

/** The backup of this name, or the latest: also where it cannot be read, lest an older one be restored unawares. */
export async function getPoint(folder: string, name?: string): Promise<Point> {
  const points = await listPoints(folder);
  const point = name === undefined ? points.at(-1) : points.find((one) => one.name === name);
  if (point && isReadable(point)) return point;
  const why = point?.refusal.message ?? `there is no backup ${name === undefined ? '' : `${name} `}in ${folder}`;
  const others = points.filter(isReadable).map((one) => one.name);
  throw new BackupRefused(others.length > 0 ? `${why}, but ${others.join(', ')}` : why);
}

/** The name of the next backup. It sorts after all that are there, also where the clock was set back since. */
export async function nextName(folder: string, now: number): Promise<string> {
  const times = (await namesIn(pointsIn(folder))).filter(isTime).map(timeOf);
  const next = times.reduce((latest, time) => Math.max(latest, time + 1), now);
  return new Date(next).toISOString().replaceAll(':', '-');
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)$/;

/** Whether this is the name of a backup as it was given, and not by whoever wants to keep it. */
export const isTime = (name: string): boolean => Number.isFinite(timeOf(name));
const timeOf = (name: string): number => (TIME.test(name) ? Date.parse(name.replace(TIME, '$1:$2:$3')) : Number.NaN);

function byTime(a: string, b: string): number {
  const [x, y] = [isTime(a) ? a : '', isTime(b) ? b : ''];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The blobs that a backup names, in order of their digests. */
export async function* blobsOf({ folder, manifest }: Point): AsyncGenerator<NamedBlob> {
  yield* readLines(folder, manifest.blobs, toBlob);
}

/** None where the folder is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}

function toBlob(line: string): NamedBlob {
  const { sha256, size } = JSON.parse(line);
  if (/^[0-9a-f]{64}$/.test(sha256) && Number.isSafeInteger(size)) return { sha256, size };
  throw new SyntaxError('a line names no blob');
}
