import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { PREFIXES } from '../blobs/examine.ts';
import { ranSteps } from '../db/migrate.ts';
import { KEPT_TABLES, pagesOf, toLine } from '../db/portable.ts';
import type { Tables } from '../db/tables.ts';
import { checkpointSeen, linesIn } from '../events/ledger.ts';
import { verifyLedger } from '../events/verify.ts';
import { namedBlobs } from '../registry/named-blobs.ts';
import type { BackupAsked } from './backup.ts';
import { writeLines } from './lines-file.ts';
import type { Manifest } from './manifest.ts';
import { SILENT } from './progress.ts';
import { BackupRefused } from './refused.ts';

export interface Saved extends Pick<Manifest, 'schema' | 'ledger' | 'tables' | 'blobs'> {
  ledgerProblems: string[];
}

/** Writes what a reader sees into files, one for each table, and the list of the blobs that the rows name. */
export async function saveRows(
  read: Kysely<Tables>,
  folder: string,
  { signal, progress = SILENT }: Pick<BackupAsked, 'signal' | 'progress'>,
): Promise<Saved> {
  const seen = await checkpointSeen(read);
  if (!seen) throw new BackupRefused('there is nothing to back up: no server was started on this database yet');
  const { origin, vkey, size, checkpoint } = seen;
  const onBytes = (count: number) => {
    signal?.throwIfAborted();
    progress.add(count);
  };
  progress.start('Saving rows', undefined, KEPT_TABLES.length + 1);
  const tables: Manifest['tables'] = [];
  for (const kept of KEPT_TABLES) {
    const { table } = kept;
    tables.push({ table, ...(await writeLines(join(folder, `${table}.jsonl.gz`), linesOfTable(read, kept), onBytes)) });
    progress.file();
  }
  const blobs = { total_bytes: 0 };
  const list = await writeLines(join(folder, 'blobs.jsonl.gz'), linesOfBlobs(read, blobs), onBytes);
  progress.file();
  const report = await verifyLedger(linesIn(read, 1, size), { checkpoints: [checkpoint], vkey });
  return {
    schema: (await ranSteps(read)) ?? [],
    ledger: { origin, key: vkey, size, checkpoint },
    tables,
    blobs: { ...list, ...blobs },
    ledgerProblems: report.problems.map((one) => `event ${one.seq}: ${one.kind}: ${one.detail}`),
  };
}

async function* linesOfTable(read: Kysely<Tables>, kept: (typeof KEPT_TABLES)[number]): AsyncGenerator<string> {
  for await (const rows of pagesOf(read, kept)) for (const row of rows) yield toLine(row);
}

async function* linesOfBlobs(read: Kysely<Tables>, told: { total_bytes: number }): AsyncGenerator<string> {
  for (const prefix of PREFIXES) {
    for (const blob of await namedBlobs(read, prefix)) {
      told.total_bytes += blob.size;
      yield JSON.stringify(blob);
    }
  }
}
