import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Measured } from './from-run.ts';
import { createHold } from './hold-back.ts';

const ada = { actor: { name: 'ada', verified: false }, request_id: 'test' };
const version = { id: 1, digest: null };
const measured = (metrics: Record<string, number>, run_id = 'r', dataset = 'd'): Measured => ({
  run_id,
  model_id: undefined,
  isOfOther: false,
  evaluation: { dataset: { name: dataset, digest: '1' }, metrics },
});
const BUSY = new Error('busy');

/** A hold whose writes fail as long as there are errors. */
function holding(errors: Error[], until?: Promise<void>) {
  const written: unknown[] = [];
  const told: unknown[] = [];
  const tries = { count: 0 };
  const hold = createHold({
    async write(_, { evaluation }) {
      tries.count += 1;
      await until;
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
    tries,
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

  it('of a run that ends: what comes while it is being written is later', async () => {
    const writing = Promise.withResolvers<void>();
    const { take, hold, written } = holding([BUSY], writing.promise);
    take({ auc: 1 });
    take({ auc: 2, loss: 2 });
    const refused = expect(hold.flush('r')).rejects.toBe(BUSY);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(take({ auc: 3 })).toEqual([]);
    writing.resolve();
    await refused;
    await hold.flush('r');
    expect(written).toEqual([{ auc: 3, loss: 2 }]);
    expect(vi.getTimerCount()).toBe(0);
    expect(take({ auc: 4 })).toEqual([version]);
  });

  it('of a run that ends waits on, however often it was tried, where the end may be tried again', async () => {
    const { take, hold, written } = holding(Array.from({ length: 40 }, () => BUSY));
    take({ auc: 1 });
    take({ auc: 2 });
    for (let i = 0; i < 40; i += 1) await expect(hold.flush('r')).rejects.toBe(BUSY);
    await hold.flush('r');
    expect(written).toEqual([{ auc: 2 }]);
  });

  it('of a run that ends: what is lost is thrown before what may be tried again, and told', async () => {
    const broken = new Error('broken');
    const { take, hold, written, told } = holding([BUSY, broken]);
    for (const dataset of ['a', 'b']) for (const auc of [1, 2]) take({ auc }, 'r', dataset);
    await expect(hold.flush('r')).rejects.toBe(broken);
    expect(told).toEqual([broken]);
    await hold.flush('r');
    expect(written).toEqual([{ auc: 2 }]);
  });

  it('is tried twenty times from what came last', async () => {
    const { take, written } = holding(Array.from({ length: 25 }, () => BUSY));
    take({ auc: 1 });
    take({ auc: 2, loss: 2 });
    await vi.advanceTimersByTimeAsync(15 * 60_000);
    take({ auc: 3 });
    await vi.advanceTimersByTimeAsync(15 * 60_000);
    expect(written).toEqual([{ auc: 3, loss: 2 }]);
  });

  it('is written by a stop, many at a time, each whether or not another fails, and what is lost is told', async () => {
    const broken = new Error('broken');
    const writing = Promise.withResolvers<void>();
    const { take, hold, written, told, tries } = holding([broken], writing.promise);
    for (let run = 0; run < 100; run += 1) for (const auc of [1, 2]) take({ auc }, `${run}`);
    const closed = hold.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(tries.count).toBe(64);
    writing.resolve();
    await closed;
    expect([written.length, told]).toEqual([99, [broken]]);
    expect(vi.getTimerCount()).toBe(0);
    expect(take({ auc: 3 }, 'd')).toEqual([version]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not tried on by a stop once the database is away: what is lost is told once, with how much it is', async () => {
    const { take, hold, written, told, tries } = holding(Array.from({ length: 1_000 }, () => BUSY));
    for (let run = 0; run < 200; run += 1) for (const auc of [1, 2]) take({ auc }, `${run}`);
    take({ auc: 1 }, 'of which nothing waits');
    await hold.close();
    expect(written).toEqual([]);
    expect(tries.count).toBeLessThanOrEqual(64);
    expect(told).toEqual([new Error('The stop left 200 evaluations unrecorded.', { cause: BUSY })]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
