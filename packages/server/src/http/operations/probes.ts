import { stat } from 'node:fs/promises';
import { codeOf, DiskFull, StoreSuspect, StoreUnwritable } from '../../blobs/errors.ts';
import type { BlobStore } from '../../blobs/store.ts';
import type { Database } from '../../db/database.ts';
import { DatabaseSuspect } from '../../db/suspect.ts';
import type { Batch } from '../../registry/change.ts';
import type { Pending } from '../../registry/group-commit.ts';
import { createIngest } from '../../registry/ingest.ts';
import type { Ailment, Probe } from './health.ts';

const HANGS_MS = 10_000;
const MiB = 2 ** 20;

export interface Disk {
  /** Whose it is: `database`, `artifacts`. */
  of: string;
  /** In bytes; undefined where that has no meaning. */
  free(): Promise<number | undefined>;
}

/** Remembers whether the last commit failed for the database's sake: a probe that only reads would not notice. */
export function watchCommits(db: Database): { onBatch(batch: Batch): void; failed: boolean } {
  const watch = {
    failed: false,
    onBatch({ error }: Batch) {
      watch.failed = error !== undefined && !db.isRetryable(error);
    },
  };
  return watch;
}

/**
 * The database answers reads, no commit hangs, and where the last one failed a small write succeeds. `file` is
 * SQLite's: open files outlive their names, so it is held against the one that was opened.
 */
export async function probeDatabase(
  db: Database,
  commits: { failed: boolean },
  pending: () => Pending,
  file?: string,
): Promise<Probe> {
  const ingest = createIngest(db);
  const opened = file === undefined ? undefined : await inodeOf(file);
  return async () => {
    const { since } = pending();
    const ms = since === undefined ? 0 : performance.now() - since;
    if (ms > HANGS_MS)
      return {
        detail: `A commit is under way for ${Math.round(ms / 1_000)} s.`,
        advice: 'Look at the disk of the database and, on PostgreSQL, at what it waits for (pg_stat_activity).',
        reads: true,
      };
    if (file !== undefined && (await inodeOf(file)) !== opened)
      return {
        detail: 'The file of the database is gone, or another one has its name.',
        advice:
          'Stop this server before anything else: what it writes is lost. Put the file back, or restore a backup.',
        reads: false,
      };
    try {
      await db.check();
    } catch (error) {
      return error instanceof DatabaseSuspect ? readOnly(error) : doesNotAnswer(db, error);
    }
    try {
      if (commits.failed)
        await ingest((tx) => tx.updateTable('installation').set({ id: 1 }).where('id', '=', 1).execute());
      commits.failed = false;
      return undefined;
    } catch (error) {
      return refusesWrites(db, error);
    }
  };
}

function readOnly(cause: DatabaseSuspect): Ailment {
  return {
    detail: 'A write to the database failed: it is read-only until this server is restarted.',
    advice: 'Look at the device and its log, mend it, then restart.',
    reads: true,
    cause,
  };
}

function refusesWrites(db: Database, cause: unknown): Ailment {
  if (db.isFull(cause))
    return {
      detail: 'The disk of the database is full: changes are refused.',
      advice: 'Make space there. Changes go on by themselves then.',
      reads: true,
      cause,
    };
  if (db.name === 'postgres' && db.isAway(cause) && codeOf(cause) !== '25006') return doesNotAnswer(db, cause);
  return {
    detail: `The database takes no changes${inBrackets(cause)}.`,
    advice: 'Look at its disk: is it mounted read-only, or does it fail? Mend that, then restart this server.',
    reads: true,
    cause,
  };
}

function doesNotAnswer(db: Database, cause: unknown): Ailment {
  return {
    detail: `The database does not answer${inBrackets(cause)}.`,
    advice:
      db.name === 'postgres'
        ? 'Start PostgreSQL, or mend the way to it. This server connects again by itself.'
        : 'Look at its disk, and examine it with "assayer doctor".',
    reads: false,
    cause,
  };
}

function inBrackets(cause: unknown): string {
  const code = codeOf(cause);
  return code ? ` (${code})` : '';
}

async function inodeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).ino;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A draft can be opened and discarded, which the store refuses too once a write failed. */
export function probeArtifacts(blobs: BlobStore): Probe {
  return async () => {
    try {
      await blobs.check();
      return undefined;
    } catch (cause) {
      if (cause instanceof StoreSuspect)
        return {
          detail: 'A write to the artifact store failed: it is read-only until this server is restarted.',
          advice: 'Look at the device and its log, mend it, restart, then run "assayer scrub".',
          reads: true,
          cause,
        };
      if (cause instanceof DiskFull)
        return {
          detail: 'The disk of the artifact store is full: uploads are refused.',
          advice: 'Make space there. Uploads go on by themselves then.',
          reads: true,
          cause,
        };
      if (!(cause instanceof StoreUnwritable)) throw cause;
      if (codeOf(cause.cause) === 'ENOENT')
        return {
          detail: 'The folder of the artifact store is gone.',
          advice: 'Mount it again, or put it back. Nothing need be restarted.',
          reads: false,
          cause,
        };
      return {
        detail: `The artifact store cannot be written${inBrackets(cause.cause)}.`,
        advice: 'Look at who may write to its folder, whether it is mounted read-only, and how many files are open.',
        reads: true,
        cause,
      };
    }
  };
}

/** No disk has less free than the reserve that uploads leave. */
export function probeDisks(disks: readonly Disk[], reserveBytes: number): Probe {
  return async () => {
    for (const disk of disks) {
      const free = await disk.free();
      if (free === undefined || free >= reserveBytes) continue;
      return {
        detail: `The disk of the ${disk.of} has ${Math.floor(free / MiB)} MiB free; below ${Math.ceil(reserveBytes / MiB)} MiB uploads are refused.`,
        advice: 'Make space there, or lower limits.reserve_bytes.',
        reads: true,
      };
    }
    return undefined;
  };
}
