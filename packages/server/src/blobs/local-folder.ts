import { join } from 'node:path';
import { isDigest } from './digest.ts';
import { type Files, findFile, isAbsent } from './files.ts';
import type { KeptBlob } from './store.ts';

const PREFIX = /^[0-9a-f]{2}$/;
const OURS = /^(sha256|drafts|[0-9a-f]{2})$/;

/** Where the blob of a digest stands in the folder `sha256`. */
export function blobPath(blobs: string, sha256: string): string {
  return join(blobs, sha256.slice(0, 2), sha256);
}

/** Refuses links in place of our own folders: O_NOFOLLOW guards only the last part of a path. */
export async function assertRealFolders(files: Files, parent: string): Promise<void> {
  for await (const entry of await files.opendir(parent)) {
    if (OURS.test(entry.name) && entry.isSymbolicLink()) {
      throw new Error(`${entry.name} in the blob folder is a symbolic link; use a mount instead`);
    }
  }
}

/** Deletes what is in the folder of drafts and older than `before` (epoch milliseconds). */
export async function sweepDrafts(files: Files, drafts: string, before: number): Promise<void> {
  for await (const { name } of await files.opendir(drafts)) {
    const path = join(drafts, name);
    const found = await files.lstat(path).catch(() => undefined);
    if (found && found.mtimeMs < before) await files.rm(path, { recursive: true, force: true });
  }
}

export async function* listBlobs(files: Files, blobs: string): AsyncGenerator<KeptBlob> {
  for await (const prefix of await files.opendir(blobs)) {
    if (PREFIX.test(prefix.name) && prefix.isDirectory())
      yield* listPrefix(files, join(blobs, prefix.name), prefix.name);
  }
}

async function* listPrefix(files: Files, folder: string, prefix: string): AsyncGenerator<KeptBlob> {
  for await (const { name } of await files.opendir(folder)) {
    if (!isDigest(name) || !name.startsWith(prefix)) continue;
    const found = await findFile(files, join(folder, name)).catch((err) => {
      if (!isAbsent(err)) throw err;
    });
    if (found) yield { sha256: name, ...found };
  }
}
