import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobMissing, Damaged } from '../blobs/errors.ts';
import { PREFIXES } from '../blobs/examine.ts';
import { realFiles, syncFolder } from '../blobs/files.ts';
import { inParallel } from '../blobs/parallel.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Database } from '../db/database.ts';
import { type NamedBlob, namedAmong } from '../registry/named-blobs.ts';
import { copyBlob, isCopied } from './copy-blob.ts';
import { blobIn, blobsOf, nextName, openForWriting, type Point, pointsIn, type Unreadable } from './folder.ts';
import { FORMAT, type Manifest, writeManifest } from './manifest.ts';
import { type Progress, SILENT } from './progress.ts';
import { prune } from './prune.ts';
import { BackupRefused } from './refused.ts';
import { saveRows } from './save-rows.ts';

const COPIED_AT_ONCE = 4;
/** A sweep that takes away bytes while they are copied comes once a day. */
const TRIES = 5;

export interface BackupParts {
  db: Database;
  blobs: BlobStore;
  now(): number;
  /** Of this program. */
  version: string;
}

export interface BackupAsked {
  /** How many backups stay in the folder, this one among them. */
  keep: number;
  signal?: AbortSignal;
  progress?: Progress;
}

export interface Taken extends Point {
  /** Blobs that were not in the folder yet. */
  copied: { blobs: number; bytes: number };
  /** What is in the folder too, and cannot be read. */
  unreadable: Unreadable[];
}

/**
 * Saves the rows of one instant, then the blobs that they name; the server goes on meanwhile. Blobs that the folder has
 * from earlier backups are not copied again. Where bytes were swept away after the rows were read, it begins anew: what
 * was copied stays. A damaged blob does not end the backup, but is named in its manifest.
 */
export async function backUp(parts: BackupParts, folder: string, asked: BackupAsked): Promise<Taken> {
  const lock = await openForWriting(folder);
  try {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const taken = await takePoint(parts, folder, asked);
      if (!taken) continue;
      return { ...taken, unreadable: await prune(folder, asked.keep) };
    }
    throw new BackupRefused('bytes were swept away again and again while they were copied: try again later');
  } finally {
    lock.close();
  }
}

/** Undefined where bytes that its rows name were swept away. */
async function takePoint(parts: BackupParts, folder: string, asked: BackupAsked) {
  const now = parts.now();
  const taken_at = new Date(now).toISOString();
  const name = await nextName(folder, now);
  const own = join(pointsIn(folder), name);
  await mkdir(own, { mode: 0o700 });
  try {
    const saved = await parts.db.snapshot((read) => saveRows(read, own, asked));
    const { ledgerProblems, ...rest } = saved;
    const manifest: Manifest = {
      format: FORMAT,
      assayer: parts.version,
      taken_at,
      ...rest,
      problems: { ledger: ledgerProblems, blobs: [] },
    };
    const point = { name, folder: own, manifest };
    const copied = await copyBlobs(parts, folder, point, asked);
    if (!copied) {
      await rm(own, { recursive: true });
      return undefined;
    }
    manifest.problems.blobs = copied.damaged;
    await writeManifest(own, manifest);
    return { ...point, copied: { blobs: copied.blobs, bytes: copied.bytes } };
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    throw error;
  }
}

async function copyBlobs(
  { db, blobs: store }: BackupParts,
  folder: string,
  point: Point,
  { signal, progress = SILENT }: BackupAsked,
) {
  const { rows, total_bytes } = point.manifest.blobs;
  const told = { blobs: 0, bytes: 0, damaged: [] as { sha256: string; detail: string }[] };
  const named = new Set<string>();
  let isSwept = false;
  progress.start('Copying', total_bytes, rows);
  for (const prefix of PREFIXES) await mkdir(join(folder, 'blobs', prefix), { recursive: true, mode: 0o700 });
  await inParallel(COPIED_AT_ONCE, blobsOf(point), async (blob) => {
    signal?.throwIfAborted();
    if (isSwept) return;
    const file = blobIn(folder, blob.sha256);
    named.add(blob.sha256.slice(0, 2));
    if (await isCopied(file, blob)) progress.add(blob.size);
    else {
      const onBytes = (count: number) => {
        signal?.throwIfAborted();
        progress.add(count);
      };
      const outcome = await copyNamed({ db, blobs: store }, blob, file, onBytes);
      if (outcome === 'copied') {
        told.blobs += 1;
        told.bytes += blob.size;
      } else if (outcome === 'swept') isSwept = true;
      else told.damaged.push({ sha256: blob.sha256, detail: outcome.message });
    }
    progress.file();
  });
  // Also where nothing was copied: a backup that was cut may have died before what it copied was durable.
  for (const prefix of named) await syncFolder(realFiles, join(folder, 'blobs', prefix));
  await syncFolder(realFiles, join(folder, 'blobs'));
  return isSwept ? undefined : told;
}

/** Twice where its bytes are missing or damaged and something names it: they may have been uploaded anew meanwhile. */
async function copyNamed(
  { db, blobs }: Pick<BackupParts, 'db' | 'blobs'>,
  blob: NamedBlob,
  file: string,
  onBytes: (count: number) => void,
): Promise<'copied' | 'swept' | Damaged | BlobMissing> {
  let damage: Damaged | BlobMissing | undefined;
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      await copyBlob(blobs, blob, file, onBytes);
      return 'copied';
    } catch (error) {
      if (!(error instanceof BlobMissing || error instanceof Damaged)) throw error;
      if (!(await isNamed(db, blob))) return 'swept';
      damage = error;
    }
  }
  return damage as Damaged | BlobMissing;
}

async function isNamed({ read }: Database, { sha256 }: NamedBlob): Promise<boolean> {
  return (await namedAmong(read, [sha256])).size > 0;
}
