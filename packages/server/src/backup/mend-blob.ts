import type { BlobStore } from '../blobs/store.ts';
import type { NamedBlob } from '../registry/named-blobs.ts';
import { blobIn } from './folder.ts';
import { placeBlob } from './place-blob.ts';
import { BackupRefused } from './refused.ts';

/** Puts the bytes that a folder of backups has in place of damaged ones; false where it does not have them whole. */
export async function mendBlob(store: BlobStore, folder: string, blob: NamedBlob): Promise<boolean> {
  try {
    await placeBlob(store, blobIn(folder, blob.sha256), blob);
    return true;
  } catch (error) {
    if (error instanceof BackupRefused) return false;
    throw error;
  }
}
