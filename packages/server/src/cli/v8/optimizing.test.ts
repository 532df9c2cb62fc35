import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { expect, it } from 'vitest';
import { runInFreshNode } from '../../../test/support/fresh-node.ts';

const MODULE = new URL('./optimizing.ts', import.meta.url).href;
/** Says whether a function that has run hot is optimized by now. */
const SCRIPT = `
  import { setTimeout as sleep } from 'node:timers/promises';
  import { holdOptimizing, letOptimize } from '${MODULE}';
  const OPTIMIZED = 1 << 4;
  const isOptimized = async (mayWait) => {
    const hot = new Function('n', 'let sum = 0; for (let i = 0; i < n; i += 1) sum += (i * 7) % 13; return sum;');
    // It is compiled in a thread, which may have to wait for a core.
    for (let i = 0; i < (mayWait ? 2_000 : 100); i += 1) {
      hot(20_000);
      await sleep(1);
      if ((%GetOptimizationStatus(hot) & OPTIMIZED) !== 0) return true;
    }
    return false;
  };
  holdOptimizing();
  const held = await isOptimized(false);
  letOptimize();
  console.log(JSON.stringify({ held, let: await isOptimized(true) }));
`;
const WORK = `
  for (const end = process.cpuUsage().user + 1_500_000; process.cpuUsage().user < end; await sleep(1))
    for (let i = 0; i < 1_000_000; i += 1);
`;
const IN_TIME = SCRIPT.replace('letOptimize();', WORK);

it.each([
  ['let', SCRIPT],
  ['not let, but the start has a lot to do', IN_TIME],
])('nothing is optimized until it is %s', async (_, script) => {
  expect(await runInFreshNode(script, '--allow-natives-syntax')).toEqual({ held: false, let: true });
});

/** Without a compiler Node.js takes no types off. */
const PLAIN = `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(readFileSync(new URL(MODULE), 'utf8')))}`;
const TOLD = `
  import { holdOptimizing, letOptimize } from "${PLAIN}";
  const MAGLEVVED = 1 << 5;
  holdOptimizing();
  letOptimize();
  const hot = new Function('n', 'return (n * 7) % 13');
  let was = 0;
  for (let i = 0; i < 1_000_000; i += 1) {
    hot(i);
    if (i % 1_000 === 0) was |= %GetOptimizationStatus(hot);
  }
  console.log((was & MAGLEVVED) !== 0);
`;

it.each(['--jitless', '--no-maglev'])('what V8 was told at the start stays: %s', async (flag) => {
  expect(await runInFreshNode(TOLD, flag, '--allow-natives-syntax')).toBe(false);
});
