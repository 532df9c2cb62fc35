import { expect, it } from 'vitest';
import { runInFreshNode } from '../../../test/support/fresh-node.ts';

const MODULE = new URL('./young-generation.ts', import.meta.url).href;
const SCRIPT = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { letYoungGenerationGrow } from '${MODULE}';
  const size = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 2 ** 20;
  letYoungGenerationGrow();
  let most = 0;
  const work = async () => {
    let kept = [];
    for (let round = 0; round < 60; round += 1) {
      for (let i = 0; i < 20_000; i += 1) kept.push({ i, more: [i] });
      if (kept.length > 100_000) kept = [];
      most = Math.max(most, size());
      await sleep(10);
    }
    return size();
  };
  const first = await work();
  for (let i = 0; i < 200 && size() >= first; i += 1) {
    gc({ type: i % 2 ? 'minor' : 'major' });
    await sleep(100);
  }
  const rested = size();
  await sleep(200);
  console.log(JSON.stringify({ first, rested, again: await work(), most }));
`;

// V8 makes it smaller when it has seen for a while that little is allocated.
it('lets the young generation grow up to a bound, and again after a rest', async () => {
  const { first, rested, again, most } = (await runInFreshNode(SCRIPT, '--expose-gc')) as Record<
    'first' | 'rested' | 'again' | 'most',
    number
  >;
  expect(first).toBeGreaterThanOrEqual(16);
  expect(rested).toBeLessThan(first);
  expect(again).toBeGreaterThanOrEqual(16);
  // V8 by itself would go up to 128.
  expect(most).toBeLessThanOrEqual(64);
});
