import type { Reader } from '../db/database.ts';

/** A blob that artifacts name. */
export interface NamedBlob {
  sha256: string;
  size: number;
}

/** The blobs that artifacts name, whose digests begin so, in order. */
export function namedBlobs(read: Reader, prefix: string): Promise<NamedBlob[]> {
  return read
    .selectFrom('artifact')
    .select(['sha256', 'size_bytes as size'])
    .where('sha256', '>=', prefix)
    .where('sha256', '<', `${prefix}g`) // 'g' follows 'f'
    .groupBy(['sha256', 'size_bytes'])
    .orderBy('sha256')
    .execute();
}

/** How many there are, and their bytes together. */
export async function countNamedBlobs(read: Reader): Promise<{ blobs: number; bytes: number }> {
  const [row] = await read
    .selectFrom((from) =>
      from.selectFrom('artifact').select(['sha256', 'size_bytes as size']).groupBy(['sha256', 'size_bytes']).as('blob'),
    )
    .select((eb) => [eb.fn.countAll<number>().as('blobs'), eb.fn.sum<number | null>('size').as('bytes')])
    .execute();
  return { blobs: Number(row?.blobs ?? 0), bytes: Number(row?.bytes ?? 0) };
}
