import { examineBlob, fileOfBlob } from '../blobs/examine.ts';
import { inParallel } from '../blobs/parallel.ts';
import type { BlobStore } from '../blobs/store.ts';
import { fillDatabase } from '../db/fill.ts';
import { unknownSteps } from '../db/migrate.ts';
import type { NamedBlob } from '../registry/named-blobs.ts';
import { blobIn, blobsOf, type Point } from './folder.ts';
import { loadRows } from './load-rows.ts';
import { placeBlob } from './place-blob.ts';
import { type Progress, SILENT } from './progress.ts';
import { BackupRefused } from './refused.ts';

const PLACED_AT_ONCE = 4;

export interface RestoreParts {
  /** Of a database that holds nothing. */
  url: string;
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
  await fillDatabase(parts.url, {
    prepare: () => placeBlobs(parts, folder, point, asked),
    fill: (tx, dialect) => loadRows({ tx, dialect, blobs: parts.blobs }, point, asked),
  });
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
  const onBytes = (count: number) => {
    signal?.throwIfAborted();
    progress.add(count);
  };
  progress.start('Placing', manifest.blobs.total_bytes, manifest.blobs.rows);
  await inParallel(PLACED_AT_ONCE, blobsOf(point), async (blob) => {
    signal?.throwIfAborted();
    if (!lost.has(blob.sha256) && !(await isPlaced(parts, blob, onBytes)))
      await placeBlob(parts.blobs, blobIn(folder, blob.sha256), blob, onBytes);
    progress.file();
  });
}

/** An earlier restore that was cut may have placed it. */
async function isPlaced(
  { blobs, blobFolder }: RestoreParts,
  blob: NamedBlob,
  onBytes: (count: number) => void,
): Promise<boolean> {
  if ((await blobs.size(blob.sha256)) !== blob.size) return false;
  return !(await examineBlob(fileOfBlob(blobFolder, blob.sha256), blob, onBytes));
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
