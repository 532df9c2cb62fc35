import { randomUUID } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { assertDigest } from './digest.ts';
import { BlobMissing, codeOf } from './errors.ts';
import {
  type Files,
  findFile,
  freeOn,
  isAbsent,
  makeFolder,
  PRIVATE_FOLDER,
  READ,
  realFiles,
  syncFolder,
} from './files.ts';
import { createHealth } from './health.ts';
import { openLocalDraft } from './local-draft.ts';
import { assertRealFolders, blobPath, listBlobs, sweepDrafts } from './local-folder.ts';
import { readFile } from './local-reader.ts';
import type { ByteReader } from './reader.ts';
import type { BlobStore, ByteRange, Draft } from './store.ts';
import { createTurns } from './turns.ts';

export interface LocalOptions {
  /** Other processes use this folder too: leave drafts of the last 24 hours, which may be theirs. */
  shared?: boolean;
  files?: Files;
}

/**
 * Blobs in a folder: `sha256/ab/ab…` once kept, `drafts/<random>` before. Folders are 0700 and files 0600, symbolic links
 * are not followed below the folder. Without `shared`, one process owns the folder, and whatever drafts it finds at the
 * start are left over from a crash.
 */
export async function openLocalStore(folder: string, options: LocalOptions = {}): Promise<BlobStore> {
  const files = options.files ?? realFiles;
  await makeFolder(files, resolve(folder));
  // The folder itself may be a link, as operators have them.
  const root = await files.realpath(folder);
  const blobs = join(root, 'sha256');
  const drafts = join(root, 'drafts');
  for (const path of [blobs, drafts]) await makeFolder(files, path);
  for (const path of [root, blobs]) await assertRealFolders(files, path);
  await sweepDrafts(files, drafts, options.shared ? Date.now() - 24 * 60 * 60 * 1000 : Number.POSITIVE_INFINITY);

  const health = createHealth();
  const inTurn = createTurns();
  const prepared = new Set<string>();
  const open = new Set<Draft>();

  function pathOf(sha256: string): string {
    assertDigest(sha256);
    return blobPath(blobs, sha256);
  }

  async function prepare(sha256: string): Promise<string> {
    const path = pathOf(sha256);
    const prefix = dirname(path);
    // Once per process even where the folder is there: whoever made it may have died before it was durable.
    await inTurn(prefix, async () => {
      if (prepared.has(prefix)) return;
      await health.step('mkdir', () => files.mkdir(prefix, { recursive: true, mode: PRIVATE_FOLDER }));
      await health.step('fsync', () => syncFolder(files, blobs));
      prepared.add(prefix);
    });
    return path;
  }

  async function draft(): Promise<Draft> {
    const inner = await openLocalDraft({ files, health, drafts, inTurn, prepare });
    const over = () => void open.delete(tracked);
    const tracked: Draft = {
      ...inner,
      keep: (sha256) => inner.keep(sha256).finally(over),
      discard: () => inner.discard().finally(over),
    };
    open.add(tracked);
    return tracked;
  }

  async function read(sha256: string, range?: ByteRange): Promise<ByteReader> {
    const handle = await files.open(pathOf(sha256), READ).catch((err) => {
      throw isAbsent(err) || codeOf(err) === 'ELOOP' ? new BlobMissing(sha256) : err;
    });
    return readFile(handle, range);
  }

  return {
    kind: 'local',
    draft,
    open: read,
    size: async (sha256) => (await findFile(files, pathOf(sha256)))?.size,
    list: () => listBlobs(files, blobs),
    free: () => freeOn(root, files),
    async remove(sha256, keptBefore = Number.POSITIVE_INFINITY) {
      const path = pathOf(sha256);
      return inTurn(sha256, async () => {
        const found = await findFile(files, path);
        if (!found || found.kept_at >= keptBefore) return undefined;
        const hidden = join(drafts, randomUUID());
        await health.step('remove', () => files.rename(path, hidden));
        return { ...found, free: () => health.step('remove', () => files.rm(hidden, { force: true })) };
      });
    },
    async check() {
      await (await draft()).discard();
    },
    async close() {
      await Promise.all([...open].map((one) => one.discard()));
    },
  };
}
