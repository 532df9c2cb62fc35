import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes `into` what a disk would hold of `folder` after a power cut at this moment, as a shim with `powerCuts` saw it:
 * names of a folder as they were when it was last synced, bytes of a file likewise. `mayKeep` says of which files what
 * was written since reached the disk all the same.
 */
export async function cutPower(
  disk: string,
  folder: string,
  into: string,
  mayKeep: () => boolean = () => false,
): Promise<void> {
  const { ino } = await stat(folder);
  await restore(disk, { inode: `${ino}`, now: folder }, into, mayKeep);
}

async function restore(
  disk: string,
  { inode, now }: { inode: string; now: string },
  into: string,
  mayKeep: () => boolean,
): Promise<void> {
  await mkdir(into, { recursive: true, mode: 0o700 });
  const names = join(disk, 'folders', inode);
  if (!existsSync(names)) return;
  for (const line of (await readFile(names, 'utf8')).split('\n').slice(0, -1)) {
    const [, kind, entry = '', name = ''] = /^(.) (\d+) (.*)$/.exec(line) ?? [];
    const here = join(now, name);
    if (kind === 'd') await restore(disk, { inode: entry, now: here }, join(into, name), mayKeep);
    else await restoreFile(join(disk, 'files', entry), here, join(into, name), mayKeep);
  }
}

async function restoreFile(synced: string, now: string, into: string, mayKeep: () => boolean): Promise<void> {
  if (existsSync(now) && mayKeep()) await copyFile(now, into);
  else if (existsSync(synced)) await copyFile(synced, into);
  else await writeFile(into, '', { mode: 0o600 });
}
