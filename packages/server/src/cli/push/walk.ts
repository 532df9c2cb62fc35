import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LIMITS } from '../../contract/limits.ts';
import { keyOf, problemOfPath } from '../../registry/names.ts';
import { misused } from '../exit.ts';

export interface LocalFile {
  /** As an artifact. */
  path: string;
  /** On this machine. */
  file: string;
  size: number;
}

/** The files under a folder, or the one file. Whatever cannot be an artifact is told all at once, before anything is sent. */
export async function walk(root: string): Promise<LocalFile[]> {
  const files: LocalFile[] = [];
  const problems: string[] = [];
  const top = await lstat(root).catch(() => undefined);
  if (!top) throw misused(`There is no file or folder ${root}.`);
  if (top.isDirectory()) await walkFolder(root, '', files, problems);
  else take(basename(resolve(root)), root, top, files, problems);
  problems.push(...clashes(files));
  if (files.length > LIMITS.artifactsOfVersion)
    problems.push(`${files.length} files are more than the ${LIMITS.artifactsOfVersion} that a version holds`);
  if (problems.length > 0) throw misused('Nothing was sent, since these cannot be artifacts:', problems);
  if (files.length === 0) throw misused(`The folder ${root} holds no files.`);
  return files;
}

async function walkFolder(folder: string, prefix: string, files: LocalFile[], problems: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort(byName)) {
    const path = prefix + entry.name;
    const file = join(folder, entry.name);
    if (entry.isDirectory()) await walkFolder(file, `${path}/`, files, problems);
    else {
      const found = await lstat(file).catch(() => undefined);
      if (found) take(path, file, found, files, problems);
      else problems.push(`${path}: the name is not UTF-8, or the file is gone`);
    }
  }
}

const byName = (a: Dirent, b: Dirent) => (a.name < b.name ? -1 : 1);

function take(
  path: string,
  file: string,
  found: Awaited<ReturnType<typeof lstat>>,
  files: LocalFile[],
  problems: string[],
): void {
  const problem = found.isSymbolicLink()
    ? 'is a symbolic link, which is not followed'
    : found.isFile()
      ? problemOfPath(path)
      : 'is not a regular file';
  if (problem) problems.push(`${path}: ${problem}`);
  else files.push({ path, file, size: Number(found.size) });
}

/** Names that another file system or client would take for one. */
function clashes(files: readonly LocalFile[]): string[] {
  const seen = new Map<string, string>();
  return files.flatMap(({ path }) => {
    const key = keyOf(path);
    const other = seen.get(key);
    seen.set(key, path);
    return other === undefined ? [] : [`${path}: reads the same as ${other}`];
  });
}
