import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Runs tests of this text as the build does; answers how it ended, and its last line. */
async function runOf(text: string, env: Record<string, string>): Promise<[code: number | null, line: string]> {
  const folder = await mkdtemp(join(tmpdir(), 'assayer-skipped-'));
  await writeFile(join(folder, 'a.test.ts'), text);
  const args = ['run', '--globals', `--root=${folder}`, `--reporter=${ROOT}scripts/closing-line.ts`];
  const inherited = Object.entries(process.env).filter(([name]) => !/^(CI|VITEST.*|NODE_OPTIONS)$/.test(name));
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), ...env },
    encoding: 'utf8',
  });
  await rm(folder, { recursive: true });
  return [status, stdout.trim().split('\n').at(-1) ?? ''];
}

const SKIPPED = `it('one', () => {}); it.skipIf(true)('two (needs gcc)', () => {});`;
const MAY_BE = `it('one', () => {}); it.skipIf(true)('D6 two (needs root)', () => {});`;

it.each([
  ['in CI a skipped test is a failure', SKIPPED, { CI: '1' }, [1, '1 passed, 1 failed']],
  ['elsewhere it is told', SKIPPED, {}, [0, '1 passed, 0 failed, 1 skipped']],
  ['one whose reason is accepted is told in CI', MAY_BE, { CI: '1' }, [0, '1 passed, 0 failed, 1 skipped']],
])('%s', async (_what, text, env: Record<string, string>, ended) => {
  expect(await runOf(text, env)).toEqual(ended);
});
