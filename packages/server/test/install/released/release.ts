import { join } from 'node:path';
import { cached, done, ROOT, run } from '../tools.ts';

/** The last commit whose newest migration is 0001-core. */
export const COMMIT = '4b52fc429bf6';

/** The data that it left behind, see make.ts. */
export const DATA = join(import.meta.dirname, 'schema-0001.tar.gz');

/** Whether this clone has the commit: one that is shallow, or made from an archive, does not. */
export const hasRelease = async () =>
  run('git', ['cat-file', '-e', `${COMMIT}^{commit}`], { cwd: ROOT }).then(
    ({ code }) => code === 0,
    () => false,
  );

/** The command line of that commit, run from its sources on the packages of this checkout. */
export async function releasedCli(): Promise<string> {
  const folder = await cached(`release-${COMMIT}`, async (fresh) => {
    const archive = join(fresh, 'release.tar');
    await done('git', ['archive', '--output', archive, COMMIT, 'packages/server'], { cwd: ROOT });
    await done('tar', ['-xf', archive, '-C', fresh]);
  });
  return join(folder, 'packages', 'server', 'src', 'cli', 'main.ts');
}
