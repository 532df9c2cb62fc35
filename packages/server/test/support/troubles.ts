import { join } from 'node:path';
import { blobFindings } from '../../src/cli/doctor/blobs.ts';
import { databaseFindings } from '../../src/cli/doctor/database.ts';
import { ledgerFindings } from '../../src/cli/doctor/ledger.ts';
import { stateFindings } from '../../src/cli/doctor/state.ts';
import { openDatabase } from '../../src/db/open.ts';

/**
 * What is wrong with an installation, by everything that the doctor looks at: pages, ledger with its checkpoints, rows
 * against the ledger, the bytes of every artifact.
 */
export async function troubles(data: string, url = `sqlite:${join(data, 'assayer.db')}`): Promise<string[]> {
  const db = await openDatabase(url, { connections: 2 });
  try {
    const findings = [
      ...(await databaseFindings(db, url)),
      ...(await ledgerFindings(db)),
      ...(await stateFindings(db)),
      ...(await blobFindings(db, join(data, 'blobs'), true)),
    ];
    return findings.filter(({ ok }) => !ok).map(({ check, detail }) => `${check}: ${detail}`);
  } finally {
    await db.close();
  }
}
