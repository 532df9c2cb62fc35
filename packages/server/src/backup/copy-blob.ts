import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { Damaged } from '../blobs/errors.ts';
import { isAbsent } from '../blobs/files.ts';
import { createSha256 } from '../blobs/hash.ts';
import { chunksOf } from '../blobs/reader.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { NamedBlob } from '../registry/named-blobs.ts';

/** Copies a blob out of the store into a file, durably, where its bytes are what its digest says; else Damaged or BlobMissing. */
export async function copyBlob(
  store: BlobStore,
  { sha256, size }: NamedBlob,
  file: string,
  onBytes: (count: number) => void,
): Promise<void> {
  const source = await store.open(sha256);
  const draft = `${file}.${randomUUID()}`;
  const handle = await open(draft, 'wx', 0o600);
  const hasher = createSha256();
  let copied = 0;
  try {
    // One byte more than there should be, so that what was added is seen.
    for await (const chunk of chunksOf(source, size + 1)) {
      const writing = handle.writeFile(chunk);
      await hasher.update(chunk);
      await writing;
      copied += chunk.length;
      onBytes(chunk.length);
    }
    if (copied !== size) throw new Damaged(sha256, `${copied} bytes instead of ${size}`);
    if ((await hasher.digest()) !== sha256) throw new Damaged(sha256, 'its bytes have another digest');
    await handle.sync();
    await handle.close();
    await rename(draft, file);
  } catch (error) {
    await handle.close();
    await rm(draft, { force: true });
    throw error;
  }
}

/** Whether a file of this size is there. That it holds the right bytes was seen when it was copied. */
export async function isCopied(file: string, { size }: NamedBlob): Promise<boolean> {
  try {
    return (await stat(file)).size === size;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
