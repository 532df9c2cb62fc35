/** A write or fsync of the database failed, so what it holds of the last changes cannot be trusted: read-only until restarted. */
export class DatabaseSuspect extends Error {
  override name = 'DatabaseSuspect';
  constructor(cause: unknown) {
    super('the database is read-only since a failed write; check the device, then restart', { cause });
  }
}

/** Remembers that the device failed: a second fsync may succeed and say nothing of the pages that the first one lost. */
export interface Soundness {
  /** Runs one call of the driver, and notes where it says that bytes may be lost. */
  watch<T>(call: () => T): T;
  /** Notes what failed where nobody waits for it, if it says so. */
  note(error: unknown): void;
  assertSound(): void;
}

export function createSoundness(isLoss: (error: unknown) => boolean): Soundness {
  let failed: { cause: unknown } | undefined;
  function note(error: unknown): boolean {
    const lost = isLoss(error);
    if (lost) failed ??= { cause: error };
    return lost;
  }
  return {
    watch(call) {
      try {
        return call();
      } catch (error) {
        throw note(error) ? new DatabaseSuspect(error) : error;
      }
    },
    note,
    // A new error each time, so that its stack leads to this caller.
    assertSound() {
      if (failed) throw new DatabaseSuspect(failed.cause);
    },
  };
}
