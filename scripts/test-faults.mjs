// The whole of the fault tests: kills, failing calls, races, clocks, damage, as many rounds as docs/reliability.md tells.
// `npm test` runs a small share of the same files. Hours on a small machine: `--share 0.1` runs a tenth of each.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['packages/server/test/faults', 'packages/server/src/blobs/local-faults.test.ts'];

const { values, positionals } = parseArgs({
  options: { share: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const share = Number(values.share);
if (!(share > 0 && share <= 1)) {
  process.stderr.write('usage: npm run test:faults -- [--share 0.1] [part of a file name …]\n');
  process.exit(2);
}
const only = positionals.length > 0 ? positionals : FOLDERS;
const { status } = spawnSync(
  join(ROOT, 'node_modules/.bin/vitest'),
  ['run', '--project=core', '--reporter=verbose', '--reporter=./scripts/closing-line.ts', ...only],
  {
    cwd: ROOT,
    env: { ...process.env, FAULTS_SHARE: String(share) },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  },
);
process.exit(status ?? 1);
