import { open } from 'node:fs/promises';
import { isBlobError } from '../blobs/errors.ts';
import { examineBlob, fileOfBlob } from '../blobs/examine.ts';
import { inParallel } from '../blobs/parallel.ts';
import type { ByteReader } from '../blobs/reader.ts';
import { receive } from '../blobs/receive.ts';
import type { BlobStore } from '../blobs/store.ts';
import { fillDatabase } from '../db/fill.ts';
import { unknownSteps } from '../db/migrate.ts';
import type { NamedBlob } from '../registry/named-blobs.ts';
import { blobIn, blobsOf, type Point } from './folder.ts';
import { loadRows } from './load-rows.ts';
import { type Progress, SILENT } from './progress.ts';
import { BackupRefused } from './refused.ts';

const PLACED_AT_ONCE = 4;

export interface RestoreParts {
  /** Of a database that holds nothing. */
  url: string;
  /** PostgreSQL: the schema to live in, where it is not the connection's own. */
  schema?: string;
  blobs: BlobStore;
  /** Of the store. */
  blobFolder: string;
}

export interface RestoreAsked {
  /** Restore what there is of a backup that says of itself that something is missing. */
  force?: boolean;
  signal?: AbortSignal;
  progress?: Progress;
}

/**
 * Restores a backup: first the bytes, each hashed, then the rows, all at once or not at all. A restore that was cut leaves
 * bytes that the next one need not copy, and nothing that a server would take for the registry.
 */
export async function restoreBackup(
  parts: RestoreParts,
  folder: string,
  point: Point,
  asked: RestoreAsked = {},
): Promise<void> {
  assertRestorable(point, asked.force ?? false);
  await fillDatabase(
    parts.url,
    {
      prepare: () => placeBlobs(parts, folder, point, asked),
      fill: (tx, dialect) => loadRows({ tx, dialect, blobs: parts.blobs }, point, asked),
    },
    parts.schema === undefined ? {} : { schema: parts.schema },
  );
}

/** Refuses what cannot be restored by this program, or not as a whole. */
export function assertRestorable({ manifest, name }: Point, force: boolean): void {
  const unknown = unknownSteps(manifest.schema);
  if (unknown.length > 0)
    throw new BackupRefused(
      `the backup ${name} was taken by a newer Assayer (${manifest.assayer}): restore it with that version`,
    );
  const { ledger, blobs } = manifest.problems;
  if (force || ledger.length + blobs.length === 0) return;
  const told = [...ledger, ...blobs.map(({ sha256, detail }) => `sha256:${sha256}: ${detail}`)];
  throw new BackupRefused(
    `the backup ${name} says of itself that something was damaged when it was taken: ${told.slice(0, 5).join('; ')}` +
      `${told.length > 5 ? `; and ${told.length - 5} more` : ''}. Use an earlier one, or restore what there is with --force`,
  );
}

async function placeBlobs(parts: RestoreParts, folder: string, point: Point, asked: RestoreAsked): Promise<void> {
  const { manifest } = point;
  const { signal, progress = SILENT } = asked;
  const lost = new Set(manifest.problems.blobs.map(({ sha256 }) => sha256));
  await assertRoom(parts.blobs, manifest.blobs.total_bytes);
  progress.start('Placing', manifest.blobs.total_bytes, manifest.blobs.rows);
  await inParallel(PLACED_AT_ONCE, blobsOf(point), async (blob) => {
    signal?.throwIfAborted();
    if (!lost.has(blob.sha256)) await placeBlob(parts, folder, blob, asked);
    progress.file();
  });
}

async function placeBlob(parts: RestoreParts, folder: string, blob: NamedBlob, asked: RestoreAsked): Promise<void> {
  const { signal, progress = SILENT } = asked;
  const onBytes = (count: number) => {
    signal?.throwIfAborted();
    progress.add(count);
  };
  const { sha256, size } = blob;
  const file = blobIn(folder, sha256);
  // An earlier restore that was cut may have placed it.
  if (
    (await parts.blobs.size(sha256)) === size &&
    !(await examineBlob(fileOfBlob(parts.blobFolder, sha256), blob, onBytes))
  )
    return;
  const options = { maxBytes: size, reserveBytes: 0, expected: { sha256, size } };
  const damaged = (cause: unknown) =>
    new BackupRefused(`the file ${file} of the backup is damaged or missing: use another backup`, { cause });
  const reader = await readerOf(file, onBytes).catch((error) => {
    throw damaged(error);
  });
  try {
    const { draft } = await receive(parts.blobs, reader, options);
    await draft.keep(sha256);
  } catch (error) {
    signal?.throwIfAborted();
    // Of what can go wrong, this is for want of other bytes in the backup; the rest is about the place they go to.
    if (isBlobError(error) && /^(aborted|too-large|length-mismatch|digest-mismatch)$/.test(error.kind))
      throw damaged(error);
    throw error;
  }
}

async function readerOf(file: string, onBytes: (count: number) => void): Promise<ByteReader> {
  const handle = await open(file, 'r');
  return {
    async read(into) {
      const { bytesRead } = await handle.read(into);
      onBytes(bytesRead);
      return bytesRead;
    },
    close: () => handle.close(),
  };
}

/** Told at once, rather than after hours of copying. What is there already, from a restore that was cut, is not counted. */
async function assertRoom(blobs: BlobStore, needed: number): Promise<void> {
  const free = await blobs.free();
  if (free === undefined || free >= needed) return;
  let there = 0;
  for await (const { size } of blobs.list()) there += size;
  if (free + there < needed)
    throw new BackupRefused(`the blobs of the backup are ${needed} bytes, and ${free} are free where they are to go`);
}
