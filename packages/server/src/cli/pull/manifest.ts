import { digestOf } from '../../contract/manifest.ts';
import type { Version } from '../../contract/version.ts';
import { keyOf, problemOfPath } from '../../registry/names.ts';
import { refused } from '../exit.ts';
import { answerOf } from '../server/answer.ts';
import type { Connection } from '../server/connect.ts';

export interface Entry {
  path: string;
  sha256: string;
  size: number;
}

/** A version and its manifest, which is verified: its SHA-256 is the digest, and no name can leave a folder. */
export async function fetchManifest(
  { client }: Connection,
  name: string,
  ref: string,
): Promise<{ version: Version; entries: Entry[] }> {
  const path = { name, ref };
  const version = (await answerOf(client.GET('/api/v1/models/{name}/versions/{ref}', { params: { path } }))) as Version;
  if (!Number.isSafeInteger(version.number)) throw refused('The answer of the server cannot be read.');
  // By its number from here on: an alias may move meanwhile.
  const params = { path: { name, ref: String(version.number) } };
  const text = String(
    await answerOf(client.GET('/api/v1/models/{name}/versions/{ref}/manifest', { params, parseAs: 'text' })),
  );
  if (version.digest !== null && digestOf(text) !== version.digest)
    throw refused(`The manifest of ${name}/${version.number} does not have the digest of the version.`, [
      `expected ${version.digest}`,
      `received ${digestOf(text)}`,
    ]);
  return { version, entries: readEntries(text) };
}

export function readEntries(text: string): Entry[] {
  const entries = JSON.parse(text) as unknown;
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw refused('The manifest of the server cannot be read.');
  const problems = [...entries.flatMap(problemOfEntry), ...clashes(entries)];
  if (problems.length > 0) throw refused('Nothing was fetched, since these names cannot be written here:', problems);
  return entries;
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { path, sha256, size } = value as Record<string, unknown>;
  const isDigest = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
  return typeof path === 'string' && isDigest && Number.isSafeInteger(size) && (size as number) >= 0;
}

/** Checked again here, whatever the server accepted: a name leads to a file inside of the folder, or nowhere. */
function problemOfEntry({ path }: Entry): string[] {
  const onWindows = process.platform === 'win32' && /[<>:"|?*]|[. ](\/|$)/.test(path);
  const problem = problemOfPath(path) ?? (onWindows ? 'holds characters that Windows does not take' : undefined);
  return problem ? [`${path}: ${problem}`] : [];
}

/** Names that would be one file here, or a file and a folder. */
function clashes(entries: readonly Entry[]): string[] {
  const folds = process.platform === 'win32' || process.platform === 'darwin';
  const keyHere = (path: string) => (folds ? keyOf(path).toLowerCase() : keyOf(path));
  const files = new Map<string, string>();
  const problems: string[] = [];
  for (const { path } of entries) {
    const other = files.get(keyHere(path));
    if (other !== undefined) problems.push(`${path}: is the same file as ${other} here`);
    files.set(keyHere(path), path);
  }
  for (const { path } of entries)
    for (let i = path.indexOf('/'); i !== -1; i = path.indexOf('/', i + 1))
      if (files.has(keyHere(path.slice(0, i)))) problems.push(`${path}: ${path.slice(0, i)} is a file`);
  return problems;
}
