import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startChores } from './chores.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('chores', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  type Chore = (signal: AbortSignal) => Promise<unknown>;
  const nothing: Chore = async () => {};
  const untilStopped: Chore = (signal) => new Promise((resolve) => signal.addEventListener('abort', resolve));

  function start(everyDay: Chore, everyHour = nothing) {
    const done = { minutes: 0, counts: 0, finishes: 0, hours: 0, days: 0 };
    const failures: unknown[] = [];
    const chores = {
      everyMinute: async () => {
        done.minutes += 1;
      },
      count: async () => {
        done.counts += 1;
      },
      finish: async () => {
        done.finishes += 1;
      },
      everyHour: (signal: AbortSignal) => {
        done.hours += 1;
        return everyHour(signal);
      },
      everyDay: (signal: AbortSignal) => {
        done.days += 1;
        return everyDay(signal);
      },
    };
    const stop = startChores(chores, (error) => failures.push(error));
    return { done, failures, stop };
  }

  it('the daily one comes an hour after the start, and then every day', async () => {
    const { done, stop } = start(nothing);
    await vi.advanceTimersByTimeAsync(HOUR - 1);
    expect(done).toEqual({ minutes: 59, counts: 60, finishes: 59, hours: 1, days: 0 });
    await vi.advanceTimersByTimeAsync(1);
    expect(done.days).toBe(1);
    await vi.advanceTimersByTimeAsync(24 * HOUR);
    expect(done).toMatchObject({ hours: 26, days: 2 });
    await stop();
  });

  it('a daily one that takes long keeps nobody waiting, and ends at the stop', async () => {
    const { done, stop } = start(untilStopped);
    await vi.advanceTimersByTimeAsync(3 * HOUR);
    expect(done).toEqual({ minutes: 180, counts: 181, finishes: 180, hours: 4, days: 1 });
    await stop();
    expect(done.minutes).toBe(181);
    await vi.advanceTimersByTimeAsync(3 * HOUR);
    expect(done.minutes).toBe(181);
  });

  it('an hourly one that takes long keeps no minute waiting, and ends at the stop', async () => {
    const { done, stop } = start(nothing, untilStopped);
    await vi.advanceTimersByTimeAsync(2 * HOUR);
    expect(done).toMatchObject({ minutes: 120, counts: 121, finishes: 0, hours: 1 });
    await stop();
    expect(done.minutes).toBe(121);
  });

  it('one that fails is told, and does not keep the others from running', async () => {
    const { done, failures, stop } = start(
      () => Promise.reject(new Error('a test')),
      () => Promise.reject(new Error('a test')),
    );
    await vi.advanceTimersByTimeAsync(25 * HOUR);
    expect(done).toEqual({ minutes: 1500, counts: 1501, finishes: 1500, hours: 26, days: 2 });
    expect(failures).toHaveLength(28);
    await stop();
  });
});
