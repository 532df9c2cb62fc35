import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobMissing, Damaged } from '../blobs/errors.ts';
import { PREFIXES } from '../blobs/examine.ts';
import { realFiles, syncFolder } from '../blobs/files.ts';
import { inParallel } from '../blobs/parallel.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Database } from '../db/database.ts';
import type { NamedBlob } from '../registry/named-blobs.ts';
import { copyBlob, isCopied } from './copy-blob.ts';
import { blobIn, blobsOf, openForWriting, type Point, pointsIn, prune } from './folder.ts';
import { FORMAT, type Manifest, writeManifest } from './manifest.ts';
import { type Progress, SILENT } from './progress.ts';
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
      await prune(folder, asked.keep);
      return taken;
    }
    throw new BackupRefused('bytes were swept away again and again while they were copied: try again later');
  } finally {
    lock.close();
  }
}

/** Undefined where bytes that its rows name were swept away. */
async function takePoint(parts: BackupParts, folder: string, asked: BackupAsked): Promise<Taken | undefined> {
  const taken_at = new Date(parts.now()).toISOString();
  const name = taken_at.replaceAll(':', '-');
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
  const touched = new Set<string>();
  let isSwept = false;
  progress.start('Copying', total_bytes, rows);
  for (const prefix of PREFIXES) await mkdir(join(folder, 'blobs', prefix), { recursive: true, mode: 0o700 });
  await inParallel(COPIED_AT_ONCE, blobsOf(point), async (blob) => {
    signal?.throwIfAborted();
    if (isSwept) return;
    const file = blobIn(folder, blob.sha256);
    if (await isCopied(file, blob)) progress.add(blob.size);
    else {
      try {
        await copyBlob(store, blob, file, (count) => {
          signal?.throwIfAborted();
          progress.add(count);
        });
        told.blobs += 1;
        told.bytes += blob.size;
        touched.add(blob.sha256.slice(0, 2));
      } catch (error) {
        if (!(error instanceof BlobMissing || error instanceof Damaged)) throw error;
        if (await isNamed(db, blob)) told.damaged.push({ sha256: blob.sha256, detail: error.message });
        else isSwept = true;
      }
    }
    progress.file();
  });
  for (const prefix of touched) await syncFolder(realFiles, join(folder, 'blobs', prefix));
  await syncFolder(realFiles, join(folder, 'blobs'));
  return isSwept ? undefined : told;
}

async function isNamed({ read }: Database, { sha256 }: NamedBlob): Promise<boolean> {
  return (await read.selectFrom('artifact').select('id').where('sha256', '=', sha256).limit(1).execute()).length > 0;
}
