import { constants, type Stats } from 'node:fs';
import { access, lstat, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { fault, misused, refused } from '../exit.ts';

/** A folder that nothing is written outside of. */
export interface Destination {
  readonly root: string;
  /** The file of an artifact. Its folders are there, and are real ones. */
  place(path: string): Promise<string>;
  /** The same without making anything: undefined where its folder is not there. */
  find(path: string): Promise<string | undefined>;
}

export async function openDestination(folder: string): Promise<Destination> {
  const root = resolve(folder);
  await makeFolder(root);
  const known = new Set<string>([root]);

  async function check(target: string, make: boolean): Promise<boolean> {
    if (!target.startsWith(root.endsWith(sep) ? root : root + sep)) throw refused(`${target} is outside of ${root}.`);
    const folders: string[] = [];
    for (let at = dirname(target); !known.has(at); at = dirname(at)) folders.unshift(at);
    for (const at of folders) {
      const found = await kindOf(at);
      if (found === 'link')
        throw refused(`${at} is a symbolic link: nothing is written through it. Choose another folder.`);
      if (found === 'file' || found === 'other')
        throw refused(`${at} is in the way: a folder is needed there. Choose another folder.`);
      if (found === 'nothing') {
        if (!make) return false;
        await mkdir(at).catch((error: NodeJS.ErrnoException) => {
          // Another file of this pull may have made it just now.
          if (error.code !== 'EEXIST') throw error;
        });
      }
      known.add(at);
    }
    return true;
  }

  return {
    root,
    async place(path) {
      const target = join(root, ...path.split('/'));
      await check(target, true);
      return target;
    },
    async find(path) {
      const target = join(root, ...path.split('/'));
      return (await check(target, false)) ? target : undefined;
    },
  };
}

/**
 * Makes a folder and those above it, one after the other: a recursive `mkdir` never ends where the system answers ENOENT
 * for a folder that is there, as below /proc.
 */
async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  let at = folder;
  let found = await statOf(at);
  while (!found && dirname(at) !== at) {
    missing.unshift(at);
    at = dirname(at);
    found = await statOf(at);
  }
  if (!found?.isDirectory()) throw misused(`${at} is ${kindIn(found)}, not a folder: name a folder to pull into.`);
  await access(at, constants.W_OK | constants.X_OK).catch(() => {
    throw fault(`Nothing can be written in ${at}. Choose another folder.`);
  });
  for (const one of missing) {
    await mkdir(one).catch((error: NodeJS.ErrnoException) => {
      // Somebody else may have made it just now.
      if (error.code !== 'EEXIST')
        throw fault(`The folder ${one} cannot be made (${error.code}). Choose another folder.`);
    });
  }
}

/** What is at a path, links followed. */
async function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}

function kindIn(found: Stats | undefined): string {
  if (!found) return 'not there';
  return found.isFile() ? 'a file' : 'a device, socket or pipe';
}

/** What is at a path, links not followed. */
export async function kindOf(path: string): Promise<'nothing' | 'file' | 'folder' | 'link' | 'other'> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!found) return 'nothing';
  if (found.isSymbolicLink()) return 'link';
  return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
}
