import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { openLocalStore } from '../../blobs/local.ts';
import type { BlobStore } from '../../blobs/store.ts';
import { formatSize } from '../../config/sizes.ts';
import type { Database } from '../../db/database.ts';
import { type Finding, fine, problem } from './checks.ts';

const SAMPLE = 50;
const SAMPLE_BYTES = 2 ** 30;
const REMEDY = 'Restore these files from a backup. Until then Assayer refuses to serve them.';

/** Re-hashes some of the bytes that artifacts point at, or all. */
export async function blobFindings(db: Database, folder: string, all: boolean): Promise<Finding[]> {
  const store = await openLocalStore(folder, { shared: true });
  try {
    const rows = await db.read
      .selectFrom('artifact')
      .select(['sha256', 'size_bytes'])
      .groupBy(['sha256', 'size_bytes'])
      .orderBy(sql`random()`)
      .$if(!all, (query) => query.limit(SAMPLE))
      .execute();
    const bad: string[] = [];
    let bytes = 0;
    let count = 0;
    for (const { sha256, size_bytes } of rows) {
      if (!all && count > 0 && bytes + size_bytes > SAMPLE_BYTES) continue;
      const why = await problemOfBlob(store, sha256, size_bytes);
      if (why) bad.push(`${sha256}: ${why}`);
      bytes += size_bytes;
      count += 1;
    }
    const told = `${count} ${count === 1 ? 'blob' : 'blobs'} (${formatSize(bytes)}) re-hashed`;
    if (bad.length > 0) return [problem('blobs', `${told}: ${bad.join('; ')}`, REMEDY)];
    return [fine('blobs', `${told}${all || count === rows.length ? '' : ', a sample'}`)];
  } finally {
    await store.close();
  }
}

async function problemOfBlob(store: BlobStore, sha256: string, size: number): Promise<string | undefined> {
  const there = await store.size(sha256);
  if (there === undefined) return 'is missing';
  if (there !== size) return `has ${there} bytes instead of ${size}`;
  const hash = createHash('sha256');
  for await (const chunk of await store.open(sha256)) hash.update(chunk as Buffer);
  return hash.digest('hex') === sha256 ? undefined : 'holds other bytes than it should';
}
