import { open } from 'node:fs/promises';
import { codeOf, isBlobError } from '../blobs/errors.ts';
import type { ByteReader } from '../blobs/reader.ts';
import { receive } from '../blobs/receive.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { NamedBlob } from '../registry/named-blobs.ts';
import { BackupRefused } from './refused.ts';

/** Puts a file of a backup into the store, hashed on the way; refuses one that does not hold the bytes of the blob. */
export async function placeBlob(
  store: BlobStore,
  file: string,
  { sha256, size }: NamedBlob,
  onBytes: (count: number) => void = () => {},
): Promise<void> {
  const damaged = (cause: unknown) =>
    new BackupRefused(`the file ${file} of the backup is damaged or missing: use another backup`, { cause });
  const reader = await readerOf(file, onBytes).catch((error) => {
    throw damaged(error);
  });
  try {
    const options = { maxBytes: size, reserveBytes: 0, expected: { sha256, size } };
    const { draft } = await receive(store, reader, options);
    await draft.keep(sha256);
  } catch (error) {
    // Of what can go wrong, this is for want of other bytes in the backup; the rest is about the place they go to.
    if (isBlobError(error) && /^(too-large|length-mismatch|digest-mismatch)$/.test(error.kind)) throw damaged(error);
    // The reading broke off: because the file cannot be read, or because `onBytes` said so.
    if (isBlobError(error) && error.kind === 'aborted') throw codeOf(error.cause) ? damaged(error) : error.cause;
    throw error;
  }
}

async function readerOf(file: string, onBytes: (count: number) => void): Promise<ByteReader> {
  const handle = await open(file, 'r');
  return {
    async read(into) {
      const { bytesRead } = await handle.read(into);
      onBytes(bytesRead);
      return bytesRead;
    },
    close: () => handle.close(),
  };
}
