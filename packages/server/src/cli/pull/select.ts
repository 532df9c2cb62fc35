import { refused } from '../exit.ts';
import type { Entry } from './manifest.ts';

/** The files that are asked for: each path is a file, or a folder with all that is in it. */
export function select(entries: readonly Entry[], paths: readonly string[] | undefined): Entry[] {
  if (!paths) return [...entries];
  const wanted = paths.map((path) => path.replace(/\/+$/, ''));
  const isIn = (entry: Entry, path: string) => entry.path === path || entry.path.startsWith(`${path}/`);
  const unknown = wanted.filter((path) => !entries.some((entry) => isIn(entry, path)));
  if (unknown.length > 0) throw refused('The version has no such files:', unknown);
  return entries.filter((entry) => wanted.some((path) => isIn(entry, path)));
}
