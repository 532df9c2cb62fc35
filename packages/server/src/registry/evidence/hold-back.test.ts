import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Measured } from './from-run.ts';
import { createHold } from './hold-back.ts';

const ada = { actor: { name: 'ada', verified: false }, request_id: 'test' };
const version = { id: 1, digest: null };
const measured = (metrics: Record<string, number>, run_id = 'r'): Measured => ({
  run_id,
  model_id: undefined,
  isOfOther: false,
  evaluation: { dataset: { name: 'd', digest: '1' }, metrics },
});
const BUSY = new Error('busy');

/** A hold whose writes fail as long as there are errors. */
function holding(errors: Error[]) {
  const written: unknown[] = [];
  const told: unknown[] = [];
  const hold = createHold({
    async write(_, { evaluation }) {
      const error = errors.shift();
      if (error) throw error;
      written.push(evaluation.metrics);
    },
    isPassing: (error) => error === BUSY,
    onFailed: (error) => told.push(error),
  });
  return {
    written,
    told,
    hold,
    take: (...of: Parameters<typeof measured>) => hold.take(ada, measured(...of), [version]),
  };
}

describe('what waits to be recorded', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is written after a while, together', async () => {
    const { take, written } = holding([]);
    expect(take({ auc: 1 })).toEqual([version]);
    expect(take({ auc: 2 })).toEqual([]);
    take({ auc: 3, loss: 1 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(written).toEqual([{ auc: 3, loss: 1 }]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(written).toHaveLength(1);
    expect(take({ auc: 4 })).toEqual([version]);
  });

  it('is tried again where the database is busy, joined with what came meanwhile, and each failure is told', async () => {
    const { take, written, told } = holding([BUSY, BUSY]);
    take({ auc: 1 });
    take({ auc: 2, loss: 2 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect([written, told]).toEqual([[], [BUSY]]);
    take({ auc: 3 });
    await vi.advanceTimersByTimeAsync(20_000);
    expect([written, told]).toEqual([[], [BUSY, BUSY]]);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(written).toEqual([{ auc: 3, loss: 2 }]);
  });

  it('is given up after twenty tries, and at once where trying again would not help', async () => {
    const { take, written, told } = holding(Array.from({ length: 30 }, () => BUSY));
    take({ auc: 1 });
    take({ auc: 2 });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([written, told.length]).toEqual([[], 20]);
    const broken = new Error('broken');
    const other = holding([broken]);
    other.take({ auc: 1 });
    other.take({ auc: 2 });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([other.written, other.told]).toEqual([[], [broken]]);
  });

  it('of a run that ends waits on where it cannot be written, and the end is refused', async () => {
    const { take, hold, written, told } = holding([BUSY]);
    take({ auc: 1 });
    take({ auc: 2 });
    take({ auc: 1 }, 'other');
    take({ auc: 9 }, 'other');
    await expect(hold.flush('r')).rejects.toBe(BUSY);
    expect([written, told]).toEqual([[], []]);
    await hold.flush('r');
    expect(written).toEqual([{ auc: 2 }]);
    await hold.flush('r');
    expect(written).toHaveLength(1);
  });

  it('is written by a stop, each whether or not another fails, and what is lost is told', async () => {
    const { take, hold, written, told } = holding([BUSY]);
    for (const run of ['a', 'b', 'c']) {
      take({ auc: 1 }, run);
      take({ auc: 2 }, run);
    }
    await hold.close();
    expect([written, told]).toEqual([[{ auc: 2 }, { auc: 2 }], [BUSY]]);
    expect(vi.getTimerCount()).toBe(0);
    expect(take({ auc: 3 }, 'd')).toEqual([version]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
