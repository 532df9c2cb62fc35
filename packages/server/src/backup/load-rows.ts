import { PREFIXES } from '../blobs/examine.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { Dialect, Writer } from '../db/database.ts';
import { runSteps } from '../db/migrate.ts';
import { emptyTables, fromLine, KEPT_TABLES, settleIds } from '../db/portable.ts';
import { insertRows } from '../db/rows.ts';
import { inGroups } from '../db/together.ts';
import { checkpointSeen, linesIn } from '../events/ledger.ts';
import { verifyLedger } from '../events/verify.ts';
import { indexAll } from '../registry/backlog.ts';
import { namedBlobs } from '../registry/named-blobs.ts';
import type { Point } from './folder.ts';
import { readLines } from './lines-file.ts';
import type { Manifest } from './manifest.ts';
import { SILENT } from './progress.ts';
import { BackupRefused } from './refused.ts';
import type { RestoreAsked } from './restore.ts';

const ROWS_TOGETHER = 500;

interface Into {
  tx: Writer;
  dialect: Dialect;
  blobs: BlobStore;
}

/** Fills an empty database from a backup, brings it up to this program, and verifies it before it is seen by anyone. */
export async function loadRows({ tx, dialect, blobs }: Into, point: Point, asked: RestoreAsked): Promise<void> {
  const { manifest, folder } = point;
  const { progress = SILENT } = asked;
  const bytes = manifest.tables.reduce((sum, table) => sum + table.bytes, 0);
  progress.start('Restoring rows', bytes, manifest.tables.length);
  await runSteps(tx, dialect, manifest.schema);
  await emptyTables(
    tx,
    manifest.tables.map(({ table }) => table),
  );
  for (const told of manifest.tables) {
    await loadTable(tx, folder, told, asked);
    progress.file();
  }
  await runSteps(tx, dialect);
  // Of the tables as this program knows them.
  await settleIds(tx, dialect);
  await indexAll({ tx, dialect });
  await assertLedger(tx, manifest, asked.force ?? false);
  await assertBlobs(tx, blobs, manifest);
}

async function loadTable(
  tx: Writer,
  folder: string,
  told: Manifest['tables'][number],
  { signal, progress = SILENT }: RestoreAsked,
): Promise<void> {
  const kept = KEPT_TABLES.find(({ table }) => table === told.table);
  if (!kept) throw new BackupRefused(`the manifest of the backup names a table ${told.table}, which is unknown here`);
  const onBytes = (count: number) => {
    signal?.throwIfAborted();
    progress.add(count);
  };
  const rows = readLines(folder, told, (line) => ({ row: fromLine(line), bytes: line.length }), onBytes);
  // With the ids that they have.
  for await (const group of inGroups(rows, ROWS_TOGETHER, ({ bytes }) => bytes))
    await insertRows(tx, kept.table, group.map(({ row }) => row) as never);
}

/** Read back from the database: every event, its hash and the root, against what was signed when the backup was taken. */
async function assertLedger(tx: Writer, { ledger }: Manifest, force: boolean): Promise<void> {
  const seen = await checkpointSeen(tx);
  const lines = linesIn(tx, 1, Number.MAX_SAFE_INTEGER);
  const report = await verifyLedger(lines, { checkpoints: [ledger.checkpoint], vkey: ledger.key });
  const found = report.problems.map((one) => `event ${one.seq}: ${one.detail}`);
  if (report.size !== ledger.size) found.push(`${report.size} events are there instead of ${ledger.size}`);
  if (seen?.vkey !== ledger.key) found.push('the signing key is another');
  if (seen?.size !== ledger.size) found.push(`its head says ${seen?.size} events`);
  if (found.length > 0 && !force)
    throw new BackupRefused(
      `the ledger of the backup does not hold: ${found.slice(0, 5).join('; ')}. Use another backup`,
    );
}

/** Every blob that a row names was placed, but for those that the backup itself says it does not have. */
async function assertBlobs(tx: Writer, blobs: BlobStore, { problems }: Manifest): Promise<void> {
  const lost = new Set(problems.blobs.map(({ sha256 }) => sha256));
  for (const prefix of PREFIXES)
    for (const { sha256, size } of await namedBlobs(tx, prefix))
      if (!lost.has(sha256) && (await blobs.size(sha256)) !== size)
        throw new BackupRefused(
          `the rows of the backup name sha256:${sha256}, and it does not have it: use another backup`,
        );
}
