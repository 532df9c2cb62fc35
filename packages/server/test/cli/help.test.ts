import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { flagOf, LEAVES } from '../../src/config/leaves.ts';
import { done, makePlace, run } from './support.ts';

const place = await makePlace();
afterAll(() => place[Symbol.asyncDispose]());

const parts = [
  ...COMMANDS.map(({ name }) => [name]),
  ...['set', 'rm', 'ls'].map((name) => ['alias', name]),
  ...['verify', 'export', 'checkpoint', 'log'].map((name) => ['ledger', name]),
  ['completion'],
];

describe('help', () => {
  it('names every command', async () => {
    const help = await done(place, '--help');
    for (const { name, summary } of COMMANDS) expect(help).toContain(`${name}`.padEnd(8) && summary);
    expect(await done(place, '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each(parts)('%s %s has an example', async (...path) => {
    const words = path.filter((word) => word !== undefined);
    expect(await done(place, ...words, '--help')).toMatch(new RegExp(`Examples:\\n.*assayer ${words.join(' ')}`, 's'));
  });

  it('serve has a flag for every setting', async () => {
    const help = await done(place, 'serve', '--help');
    for (const leaf of LEAVES) expect(help).toContain(flagOf(leaf));
  });

  it('misuse ends with 2 and a hint', async () => {
    for (const args of [['nonsense'], ['push'], ['show', '--nonsense', 'x'], ['alias', 'nonsense']]) {
      const { code, stderr } = await run(place, ...args);
      expect([args, code]).toEqual([args, 2]);
      expect(stderr).toContain('--help');
    }
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script for %s', async (shell) => {
    expect(await done(place, 'completion', shell)).toContain('assayer');
  });

  it('completes commands and options', async () => {
    expect(await done(place, 'complete', '--', 'pu')).toMatch(/^push\t.*^pull\t/ms);
    expect(await done(place, 'complete', '--', 'ledger', '')).toMatch(/^verify\t/m);
    expect(await done(place, 'complete', '--', 'push', '--me')).toMatch(/^--metric/m);
  });
});
