import { inParallel } from '../../blobs/parallel.ts';
import { refused } from '../exit.ts';
import type { Destination } from './destination.ts';
import { fetchRange, type Source } from './fetch-range.ts';
import type { Entry } from './manifest.ts';
import { openPart, type Part, PIECE, partPath, piecesOf } from './part.ts';
import { createRunningHash } from './running-hash.ts';

const PARALLEL = 4;

/** A file under way: opened with its first piece, kept with its last. */
interface UnderWay {
  entry: Entry;
  target: string;
  part: Part;
  hash: ReturnType<typeof createRunningHash>;
  left: number;
}

interface Job {
  file: UnderWay;
  piece: number;
}

export interface DownloadParts {
  source: Source;
  destination: Destination;
  /** All paths of the version, so that no part takes the name of one. */
  paths: ReadonlySet<string>;
  onFile(): void;
}

/** Fetches files in pieces, four at a time, large ones as several ranges at once. Memory is that of a few files. */
export async function download(parts: DownloadParts, entries: readonly Entry[]): Promise<void> {
  const open = new Set<UnderWay>();
  try {
    await inParallel(PARALLEL, jobsOf(parts, entries, open), async ({ file, piece }) => {
      const { entry, part } = file;
      parts.source.signal.throwIfAborted();
      const start = piece * PIECE;
      await fetchRange(parts.source, entry, part.handle, start, Math.min(entry.size, start + PIECE));
      await part.finish(piece);
      file.left -= 1;
      if (file.left === 0) await finish(parts, file, open);
      else await file.hash.advance();
    });
  } finally {
    for (const { part } of open) await part.close().catch(() => {});
  }
}

/** Every piece that is not there yet, file after file. */
async function* jobsOf(parts: DownloadParts, entries: readonly Entry[], open: Set<UnderWay>): AsyncGenerator<Job> {
  for (const entry of entries) {
    const target = await parts.destination.place(entry.path);
    const file = await begin(parts, entry, target);
    open.add(file);
    const pieces = piecesOf(entry.size);
    for (const piece of file.part.done) parts.source.onBytes(Math.min(PIECE, entry.size - piece * PIECE));
    // Nothing to fetch: an empty file, or one that was complete but not yet verified.
    if (file.left === 0) await finish(parts, file, open);
    else for (let piece = 0; piece < pieces; piece++) if (!file.part.done.has(piece)) yield { file, piece };
  }
}

async function begin({ paths }: DownloadParts, entry: Entry, target: string): Promise<UnderWay> {
  const file = partPath(target, (suffix) => paths.has(entry.path + suffix));
  const part = await openPart(file, entry);
  const hash = createRunningHash(part.handle, entry.size, part.done);
  return { entry, target, part, hash, left: piecesOf(entry.size) - part.done.size };
}

/** The name is given only to bytes that are what the manifest says. */
async function finish(parts: DownloadParts, file: UnderWay, open: Set<UnderWay>): Promise<void> {
  const { entry, part, target } = file;
  const sha256 = await file.hash.digest();
  const { size } = await part.handle.stat();
  open.delete(file);
  if (sha256 !== entry.sha256 || size !== entry.size) {
    await part.discard();
    throw refused(`${entry.path} arrived damaged, and was thrown away. Pull again.`, [
      `expected sha256:${entry.sha256}`,
      `received sha256:${sha256}`,
    ]);
  }
  await part.keep(target);
  parts.onFile();
}
