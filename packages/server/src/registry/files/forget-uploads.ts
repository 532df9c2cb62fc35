import type { Writer } from '../../db/database.ts';
import type { Ingest } from '../ingest.ts';

const UPLOADS_TOGETHER = 20;

/** Forgets the uploads that expired, some in each transaction. The sweep then finds the bytes of their parts. */
export async function forgetUploads(ingest: Ingest, now: number): Promise<void> {
  for (let some = UPLOADS_TOGETHER; some === UPLOADS_TOGETHER; )
    some = await ingest(async (tx) => {
      const expired = await tx
        .selectFrom('file_upload')
        .select('upload_id')
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(UPLOADS_TOGETHER)
        .execute();
      await forget(tx, expired);
      return expired.length;
    });
}

/** Forgets uploads and the parts that came. */
export async function forget(tx: Writer, uploads: readonly { upload_id: string }[]): Promise<void> {
  if (uploads.length === 0) return;
  const ids = uploads.map(({ upload_id }) => upload_id);
  await tx.deleteFrom('file_part').where('upload_id', 'in', ids).execute();
  await tx.deleteFrom('file_upload').where('upload_id', 'in', ids).execute();
}
