import { stat } from 'node:fs/promises';
import { freeOn } from '../../blobs/files.ts';
import type { Config } from '../../config/schema.ts';
import { formatSize } from '../../config/sizes.ts';
import { type Finding, fine, problem } from './checks.ts';

export function nodeVersion(): Finding {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isOld = major < 22 || (major === 22 && minor < 16);
  return isOld
    ? problem('node', `Node.js ${node}`, 'Install Node.js 22.16 or later.')
    : fine('node', `Node.js ${node}`);
}

/** What others must not read: the ledger's key is in the database. */
export async function permissions(check: string, path: string): Promise<Finding> {
  const { mode } = await stat(path);
  const bits = (mode & 0o777).toString(8).padStart(4, '0');
  if (process.platform === 'win32' || (mode & 0o077) === 0) return fine(check, `${path} (${bits})`);
  return problem(check, `${path} is open to other users (${bits})`, `chmod go= ${path}`);
}

export async function freeDisk(check: string, folder: string, { limits }: Config): Promise<Finding> {
  const free = await freeOn(folder);
  const told = `${formatSize(free)} free at ${folder}`;
  return free < limits.reserve_bytes
    ? problem(
        check,
        `${told}, less than the reserve of ${formatSize(limits.reserve_bytes)}: uploads are refused`,
        'Make room, or lower limits.reserve_bytes.',
      )
    : fine(check, told);
}
