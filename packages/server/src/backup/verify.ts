import { examineBlob } from '../blobs/examine.ts';
import { inParallel } from '../blobs/parallel.ts';
import { fromLine, type Row } from '../db/portable.ts';
import { verifyLedger } from '../events/verify.ts';
import { blobIn, blobsOf, type Point } from './folder.ts';
import { readLines } from './lines-file.ts';
import { type Progress, SILENT } from './progress.ts';
import { BackupRefused } from './refused.ts';

const HASHED_AT_ONCE = 4;

/** Reads a backup to its end, as restoring it would, and yields what is wrong with it. */
export async function verifyBackup(
  folder: string,
  point: Point,
  { signal, progress = SILENT }: { signal?: AbortSignal; progress?: Progress } = {},
): Promise<string[]> {
  const { tables, blobs, ledger, problems } = point.manifest;
  const found: string[] = [];
  const onBytes = (count: number) => {
    signal?.throwIfAborted();
    progress.add(count);
  };
  const told = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof BackupRefused)) throw error;
      found.push(error.message);
    }
  };

  progress.start(
    'Reading rows',
    tables.reduce((sum, table) => sum + table.bytes, 0),
    tables.length,
  );
  for (const table of tables) {
    const rows = readLines(point.folder, table, fromLine, onBytes);
    await told(async () => {
      if (table.table !== 'event') for await (const _ of rows);
      else {
        const { checkpoint, key } = ledger;
        const report = await verifyLedger(eventsOf(rows), { checkpoints: [checkpoint], vkey: key });
        for (const one of report.problems) found.push(`event ${one.seq}: ${one.detail}`);
      }
    });
    progress.file();
  }

  const lost = new Set(problems.blobs.map(({ sha256 }) => sha256));
  progress.start('Hashing', blobs.total_bytes, blobs.rows);
  await told(() =>
    inParallel(HASHED_AT_ONCE, blobsOf(point), async (blob) => {
      const damage = await examineBlob(blobIn(folder, blob.sha256), blob, onBytes);
      if (damage && !lost.has(blob.sha256)) found.push(`sha256:${blob.sha256} ${damage.detail}`);
      progress.file();
    }),
  );
  return found;
}

async function* eventsOf(rows: AsyncIterable<Row>) {
  for await (const { line, leaf } of rows) yield { line, leaf } as { line: string; leaf: Buffer };
}
