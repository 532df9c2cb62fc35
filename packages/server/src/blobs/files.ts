import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './errors.ts';

/** The calls that the local store makes of the file system: a parameter, so that tests can make each of them fail. */
export type Files = Pick<
  typeof fs,
  'lstat' | 'mkdir' | 'open' | 'opendir' | 'realpath' | 'rename' | 'rm' | 'statfs' | 'unlink'
>;

export const realFiles: Files = fs;

// Windows has no O_NOFOLLOW; creating a link there takes a privilege.
const NOFOLLOW = constants.O_NOFOLLOW ?? 0;
export const READ = constants.O_RDONLY | NOFOLLOW;
export const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW;
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/** Makes renames into the folder, and folders made in it, survive a power cut. */
export async function syncFolder(files: Files, folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await files.open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (err) {
    // Some file systems (CIFS, some in user space) cannot sync folders and say EINVAL; PostgreSQL's fsync_fname lets it pass too.
    if (codeOf(err) !== 'EINVAL') throw err;
  } finally {
    await handle.close();
  }
}

/** Free bytes for this user on the disk of a folder. */
export async function freeOn(folder: string, files: Files = realFiles): Promise<number> {
  const device = await files.statfs(folder);
  return device.bavail * device.bsize;
}

/** Makes a folder and those above it, private and durable. */
export async function makeFolder(files: Files, folder: string): Promise<void> {
  const first = await files.mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  if (first === undefined) return;
  const above = dirname(first);
  for (let at = folder; at !== above; ) {
    at = dirname(at);
    await syncFolder(files, at);
  }
}

/** Size of a regular file and when it was kept; undefined for nothing, a link, a folder. */
export async function findFile(files: Files, path: string): Promise<{ size: number; kept_at: number } | undefined> {
  try {
    const found = await files.lstat(path);
    return found.isFile() ? { size: found.size, kept_at: Math.floor(found.mtimeMs) } : undefined;
  } catch (err) {
    if (isAbsent(err)) return undefined;
    throw err;
  }
}

export function isAbsent(err: unknown): boolean {
  return codeOf(err) === 'ENOENT' || codeOf(err) === 'ENOTDIR';
}
