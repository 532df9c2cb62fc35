import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MODULE = new URL('./optimizing.ts', import.meta.url).href;
/** Says whether a function that has run hot is optimized by now. */
const SCRIPT = `
  import { setTimeout as sleep } from 'node:timers/promises';
  import { holdOptimizing, letOptimize } from '${MODULE}';
  const OPTIMIZED = 1 << 4;
  const isOptimized = async () => {
    const hot = new Function('n', 'let sum = 0; for (let i = 0; i < n; i += 1) sum += (i * 7) % 13; return sum;');
    for (let i = 0; i < 100; i += 1) {
      hot(20_000);
      await sleep(1);
    }
    return (%GetOptimizationStatus(hot) & OPTIMIZED) !== 0;
  };
  holdOptimizing();
  const held = await isOptimized();
  letOptimize();
  console.log(JSON.stringify({ held, let: await isOptimized() }));
`;
const IN_TIME = SCRIPT.replace('letOptimize();', 'await sleep(1_100);');

it.each([
  ['let', SCRIPT],
  ['not let, but time goes by', IN_TIME],
])('nothing is optimized until it is %s', async (_, script) => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--allow-natives-syntax', '--no-warnings', '--input-type=module', '--eval', script],
  ]);
  expect(JSON.parse(stdout)).toEqual({ held: false, let: true });
});
