import { BlobMissing } from '../blobs/errors.ts';
import type { BlobStore, KeptBlob } from '../blobs/store.ts';
import type { Database, Reader, Writer } from '../db/database.ts';
import { forgetUploads } from './files/forget-uploads.ts';
import { createIngest } from './ingest.ts';
import { namedAmong } from './named-blobs.ts';

/*
 * The sweep takes away bytes that neither a version nor a file names, and never bytes that one comes to name, whatever the
 * timing and whichever processes share the store (D5). It rests on marks in the table `condemned`, and on two locks: the one
 * that every change holds, and the one that every ingest holds, since files are named by those:
 *
 * 1. Holding both, the sweep marks blobs that nothing names, and commits.
 * 2. Holding both, it takes away blobs that are still marked. The mark stays.
 * 3. A change or ingest that names bytes looks whether they are marked, and if so does nothing but say so (Condemned).
 * 4. Holding both, `reprieve` strikes a mark if it sees the bytes, and then the change runs again.
 *
 * So bytes go only while they are marked, and a mark that stood when they went is struck only once they are there again:
 * a change that finds no mark names bytes that are there. Nothing rests on clocks, except that a mark is forgotten
 * seven days after the bytes went, which is longer than any change is under way.
 */

const ASKED_TOGETHER = 200;
/** Taken away under one lock: a rename each. */
const REMOVED_TOGETHER = 20;
const MARKS_KEPT_MS = 7 * 86_400_000;

/** A change wanted to name bytes that the sweep has marked. */
export class Condemned extends Error {
  readonly sha256: string;
  constructor(sha256: string) {
    super(`the blob ${sha256} is marked by the sweep`);
    this.sha256 = sha256;
  }
}

export interface SweepParts {
  db: Database;
  blobs: BlobStore;
  now(): number;
}

export interface SweepAsked {
  /** Bytes that were kept since are left alone, named or not. */
  graceMs: number;
  /** Tells what would go, and changes nothing. */
  dryRun?: boolean;
  signal?: AbortSignal;
}

/** Takes away every blob that nothing names and that is older than the grace time. Yields each that went. */
export async function* sweep(parts: SweepParts, { graceMs, dryRun, signal }: SweepAsked): AsyncGenerator<KeptBlob> {
  const before = parts.now() - graceMs;
  if (!dryRun) {
    await forgetMarks(parts);
    await forgetUploads(createIngest(parts.db), parts.now());
  }
  for await (const orphans of orphansKept(parts, before)) {
    if (signal?.aborted) return;
    if (dryRun) yield* orphans;
    else await condemn(parts, orphans);
  }
  for (let more = !dryRun; more && !signal?.aborted; ) {
    const taken = await takeSome(parts, before);
    more = taken !== undefined;
    yield* taken ?? [];
  }
}

/** Strikes the mark of bytes that are there, and says whether they are. */
export function reprieve({ db, blobs }: Pick<SweepParts, 'db' | 'blobs'>, sha256: string): Promise<boolean> {
  return locked(db, async (tx) => {
    const isThere = await canOpen(blobs, sha256);
    if (isThere) await tx.deleteFrom('condemned').where('sha256', '=', sha256).execute();
    return isThere;
  });
}

/** Opened, not looked up: on a network file system only this is sure to see what another machine took away. */
async function canOpen(blobs: BlobStore, sha256: string): Promise<boolean> {
  try {
    await (await blobs.open(sha256)).close();
    return true;
  } catch (error) {
    if (error instanceof BlobMissing) return false;
    throw error;
  }
}

async function* orphansKept({ db, blobs }: SweepParts, before: number): AsyncGenerator<KeptBlob[]> {
  let batch: KeptBlob[] = [];
  for await (const blob of blobs.list()) {
    if (blob.kept_at < before) batch.push(blob);
    if (batch.length < ASKED_TOGETHER) continue;
    yield await unnamed(db.read, batch);
    batch = [];
  }
  yield await unnamed(db.read, batch);
}

async function unnamed<Blob extends { sha256: string }>(reader: Reader, blobs: Blob[]): Promise<Blob[]> {
  const named = await namedAmong(
    reader,
    blobs.map(({ sha256 }) => sha256),
  );
  return blobs.filter(({ sha256 }) => !named.has(sha256));
}

export async function condemn({ db, now }: SweepParts, orphans: KeptBlob[]): Promise<void> {
  if (orphans.length === 0) return;
  const mark = { at: now(), removed_at: null };
  await locked(db, async (tx) => {
    const still = await unnamed(tx, orphans);
    if (still.length === 0) return;
    await tx
      .insertInto('condemned')
      .values(still.map(({ sha256 }) => ({ sha256, ...mark })))
      .onConflict((conflict) => conflict.column('sha256').doUpdateSet(mark))
      .execute();
  });
}

/** Takes away some of what is marked, together with what was read from it; undefined where nothing is marked any more. */
export async function takeSome({ db, blobs, now }: SweepParts, before: number): Promise<KeptBlob[] | undefined> {
  const taken: (KeptBlob & { free(): Promise<void> })[] = [];
  try {
    const marked = await locked(db, async (tx) => {
      const marks = await waitingMarks(tx);
      const [gone, kept]: [string[], string[]] = [[], []];
      for (const { sha256 } of marks) {
        const removed = await blobs.remove(sha256, before);
        if (removed) taken.push({ sha256, ...removed });
        // Kept anew in the meantime: these bytes are left alone.
        (removed || (await blobs.size(sha256)) === undefined ? gone : kept).push(sha256);
      }
      if (kept.length > 0) await tx.deleteFrom('condemned').where('sha256', 'in', kept).execute();
      if (gone.length > 0) {
        await tx.deleteFrom('inspection').where('sha256', 'in', gone).execute();
        await tx.updateTable('condemned').set({ removed_at: now() }).where('sha256', 'in', gone).execute();
      }
      return marks.length;
    });
    return marked > 0 ? taken.map(({ free: _, ...blob }) => blob) : undefined;
  } finally {
    for (const { free } of taken) await free();
  }
}

function waitingMarks(tx: Writer): Promise<{ sha256: string }[]> {
  return tx
    .selectFrom('condemned')
    .select('sha256')
    .where('removed_at', 'is', null)
    .orderBy('sha256')
    .limit(REMOVED_TOGETHER)
    .execute();
}

function forgetMarks({ db, now }: SweepParts): Promise<unknown> {
  const before = now() - MARKS_KEPT_MS;
  return locked(db, (tx) => tx.deleteFrom('condemned').where('removed_at', '<', before).execute());
}

/** Runs while neither a change nor another ingest is under way, in this process or another. */
function locked<T>(db: Database, body: (tx: Writer) => Promise<T>): Promise<T> {
  return createIngest(db)(async (tx) => {
    await db.lockLedger(tx);
    return body(tx);
  });
}
