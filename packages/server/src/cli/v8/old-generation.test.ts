import { expect, it } from 'vitest';
import { runInFreshNode } from '../../../test/support/fresh-node.ts';

const MODULE = new URL('./old-generation.ts', import.meta.url).href;
const SCRIPT = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { collectOldGenerationSooner } from '${MODULE}';
  const size = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size / 2 ** 20;
  const fill = (mib) => Array.from({ length: mib * 8_000 }, (_, i) => ({ i, more: [i] }));
  collectOldGenerationSooner();
  const inUse = fill(32);
  gc();
  const used = size();
  let most = 0;
  for (let round = 0; round < 150; round += 1) {
    let passing = fill(2);
    gc({ type: 'minor' });
    gc({ type: 'minor' });
    passing = undefined;
    most = Math.max(most, size());
    await sleep(2);
  }
  while (size() < 8 * used) inUse.push(...fill(4));
  console.log(JSON.stringify({ used, most }));
`;

it('collects the old generation before it is mostly garbage, and lets it hold whatever is in use', async () => {
  const { used, most } = (await runInFreshNode(SCRIPT, '--expose-gc')) as Record<'used' | 'most', number>;
  expect(used).toBeGreaterThan(20);
  // V8 by itself would go up to five times as much.
  expect(most).toBeLessThan(3.5 * used);
});
