import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startClock } from './clock.ts';

function work(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

/** So many that have worked, and now wait for their turn. */
function waiters(count: number, goOn: () => void = () => {}): Promise<unknown> {
  const clocks = Array.from({ length: count }, () => startClock('sqlite'));
  void clocks[0]?.rest();
  work(5);
  return Promise.all(clocks.map((clock) => clock.rest().then(goOn)));
}

it('R5 one of all that wait goes on in each turn of the event loop', async () => {
  let turn = 0;
  const turns: number[] = [];
  const all = waiters(50, () => turns.push(turn));
  const counting = (async () => {
    for (; turns.length < 50; turn += 1) await setImmediate();
  })();
  await Promise.all([all, counting]);
  expect(new Set(turns).size).toBe(50);
});

it('R8 the more there are that wait, the sooner a page ends; what cannot end early is refused', async () => {
  const late = () => new Error('late');
  const one = startClock('sqlite');
  const all = waiters(3_000);
  work(15);
  expect(one.isOver()).toBe(true);
  expect(() => one.assertInTime(late)).toThrow(expect.objectContaining({ kind: 'overloaded' }));
  await all;
  const alone = startClock('sqlite');
  work(15);
  expect(alone.isOver()).toBe(false);
  expect(() => alone.assertInTime(late)).not.toThrow();
  expect(() => startClock('sqlite', 0).assertInTime(late)).toThrow('late');
});
