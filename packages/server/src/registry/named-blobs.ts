import type { Reader } from '../db/database.ts';

/** A blob that artifacts or files name. */
export interface NamedBlob {
  sha256: string;
  size: number;
}

/** The blobs that artifacts and files name, whose digests begin so, in order. */
export function namedBlobs(read: Reader, prefix: string): Promise<NamedBlob[]> {
  const from = (table: 'artifact' | 'file') =>
    read
      .selectFrom(table as 'artifact')
      .select(['sha256', 'size_bytes as size'])
      .where('sha256', '>=', prefix)
      .where('sha256', '<', `${prefix}g`); // 'g' follows 'f'
  return from('artifact').union(from('file')).orderBy('sha256').execute();
}

/** How many there are, and their bytes together. */
export async function countNamedBlobs(read: Reader): Promise<{ blobs: number; bytes: number }> {
  const [row] = await read
    .selectFrom((from) => {
      const named = (table: 'artifact' | 'file') =>
        from.selectFrom(table as 'artifact').select(['sha256', 'size_bytes as size']);
      return named('artifact').union(named('file')).as('blob');
    })
    .select((eb) => [eb.fn.countAll<number>().as('blobs'), eb.fn.sum<number | null>('size').as('bytes')])
    .execute();
  return { blobs: Number(row?.blobs ?? 0), bytes: Number(row?.bytes ?? 0) };
}

/** Which of these digests an artifact, a file or a part of an upload names. */
export async function namedAmong(read: Reader, digests: readonly string[]): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const from = (table: 'artifact' | 'file' | 'file_part') =>
    read
      .selectFrom(table as 'artifact')
      .select('sha256')
      .where('sha256', 'in', digests);
  const rows = await from('artifact').union(from('file')).union(from('file_part')).execute();
  return new Set(rows.map(({ sha256 }) => sha256));
}
