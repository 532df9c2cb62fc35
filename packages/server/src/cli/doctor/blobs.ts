import { sql } from 'kysely';
import { examineBlob, fileOfBlob, openMode } from '../../blobs/examine.ts';
import { formatSize } from '../../config/sizes.ts';
import type { Database } from '../../db/database.ts';
import { type Finding, fine, problem } from './checks.ts';

const SAMPLE = 50;
const SAMPLE_BYTES = 2 ** 30;
const REMEDY = 'Restore these files from a backup. Until then Assayer refuses to serve them.';

/** Re-hashes some of the bytes that artifacts and files point at, or all. */
export async function blobFindings(db: Database, folder: string, all: boolean): Promise<Finding[]> {
  const rows = await db.read
    .selectFrom((from) => {
      const named = (table: 'artifact' | 'file') =>
        from.selectFrom(table as 'artifact').select(['sha256', 'size_bytes']);
      return named('artifact').union(named('file')).as('blob');
    })
    .select(['sha256', 'size_bytes'])
    .orderBy(sql`random()`)
    .$if(!all, (query) => query.limit(SAMPLE))
    .execute();
  const bad: string[] = [];
  let exposed = 0;
  let first = '';
  let bytes = 0;
  let count = 0;
  for (const { sha256, size_bytes } of rows) {
    if (!all && count > 0 && bytes + size_bytes > SAMPLE_BYTES) continue;
    const file = fileOfBlob(folder, sha256);
    const damage = await examineBlob(file, { sha256, size: size_bytes });
    if (damage) bad.push(`${sha256} ${damage.detail}`);
    const mode = await openMode(file);
    if (mode !== undefined && !damage && exposed++ === 0) first = `${sha256} (${mode})`;
    bytes += size_bytes;
    count += 1;
  }
  const told = `${count} ${count === 1 ? 'blob' : 'blobs'} (${formatSize(bytes)}) re-hashed`;
  const sample = all || count === rows.length ? '' : ', a sample';
  const findings = [
    bad.length > 0 ? problem('blobs', `${told}: ${bad.join('; ')}`, REMEDY) : fine('blobs', `${told}${sample}`),
  ];
  if (exposed > 0)
    findings.push(problem('blobs', `${exposed} open to other users, such as ${first}`, `chmod -R go= ${folder}`));
  return findings;
}
