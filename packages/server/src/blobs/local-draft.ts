import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { assertDigest } from './digest.ts';
import { codeOf, DraftClosed, StoreUnwritable } from './errors.ts';
import { CREATE, type Files, PRIVATE_FILE, syncFolder } from './files.ts';
import { writing } from './gate.ts';
import type { Health } from './health.ts';
import type { Draft } from './store.ts';
import type { InTurn } from './turns.ts';

const LARGE = 1024 * 1024;

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

  /** Only what is large waits for its turn: a small file is soon written, and held up it would be committed late, by itself. */
  const inTime = <T>(run: () => Promise<T>): Promise<T> => (size < LARGE ? run() : writing(run));

  async function write(chunk: Uint8Array): Promise<void> {
    if (state !== 'open') throw new DraftClosed();
    try {
      for (let done = 0; done < chunk.length; ) {
        const rest = chunk.length - done;
        const { bytesWritten } = await inTime(() => health.step('write', () => handle.write(chunk, done, rest)));
        done += bytesWritten;
        size += bytesWritten;
      }
    } catch (err) {
      // What the file holds now is not known, so it may never be kept, not even after space has come back.
      if (state === 'open') state = 'broken';
      throw err;
    }
  }

  let discarding: Promise<void> | undefined;

  /** Where it is asked for again it is the same one: a store that is closed waits for what is under way. */
  async function discard(): Promise<void> {
    if (state !== 'over') discarding = remove();
    await discarding;
  }

  async function remove(): Promise<void> {
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

  /**
   * Fresh bytes always take the place of what stands under their digest: that may be damaged, and these are known to be
   * good. Whoever reads the old file goes on with it.
   */
  async function settle(sha256: string): Promise<void> {
    const blob = await prepare(sha256);
    const now = new Date();
    await health.step('touch', () => handle.utimes(now, now));
    await inTime(() => health.step('fsync', () => handle.sync()));
    await health.step('close', () => handle.close());
    await health.step('rename', () => files.rename(file, blob));
    state = 'over';
    await health.step('fsync', () => syncFolder(files, dirname(blob)));
  }

  return { file, write, keep, discard };
}
