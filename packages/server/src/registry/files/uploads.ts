import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Reader } from '../../db/database.ts';
import type { FileUploadTable } from '../../db/tables.ts';
import type { Ingest } from '../ingest.ts';
import { refuse, refuseField } from '../refusals.ts';
import { forget } from './forget-uploads.ts';
import { assertWritable } from './paths.ts';
import { assertFree, type PutParts } from './put.ts';

export const MOST_PARTS = 10_000;
const UPLOAD_MS = 24 * 3_600_000;

export type UploadRow = Selectable<FileUploadTable>;

/** Begins an upload in parts, each of which is then sent by itself. It is forgotten after a day, with the parts that came. */
export async function beginUpload(parts: PutParts, path: string, count: number): Promise<UploadRow> {
  assertWritable(path);
  if (!(count >= 1 && count <= MOST_PARTS)) refuseField('/num_parts', `must be from 1 to ${MOST_PARTS}`);
  await assertFree(parts.read, path);
  const upload_id = randomBytes(16).toString('hex');
  const row = { upload_id, path, parts: count, expires_at: parts.now() + UPLOAD_MS, sha256: null };
  await parts.ingest((tx) => tx.insertInto('file_upload').values(row).execute());
  return row;
}

/** An upload that was begun, is not forgotten and, if a path is given, is to be the file there. */
export async function getUpload(reader: Reader, upload_id: string, now: number, path?: string): Promise<UploadRow> {
  const row = await reader.selectFrom('file_upload').selectAll().where('upload_id', '=', upload_id).executeTakeFirst();
  if (row && row.expires_at > now && (path === undefined || row.path === path)) return row;
  return refuse(
    'upload-not-found',
    'There is no such upload in parts: it ended, expired, or never began. Begin anew.',
    {
      upload_id,
    },
  );
}

/** Forgets an upload and the parts that came; nothing where there is none, or where the file is there already. */
export async function abortUpload(ingest: Ingest, upload_id: string): Promise<void> {
  await ingest(async (tx) => {
    const open = await tx
      .selectFrom('file_upload')
      .select('upload_id')
      .where('upload_id', '=', upload_id)
      .where('sha256', 'is', null)
      .execute();
    await forget(tx, open);
  });
}
