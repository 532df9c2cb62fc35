import { codeOf, DiskFull, StoreSuspect, StoreUnwritable } from './errors.ts';

type Step = 'open' | 'mkdir' | 'rename' | 'remove' | 'touch' | 'write' | 'fsync' | 'close';

/**
 * Remembers that the device failed. A failed fsync may have dropped the dirty pages, so that the next one succeeds and
 * says nothing about them (PostgreSQL's "fsyncgate"): nothing is retried, and every further change is refused.
 */
export interface Health {
  /** Runs one step of a change; translates its failure, and turns the store read-only where bytes may be lost. */
  step<T>(step: Step, run: () => Promise<T>): Promise<T>;
  assertSound(): void;
}

export function createHealth(): Health {
  let failed: { during: Step; cause: unknown } | undefined;
  function assertSound() {
    // A new error each time, so that its stack leads to this caller.
    if (failed) throw new StoreSuspect(failed.during, failed.cause);
  }
  return {
    assertSound,
    async step(step, run) {
      assertSound();
      try {
        return await run();
      } catch (cause) {
        const translated = translate(step, cause);
        if (translated instanceof StoreSuspect) failed ??= { during: step, cause };
        throw translated;
      }
    },
  };
}

function translate(step: Step, err: unknown) {
  const code = codeOf(err);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  // fsync and close may report a full disk for bytes that write had accepted: those are lost, unlike after a refused write.
  const tooLate = step === 'fsync' || step === 'close';
  if (full && !tooLate) return new DiskFull(undefined, { cause: err });
  if (tooLate || step === 'write' || code === 'EIO') return new StoreSuspect(step, err);
  return new StoreUnwritable(step, err);
}
