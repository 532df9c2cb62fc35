import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { standIn } from './stand-in.ts';
import { done, type Ran, run } from './tools.ts';

/** The image that `docker/Dockerfile` begins with. */
const BASE = 'docker.io/library/node:24-bookworm-slim';

/** Docker or Podman: both take the same commands. */
export interface Engine {
  readonly name: string;
  /** Where the base image comes from. */
  readonly base: string;
  /** Makes the base image, where it does not come from a registry. */
  prepare(): Promise<void>;
  build(context: string, ...flags: string[]): Promise<void>;
  /** Runs a command of the engine, whatever it comes to. */
  ask(...args: string[]): Promise<Ran>;
  /** The same, for what must be done. */
  do(...args: string[]): Promise<string>;
  /** Flags of `run` under which the container answers at this port of the loopback. */
  at(port: number): string[];
  close(): Promise<void>;
}

/** What this machine has, or in words why it has none. */
export async function findEngine(): Promise<Engine | string> {
  if (await works('docker', 'version')) return docker();
  if (await works('podman', '--version')) return podman();
  return 'there is neither a running Docker nor Podman';
}

/** Whether there is such a program, and it ends with 0. */
const works = (command: string, ...args: string[]) =>
  run(command, args).then(
    ({ code }) => code === 0,
    () => false,
  );

function commands(command: string, common: readonly string[], building: readonly string[]) {
  return {
    ask: (...args: string[]) => run(command, [...common, ...args]),
    do: (...args: string[]) => done(command, [...common, ...args]),
    build: async (context: string, ...flags: string[]) =>
      void (await done(command, [...common, 'build', ...building, ...flags, context])),
  };
}

async function docker(): Promise<Engine | string> {
  const engine = commands('docker', [], []);
  const pulled = await engine.ask('pull', '--quiet', BASE);
  if (pulled.code !== 0) return `Docker cannot pull ${BASE}`;
  return {
    ...engine,
    name: 'Docker',
    base: 'a registry',
    prepare: async () => {},
    at: (port) => ['--publish', `127.0.0.1:${port}:5050`],
    close: async () => {},
  };
}

/**
 * Podman with a storage of its own, so that a base image made here is never taken for the true one. The host's network
 * and a plain cgroup manager are what works inside of most virtual machines, too.
 */
async function podman(): Promise<Engine | string> {
  const storage = await mkdtemp(join(tmpdir(), 'assayer-image-'));
  const common = ['--root', join(storage, 'root'), '--runroot', join(storage, 'run'), '--cgroup-manager', 'cgroupfs'];
  if (await works('runc', '--version')) common.push('--runtime', 'runc');
  const engine = commands('podman', common, ['--isolation', 'chroot', '--network', 'host', '--format', 'docker']);
  const close = async () => {
    await engine.ask('umount', '--all', '--force');
    await rm(storage, { recursive: true });
  };
  const pulled = await engine.ask('pull', '--quiet', BASE);
  if (pulled.code !== 0) {
    const missing = process.getuid?.() !== 0 ? 'root' : (await works('debootstrap', '--version')) ? '' : 'debootstrap';
    if (missing) {
      await close();
      return `Podman cannot pull ${BASE}, and a stand-in for it needs ${missing}`;
    }
  }
  return {
    ...engine,
    name: 'Podman',
    base: pulled.code === 0 ? 'a registry' : 'debootstrap and npm',
    prepare: async () => {
      if (pulled.code !== 0) await engine.build(await standIn(), '--tag', BASE);
    },
    at: (port) => [
      ...['--network', 'host', '--env', `ASSAYER_PORT=${port}`, '--no-healthcheck', '--read-only-tmpfs=false'],
      ...['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=1000:1000'],
    ],
    close,
  };
}
