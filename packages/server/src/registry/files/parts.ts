import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Body } from '../../blobs/receive.ts';
import { assertUnmarked, type Expected, keepPiece } from '../keep-bytes.ts';
import { refuseField } from '../refusals.ts';
import type { PutParts } from './put.ts';
import { getUpload } from './uploads.ts';

/** Who may send a part: whoever has the address of it, which no other call needs to bear. */
export function signPart(key: Uint8Array, upload_id: string, part_number: number, expires_at: number): string {
  const text = `part of an upload\n${upload_id}\n${part_number}\n${expires_at}`;
  return createHmac('sha256', key).update(text).digest('base64url');
}

export function isSigned(
  key: Uint8Array,
  upload_id: string,
  part_number: number,
  expires_at: number,
  signature: string,
): boolean {
  const [own, told] = [Buffer.from(signPart(key, upload_id, part_number, expires_at)), Buffer.from(signature)];
  return own.length === told.length && timingSafeEqual(own, told);
}

/** Keeps a part, in the place of one that came before under its number. Answers its digest. */
export async function putPart(
  parts: PutParts,
  upload_id: string,
  part_number: number,
  body: Body,
  expected: Expected = {},
): Promise<string> {
  const upload = await getUpload(parts.read, upload_id, parts.now());
  if (part_number > upload.parts) refuseField('/part_number', `must be at most ${upload.parts}`);
  const receiving = { maxBytes: parts.limits.artifact_bytes, expected };
  return keepPiece(parts, body, receiving, ({ sha256, size_bytes }) =>
    parts.ingest(async (tx) => {
      // Meanwhile it may have ended.
      const still = await getUpload(tx, upload_id, parts.now());
      if (still.sha256 !== null) return sha256;
      await assertUnmarked(tx, sha256);
      await tx
        .insertInto('file_part')
        .values({ upload_id, part_number, sha256, size_bytes })
        .onConflict((conflict) => conflict.columns(['upload_id', 'part_number']).doUpdateSet({ sha256, size_bytes }))
        .execute();
      return sha256;
    }),
  );
}
