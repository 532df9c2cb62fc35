/**
 * Makes the data that the upgrade is tested with: once for each release, by its own code, since no later code can. Needs
 * pg_dump, and TEST_POSTGRES_URL naming an empty database on a server of pg_dump's version.
 *
 *   node packages/server/test/install/released/make.ts
 */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../support/server-process.ts';
import { done } from '../tools.ts';
import { DATA, releasedCli } from './release.ts';

const url = process.env.TEST_POSTGRES_URL;
if (!url) throw new Error('TEST_POSTGRES_URL has to name an empty database');
const cli = await releasedCli();
const folder = await mkdtemp(join(tmpdir(), 'assayer-released-'));
/** The servers' clock begins with 2025: data of the future would be another test. */
const CLOCK = 'const { now } = Date, late = now() - Date.UTC(2025, 0, 1); Date.now = () => now() - late;';
/** A pickle of the number. */
const pickle = (n: number) => Buffer.from([0x80, 4, 0x4b, n, 0x2e]);

/** A little of everything that a ledger can tell of. */
async function live(server: string, state: string): Promise<void> {
  const assayer = (...args: string[]) =>
    done(process.execPath, [cli, ...args, '--server', server, '--actor', 'ada'], {
      cwd: folder,
      env: { XDG_STATE_HOME: state },
    });
  for (const n of [1, 2, 3, 4]) await writeFile(join(folder, `${n}.pkl`), pickle(n));
  await mkdir(join(folder, 'both'), { recursive: true });
  for (const n of [5, 6]) await writeFile(join(folder, 'both', `${n}.pkl`), pickle(n));

  const facts = ['--framework', 'sklearn', '--git-commit', 'a'.repeat(40), '--property', 'rows=120000'];
  await assayer('push', 'churn', '1.pkl', '--metric', 'auc=0.91', '--tag', 'team=growth', ...facts);
  await assayer('push', 'churn', '2.pkl', '--metric', 'auc=0.93', '--description', 'Gradient boosting, Grüße 模型');
  await assayer('push', 'churn', 'both', '--metric', 'auc=0.89');
  await assayer('tag', 'churn', 'team=growth', 'pii=none');
  for (const n of [1, 2]) {
    await assayer('promote', `churn/${n}`, 'staging');
    await assayer('promote', `churn/${n}`, 'production', '--reason', `better than ${n - 1}`);
  }
  await assayer('rollback', 'churn', '--reason', 'false alarms');
  await assayer('alias', 'set', 'churn/2', 'champion');
  await assayer('alias', 'set', 'churn/1', 'champion');
  await assayer('rm', 'churn/3', '--reason', 'leaked labels', '--yes');
  await assayer('push', 'fraud', '3.pkl', '--alias', 'live');
  await assayer('rename', 'fraud', 'Betrug 詐欺');
  await assayer('push', 'gone', '4.pkl');
  await assayer('rm', 'gone', '--reason', 'personal data', '--purge', '--yes');
  await assayer('push', 'away', '4.pkl');
  await assayer('rm', 'away', '--reason', 'replaced', '--yes');
  await assayer('push', 'open', '4.pkl', '--no-seal');
}

for (const [name, database] of Object.entries({ sqlite: [], postgres: ['--database', url] })) {
  const data = join(folder, name);
  const server = await startServer(
    ['--data', data, '--reserve-bytes', '0', '--trash-days', '36500', ...database],
    { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(CLOCK)}` },
    { node: process.execPath, cli },
  );
  await live(server.url, join(folder, 'state'));
  const checkpoint = await done(process.execPath, [cli, 'ledger', 'checkpoint', '--server', server.url]);
  await writeFile(join(data, 'checkpoint.txt'), checkpoint);
  await server.stop();
}
const dump = await done('pg_dump', ['--no-owner', '--no-privileges', '--inserts', url]);
// Lines that begin with a backslash are for psql alone.
await writeFile(join(folder, 'postgres', 'rows.sql'), dump.replaceAll(/^\\.*$/gm, ''));
await done('tar', ['-czf', DATA, '--owner=0', '--group=0', '-C', folder, 'sqlite', 'postgres']);
