import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Place {
  folder: string;
  env: Record<string, string>;
}

/** A folder of its own, where no setting of this machine reaches. */
export async function makePlace(): Promise<Place & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'assayer-cli-'));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ASSAYER_'));
  const env = { ...Object.fromEntries(inherited), NO_COLOR: '1', XDG_STATE_HOME: join(folder, 'state') };
  return {
    folder,
    env: env as Record<string, string>,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Starts a command; `ended` resolves with what it wrote. */
export function start({ folder, env }: Place, args: readonly string[]): { child: ChildProcess; ended: Promise<Ran> } {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ran: Ran = { code: null, stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    ran.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    ran.stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ ...ran, code: code as number | null }));
  return { child, ended };
}

export const run = (place: Place, ...args: string[]): Promise<Ran> => start(place, args).ended;

/** A command that is expected to be done. */
export async function done(place: Place, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(place, ...args);
  if (code !== 0) throw new Error(`assayer ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

export const jsonOf = async (place: Place, ...args: string[]) => JSON.parse(await done(place, ...args, '--json'));

export interface Served {
  url: string;
  stdout: () => string;
  stderr: () => string;
  child: ChildProcess;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A real server on a free port; the commands that are run in this place talk to it. */
export async function serve(place: Place, ...args: string[]): Promise<Served> {
  const env = { ...place.env, ASSAYER_PORT: '0', ASSAYER_LIMITS__RESERVE_BYTES: '0', ASSAYER_LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, [MAIN, 'serve', ...args], { cwd: place.folder, env });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const ready = /^Assayer is ready at (\S+)$/m.exec(stdout);
      if (ready) resolve(ready[1] as string);
    });
    child.once('close', (code) => reject(new Error(`the server ended with ${code}: ${stderr}`)));
  });
  place.env.ASSAYER_SERVER = url;
  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (child.exitCode !== null) return child.exitCode;
    child.kill(signal);
    const [code] = await once(child, 'close');
    return code as number | null;
  }
  return { url, stdout: () => stdout, stderr: () => stderr, child, stop };
}

export interface Pipe {
  url: string;
  /** Bytes that went to the server, and back. */
  up: number;
  down: number;
  /** Holds everything back beyond so many bytes. */
  stallAfter: { up?: number; down?: number };
  /** Breaks this many connections, each once it carried so many bytes. */
  breakAfter: { bytes: number; times: number };
  close(): void;
}

/** A pipe before the server, which can be blocked and broken. */
export async function openPipe(target: string): Promise<Pipe> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const pipe: Pipe = { url: '', up: 0, down: 0, stallAfter: {}, breakAfter: { bytes: 0, times: 0 }, close };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let carried = 0;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    const carry = (from: Socket, to: Socket, way: 'up' | 'down') => {
      from.on('data', (chunk: Buffer) => {
        pipe[way] += chunk.length;
        carried += chunk.length;
        if (pipe.breakAfter.times > 0 && carried > pipe.breakAfter.bytes) {
          pipe.breakAfter.times -= 1;
          client.resetAndDestroy();
          upstream.destroy();
          return;
        }
        if (pipe[way] > (pipe.stallAfter[way] ?? Number.POSITIVE_INFINITY)) from.pause();
        else if (!to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    };
    carry(client, upstream, 'up');
    carry(upstream, client, 'down');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as { port: number };
  pipe.url = `http://127.0.0.1:${address.port}`;
  function close() {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
  return pipe;
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it never came about');
}
