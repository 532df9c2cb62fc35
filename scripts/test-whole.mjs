// The whole of the suites of which `npm test` runs a small share: hours on a small machine. `--share 0.1` runs a tenth.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Where the tests of a suite are, and what tells them how much to do; docs/reliability.md has the figures. */
const SUITES = {
  // kills, failing calls, races, clocks, damage
  faults: {
    files: ['packages/server/test/faults', 'packages/server/src/blobs/local-faults.test.ts'],
    env: (share) => ({ FAULTS_SHARE: String(share) }),
  },
  // requests made from openapi.json, raw requests, slow clients, an hour of mixed load, calls against the policy
  hostile: {
    files: ['packages/server/test/hostile'],
    env: (share) => ({
      SCHEMATHESIS_CASES: String(Math.ceil(100_000 * share)),
      FUZZ_CASES: String(Math.ceil(1_000_000 * share)),
      SOAK_MINUTES: String(60 * share),
      PROMOTION_SEQUENCES: String(Math.ceil(10_000 * share)),
    }),
  },
};

const { values, positionals } = parseArgs({
  options: { share: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const [suite, ...only] = positionals;
const share = Number(values.share);
if (!Object.hasOwn(SUITES, suite ?? '') || !(share > 0 && share <= 1)) {
  const names = Object.keys(SUITES).join('|');
  process.stderr.write(`usage: npm run test:${names} -- [--share 0.1] [part of a file name …]\n`);
  process.exit(2);
}
const { files, env } = SUITES[suite];
const { status } = spawnSync(
  join(ROOT, 'node_modules/.bin/vitest'),
  [
    'run',
    '--project=core',
    '--reporter=verbose',
    '--reporter=./scripts/closing-line.ts',
    ...(only.length > 0 ? only : files),
  ],
  {
    cwd: ROOT,
    env: { ...process.env, ...env(share) },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  },
);
process.exit(status ?? 1);
