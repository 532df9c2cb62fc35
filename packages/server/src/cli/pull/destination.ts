import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { refused } from '../exit.ts';

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
  await mkdir(root, { recursive: true });
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
