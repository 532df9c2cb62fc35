import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { flagOf, LEAVES } from '../../src/config/leaves.ts';
import { done, MAIN, makePlace, run } from './support.ts';

const place = await makePlace();
afterAll(() => place[Symbol.asyncDispose]());

const parts = [
  ...COMMANDS.map(({ name }) => [name]),
  ...['set', 'rm', 'ls'].map((name) => ['alias', name]),
  ...['add', 'ls'].map((name) => ['evaluations', name]),
  ...['show', 'set', 'clear', 'history'].map((name) => ['policy', name]),
  ...['ls', 'show', 'approve', 'reject', 'cancel'].map((name) => ['promotions', name]),
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

  it('offers the statuses where one is asked for', async () => {
    expect(await done(place, 'complete', '--', 'promote', 'churn/1', '')).toMatch(/^staging\t.*^production\t/ms);
    expect(await done(place, 'complete', '--', 'rollback', 'churn', '--status', 'p')).toMatch(/^production\t/m);
  });

  const bash = spawnSync('bash', ['--version']).status === 0;
  it.runIf(bash)('works in a bash that has nothing else, and can be read twice', async () => {
    const script = join(place.folder, 'completion.bash');
    await writeFile(script, await done(place, 'completion', 'bash'));
    const assayer = join(place.folder, 'assayer');
    await writeFile(assayer, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 });
    const complete = (...words: string[]) => {
      const listed = [assayer, ...words].map((word) => `'${word}'`).join(' ');
      const lines = [
        `source ${script}; source ${script}`,
        `COMP_WORDS=(${listed}); COMP_CWORD=${words.length}; __assayer_complete`,
        `printf '%s\\n' "\${COMPREPLY[@]}"`,
      ];
      const { stdout, stderr } = spawnSync('bash', ['--norc', '--noprofile', '-c', lines.join('\n')], {
        env: place.env,
      });
      expect(String(stderr)).toBe('');
      return String(stdout).trimEnd().split('\n');
    };
    expect(complete('pu')).toEqual(['push', 'pull']);
    expect(complete('ledger', '')).toEqual(['verify', 'export', 'checkpoint', 'log', 'help']);
    expect(complete('promote', 'churn/1', '')).toEqual(['draft', 'staging', 'production', 'archived']);
    expect(complete('promote', 'churn/1', 'st')).toEqual(['staging']);
    expect(complete('push', '--met')).toEqual(['--metric']);
    expect(complete('push', 'churn', '--metric', 'auc', '=', '1', '--promo')).toEqual(['--promote']);
    expect(complete('rollback', '--status', 'sta')).toEqual(['staging']);
    // Nothing that was typed is run.
    expect(complete('show', '$(touch ran)')).toEqual(['']);
    expect(existsSync('ran') || existsSync(join(place.folder, 'ran'))).toBe(false);
  });
});
