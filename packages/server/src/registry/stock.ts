import { setImmediate as breathe } from 'node:timers/promises';
import type { Database } from '../db/database.ts';

/** What an installation holds. */
export interface Stock {
  /** Live ones: neither in the trash nor purged. */
  models: number;
  versions: number;
  artifacts: number;
  /** Of runs and logged models. */
  files: number;
  /** Bytes that are stored once, however many artifacts and files point at them. */
  blobs: number;
  blob_bytes: number;
}

const BLOBS_TOGETHER = 1_000;

/** Counts when it is asked to, beside the connection whose cache requests count on, and as often as that takes under a hundredth of the time. */
export function createStock(db: Pick<Database, 'snapshot'>) {
  let latest: Stock | undefined;
  let due = 0;
  return {
    latest: () => latest,
    async count(signal: AbortSignal): Promise<void> {
      const began = performance.now();
      if (began < due || signal.aborted) return;
      latest = (await db.snapshot((read) => takeStock(read, signal))) ?? latest;
      due = began + 100 * (performance.now() - began);
    },
  };
}

/** Counts by indexes alone, the blobs in small pieces, so that requests come in between. Undefined where it was stopped. */
async function takeStock(read: Database['read'], signal: AbortSignal): Promise<Stock | undefined> {
  const models = await countLive(read, 'model');
  const versions = await countLive(read, 'version');
  const { artifacts } = await read
    .selectFrom('artifact')
    .select((eb) => eb.fn.countAll<number>().as('artifacts'))
    .executeTakeFirstOrThrow();
  let files = 0;
  let blobs = 0;
  let blob_bytes = 0;
  for (let after = ''; !signal.aborted; await breathe()) {
    const some = await blobsAfter(read, after);
    blobs += some.length;
    for (const blob of some) {
      blob_bytes += blob.size;
      files += blob.files;
    }
    if (some.length < BLOBS_TOGETHER) return { models, versions, artifacts, files, blobs, blob_bytes };
    after = some.at(-1)?.sha256 as string;
  }
  return undefined;
}

/** The next blobs that artifacts or files name, in order; each once, with how many files name it. */
async function blobsAfter(
  read: Database['read'],
  after: string,
): Promise<{ sha256: string; size: number; files: number }[]> {
  const from = (table: 'artifact' | 'file') =>
    read
      .selectFrom(table as 'artifact')
      .select((eb) => ['sha256', eb.fn.max('size_bytes').as('size'), eb.fn.countAll<number>().as('count')])
      .where('sha256', '>', after)
      .groupBy('sha256')
      .orderBy('sha256')
      .limit(BLOBS_TOGETHER)
      .execute();
  const named = new Map((await from('artifact')).map((blob) => [blob.sha256, { ...blob, files: 0 }]));
  for (const blob of await from('file')) named.set(blob.sha256, { ...blob, files: blob.count });
  return [...named.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)).slice(0, BLOBS_TOGETHER);
}

/** All but those in the trash and those that were purged, which have an index each. */
async function countLive(read: Database['read'], table: 'model' | 'version'): Promise<number> {
  const all = read.selectFrom(table).select((eb) => eb.fn.countAll<number>().as('count'));
  const count = async (rows: typeof all) => (await rows.executeTakeFirstOrThrow()).count;
  const purged = all.where('purged_at', 'is not', null);
  const trashed = all.where('deregistered', 'is not', null).where('purged_at', 'is', null);
  return (await count(all)) - (await count(purged)) - (await count(trashed));
}
