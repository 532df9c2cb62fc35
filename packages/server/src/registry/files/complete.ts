import type { ByteReader, Lent } from '../../blobs/reader.ts';
import { openVerified } from '../../blobs/serve.ts';
import type { Reader } from '../../db/database.ts';
import { keepBytes } from '../keep-bytes.ts';
import { refuseField } from '../refusals.ts';
import { nameFile, type PutParts } from './put.ts';
import { getUpload, type UploadRow } from './uploads.ts';

/** A part as its sender knows it. */
export interface PartSent {
  part_number: number;
  /** The digest that was answered when it came. */
  sha256: string;
}

interface PartKept extends PartSent {
  size_bytes: number;
}

/**
 * Puts the parts together into one file: read one after the other, each verified, and received as any other bytes are. The
 * same again is answered as the first time.
 */
export async function completeUpload(
  parts: PutParts,
  upload_id: string,
  path: string,
  sent: readonly PartSent[],
): Promise<void> {
  const upload = await getUpload(parts.read, upload_id, parts.now(), path);
  if (upload.sha256 !== null) return;
  const kept = await partsOf(parts.read, upload, sent);
  const size = kept.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
  const receiving = { path, maxBytes: parts.limits.artifact_bytes, expected: { size } };
  await keepBytes(parts, inARow(parts, kept), receiving, (bytes) =>
    parts.ingest(async (tx) => {
      const still = await getUpload(tx, upload_id, parts.now(), path);
      if (still.sha256 !== null) return true;
      await nameFile(tx, path, bytes, parts.now());
      await tx.updateTable('file_upload').set({ sha256: bytes.sha256 }).where('upload_id', '=', upload_id).execute();
      await tx.deleteFrom('file_part').where('upload_id', '=', upload_id).execute();
      return true;
    }),
  );
}

/** The parts that came, in order; refused unless they are all there and the ones that their sender means. */
async function partsOf(reader: Reader, upload: UploadRow, sent: readonly PartSent[]): Promise<PartKept[]> {
  if (sent.length !== upload.parts) refuseField('/parts', `must be the ${upload.parts} parts of the upload`);
  const kept = await reader
    .selectFrom('file_part')
    .select(['part_number', 'sha256', 'size_bytes'])
    .where('upload_id', '=', upload.upload_id)
    .orderBy('part_number')
    .execute();
  for (const [i, { part_number, sha256 }] of sent.entries()) {
    if (part_number !== i + 1) refuseField('/parts', `must be in order, each once: part ${i + 1} was expected`);
    const there = kept[i];
    if (there?.part_number !== part_number) refuseField('/parts', `must have come: part ${firstMissing(kept)} did not`);
    if (there.sha256 !== sha256)
      refuseField('/parts', `must have the ETag that was answered: part ${part_number} has not`);
  }
  return kept;
}

function firstMissing(kept: readonly PartKept[]): number {
  const gap = kept.findIndex(({ part_number }, i) => part_number !== i + 1);
  return (gap === -1 ? kept.length : gap) + 1;
}

/** Reads kept bytes one after the other as if they were one. */
function inARow({ blobs, createHasher }: PutParts, kept: readonly PartKept[]): ByteReader {
  const waiting = kept.values();
  let chunks: Lent | undefined;
  let rest: Uint8Array = new Uint8Array(0);

  /** The next chunk that is not empty; undefined at the end. */
  async function next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = await chunks?.next();
      if (chunk && !chunk.done) {
        if (chunk.value.length > 0) return chunk.value;
        continue;
      }
      const { value } = waiting.next();
      if (!value) return undefined;
      chunks = await openVerified(blobs, value.sha256, value.size_bytes, { createHasher });
    }
  }

  return {
    async read(into) {
      let filled = 0;
      while (filled < into.length) {
        if (rest.length === 0) rest = (await next()) ?? rest;
        if (rest.length === 0) break;
        const part = rest.subarray(0, into.length - filled);
        into.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return filled;
    },
    close: async () => void (await chunks?.return(undefined)),
  };
}
