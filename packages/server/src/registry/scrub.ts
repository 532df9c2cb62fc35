import {
  type Damage,
  examineBlob,
  fileOfBlob,
  namesIn,
  openMode,
  PREFIXES,
  sizeOf,
  strangersIn,
} from '../blobs/examine.ts';
import { inParallel } from '../blobs/parallel.ts';
import type { Reader } from '../db/database.ts';
import { type NamedBlob, namedAmong, namedBlobs } from './named-blobs.ts';

const AT_ONCE = 4;
const NAMED_MOST = 20;

/** A blob that is not what its artifacts and files say. */
export interface Problem extends Pick<Damage, 'kind' | 'detail'> {
  sha256: string;
  size: number;
  /** What names it: artifacts as `model/number/path`, files as `files/path`; at most 20. */
  artifacts: string[];
}

/** A blob that other users of the machine may read. It holds what it should, and is served. */
export interface Exposed {
  kind: 'exposed';
  sha256: string;
  /** Of the file, such as `0604`. */
  mode: string;
}

/** A file among the blobs that nothing names: no damage. Where its name is a digest, the sweep takes it away. */
export interface Extra {
  kind: 'extra';
  /** Within the folder of blobs. */
  path: string;
  size: number;
}

export interface ScrubParts {
  read: Reader;
  /** Of a local store. */
  folder: string;
}

export interface Scrubbing {
  signal?: AbortSignal;
  /** Told of bytes that were hashed; what it returns is waited for, so that it can slow the reading down. */
  onBytes?(count: number): void | Promise<void>;
  onBlob?(): void;
}

/** Hashes every blob that an artifact or a file names, and looks for what nothing names. Memory does not grow with their number. */
export async function* scrub(parts: ScrubParts, scrubbing: Scrubbing = {}): AsyncGenerator<Problem | Exposed | Extra> {
  for (const path of await strangersIn(parts.folder)) yield* extraAt(parts, path);
  for (const prefix of PREFIXES) {
    if (scrubbing.signal?.aborted) return;
    // Files before rows: a blob that is named in between is no extra.
    const names = await namesIn(parts.folder, prefix);
    const blobs = await namedBlobs(parts.read, prefix);
    const named = new Set(blobs.map(({ sha256 }) => sha256));
    for (const name of names) if (!named.has(name)) yield* extraAt(parts, `${prefix}/${name}`);
    yield* await problemsOf(parts, blobs, scrubbing);
  }
}

async function* extraAt({ folder }: ScrubParts, path: string): AsyncGenerator<Extra> {
  const size = await sizeOf(folder, path);
  if (size !== undefined) yield { kind: 'extra', path, size };
}

async function problemsOf(parts: ScrubParts, blobs: NamedBlob[], scrubbing: Scrubbing) {
  const problems: (Problem | Exposed)[] = [];
  await inParallel(AT_ONCE, blobs, async (blob) => {
    if (scrubbing.signal?.aborted) return;
    const file = fileOfBlob(parts.folder, blob.sha256);
    const damage = await examineBlob(file, blob, scrubbing.onBytes);
    scrubbing.onBlob?.();
    // Once more: in the meantime it may have been uploaded anew, or purged and swept away.
    const still = damage && (await examineBlob(file, blob));
    const artifacts = still ? await artifactsOf(parts.read, blob) : [];
    if (still && artifacts.length > 0)
      problems.push({ ...blob, kind: still.kind, detail: await detailOf(parts.read, still), artifacts });
    const mode = damage ? undefined : await openMode(file);
    if (mode !== undefined) problems.push({ kind: 'exposed', sha256: blob.sha256, mode });
  });
  return problems;
}

async function detailOf(read: Reader, { detail, actual }: Damage): Promise<string> {
  if (actual === undefined) return detail;
  return (await namedAmong(read, [actual])).size > 0 ? `holds the bytes of sha256:${actual}` : detail;
}

async function artifactsOf(read: Reader, { sha256, size }: NamedBlob): Promise<string[]> {
  const rows = await read
    .selectFrom('artifact as a')
    .innerJoin('version as v', 'v.id', 'a.version_id')
    .innerJoin('model as m', 'm.id', 'v.model_id')
    .select(['m.name', 'v.number', 'a.path'])
    .where('a.sha256', '=', sha256)
    .where('a.size_bytes', '=', size)
    .orderBy('a.id')
    .limit(NAMED_MOST)
    .execute();
  const files = await read
    .selectFrom('file')
    .select('path')
    .where('sha256', '=', sha256)
    .where('size_bytes', '=', size)
    .orderBy('path')
    .limit(NAMED_MOST)
    .execute();
  const artifacts = rows.map(({ name, number, path }) => `${name}/${number}/${path}`);
  return [...artifacts, ...files.map(({ path }) => `files/${path}`)].slice(0, NAMED_MOST);
}
