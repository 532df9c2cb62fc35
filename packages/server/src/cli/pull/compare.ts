import { lstat } from 'node:fs/promises';
import { refused } from '../exit.ts';
import { hashFile } from '../hash-file.ts';
import type { Progress } from '../terminal/progress.ts';
import { type Destination, kindOf } from './destination.ts';
import type { Entry } from './manifest.ts';

/** What is still to be fetched. Files that are there already are left; other files of these names are in the way. */
export async function compare(
  destination: Destination,
  entries: readonly Entry[],
  options: { force: boolean; progress: Progress; signal: AbortSignal },
): Promise<Entry[]> {
  const { force, progress, signal } = options;
  const there: { entry: Entry; file: string }[] = [];
  const missing: Entry[] = [];
  const different: string[] = [];
  const blocked: string[] = [];
  for (const entry of entries) {
    const file = await destination.find(entry.path);
    const kind = file === undefined ? 'nothing' : await kindOf(file);
    if (kind === 'nothing') missing.push(entry);
    else if (kind === 'folder' || kind === 'other') blocked.push(`${entry.path}: is not a file here`);
    else if (kind === 'link') different.push(`${entry.path}: is a symbolic link here`);
    else there.push({ entry, file: file as string });
  }
  const bytes = there.reduce((sum, { entry }) => sum + entry.size, 0);
  if (there.length > 0) progress.start('Verifying', bytes, there.length);
  const replaced: Entry[] = [];
  for (const { entry, file } of there) {
    const { size } = await lstat(file);
    const same = size === entry.size && (await hashFile(file, progress.add, signal)).sha256 === entry.sha256;
    if (!same) {
      different.push(`${entry.path}: holds something else here`);
      replaced.push(entry);
    }
    progress.file();
  }
  if (there.length > 0) progress.end();
  if (blocked.length > 0) throw refused(`These are in the way in ${destination.root}:`, blocked);
  if (different.length > 0 && !force)
    throw refused(`Nothing was overwritten in ${destination.root}. To replace these, repeat with --force:`, different);
  const links = entries.filter(({ path }) => different.includes(`${path}: is a symbolic link here`));
  return [...missing, ...links, ...replaced];
}
