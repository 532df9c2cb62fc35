import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { assertDigest } from './digest.ts';
import { codeOf, DraftClosed, StoreUnwritable } from './errors.ts';
import { CREATE, type Files, findFile, isAbsent, PRIVATE_FILE, syncFolder } from './files.ts';
import type { Health } from './health.ts';
import type { Draft } from './store.ts';
import type { InTurn } from './turns.ts';

export interface DraftPlace {
  files: Files;
  health: Health;
  /** The folder of drafts, on the same device as the blobs. */
  drafts: string;
  inTurn: InTurn;
  /** Where the blob of a digest belongs; its folder exists, durably, once this resolves. */
  prepare(sha256: string): Promise<string>;
}

export async function openLocalDraft({ files, health, drafts, inTurn, prepare }: DraftPlace): Promise<Draft> {
  const file = join(drafts, randomUUID());
  const handle = await health.step('open', () => files.open(file, CREATE, PRIVATE_FILE));
  let state: 'open' | 'broken' | 'over' = 'open';
  let size = 0;

  async function write(chunk: Uint8Array): Promise<void> {
    if (state !== 'open') throw new DraftClosed();
    try {
      for (let done = 0; done < chunk.length; ) {
        const rest = chunk.length - done;
        const { bytesWritten } = await health.step('write', () => handle.write(chunk, done, rest));
        done += bytesWritten;
      }
      size += chunk.length;
    } catch (err) {
      // What the file holds now is not known, so it may never be kept, not even after space has come back.
      if (state === 'open') state = 'broken';
      throw err;
    }
  }

  async function discard(): Promise<void> {
    if (state === 'over') return;
    state = 'over';
    // Waits for a write that is under way. That nothing more can be said of unwanted bytes is no fault.
    await handle.close().catch(() => {});
    await files.unlink(file).catch((err) => {
      if (codeOf(err) !== 'ENOENT') throw new StoreUnwritable('remove', err);
    });
  }

  async function keep(sha256: string): Promise<void> {
    try {
      assertDigest(sha256);
      if (state !== 'open') throw new DraftClosed();
      await inTurn(sha256, () => settle(sha256));
    } catch (err) {
      await discard().catch(() => {});
      throw err;
    }
  }

  async function settle(sha256: string): Promise<void> {
    const blob = await prepare(sha256);
    if (await keptAnew(blob)) return discard();
    const now = new Date();
    await health.step('touch', () => handle.utimes(now, now));
    await health.step('fsync', () => handle.sync());
    await health.step('close', () => handle.close());
    await health.step('rename', () => files.rename(file, blob));
    state = 'over';
    await health.step('fsync', () => syncFolder(files, dirname(blob)));
  }

  /** Where equal bytes are there already: their time becomes now, so that no sweep takes them for forgotten. */
  async function keptAnew(blob: string): Promise<boolean> {
    // Another size under this digest is damage, which the rename below repairs.
    if ((await findFile(files, blob))?.size !== size) return false;
    try {
      const now = new Date();
      await files.lutimes(blob, now, now);
    } catch (err) {
      if (isAbsent(err)) return false;
      return health.step('touch', () => Promise.reject(err));
    }
    // Whoever renamed it may not have synced the folder yet, or may have died before.
    await health.step('fsync', () => syncFolder(files, dirname(blob)));
    return true;
  }

  return { file, write, keep, discard };
}
