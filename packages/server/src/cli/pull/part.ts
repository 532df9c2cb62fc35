import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { refused } from '../exit.ts';
import type { Entry } from './manifest.ts';

/** Large files are fetched in pieces of this size. */
export const PIECE = 8 * 2 ** 20;
export const piecesOf = (size: number): number => Math.ceil(size / PIECE);

/**
 * A file on its way in: `<name>.part`. Beside that of a file of several pieces lies `<name>.part.json`, with a line that
 * says whose bytes these are, and one for each piece that is there. The last line may be torn by a crash: then that
 * piece is fetched again.
 */
export interface Part {
  readonly file: string;
  readonly handle: FileHandle;
  /** Numbers of the pieces that are there. */
  readonly done: Set<number>;
  finish(piece: number): Promise<void>;
  /** Gives it its name. */
  keep(target: string): Promise<void>;
  discard(): Promise<void>;
  close(): Promise<void>;
}

const FRESH = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC;
const AGAIN = constants.O_RDWR;
const APPEND = constants.O_WRONLY | constants.O_APPEND;
const LONGEST = 240;

/** A name of its own where `<name>.part` would be too long, or is itself an artifact. */
export function partPath(target: string, isArtifact: (suffix: string) => boolean): string {
  const name = basename(target);
  if (Buffer.byteLength(name) <= LONGEST && !isArtifact('.part') && !isArtifact('.part.json')) return `${target}.part`;
  const id = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return join(dirname(target), `.assayer-${id}.part`);
}

export async function openPart(file: string, entry: Entry): Promise<Part> {
  const journal = `${file}.json`;
  const isLarge = piecesOf(entry.size) > 1;
  const head = JSON.stringify({ sha256: entry.sha256, size: entry.size, piece: PIECE });
  const left = isLarge ? await leftOf(file, journal, head, entry.size) : undefined;
  const handle = left?.handle ?? (await openReal(file, FRESH));
  const log = isLarge ? await openReal(journal, left ? APPEND : FRESH) : undefined;
  if (log && !left) await log.write(`${head}\n`);
  const done = left?.done ?? new Set<number>();

  async function close() {
    await Promise.all([handle.close(), log?.close()]);
  }
  return {
    file,
    handle,
    done,
    async finish(piece) {
      await log?.write(`${piece}\n`);
      done.add(piece);
    },
    async keep(target) {
      // A small file is fetched again sooner than it is synced.
      if (isLarge) await handle.sync();
      await close();
      await rename(file, target);
      if (isLarge) await rm(journal, { force: true });
    },
    async discard() {
      await close();
      await Promise.all([rm(file, { force: true }), rm(journal, { force: true })]);
    },
    close,
  };
}

/** Links are not followed: they could lead anywhere. */
async function openReal(file: string, flags: number): Promise<FileHandle> {
  return open(file, flags | (constants.O_NOFOLLOW ?? 0), 0o666).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ELOOP') throw error;
    throw refused(`${file} is a symbolic link: nothing is written through it. Remove it, or choose another folder.`);
  });
}

/** What an earlier pull left of these bytes. */
async function leftOf(
  file: string,
  journal: string,
  head: string,
  size: number,
): Promise<{ handle: FileHandle; done: Set<number> } | undefined> {
  const text = await readFile(journal, 'utf8').catch(() => '');
  const [first, ...rest] = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  if (first !== head) return undefined;
  const handle = await openReal(file, AGAIN).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  const pieces = rest.filter((line) => /^\d+$/.test(line)).map(Number);
  return handle && { handle, done: new Set(pieces.filter((piece) => piece < piecesOf(size))) };
}
