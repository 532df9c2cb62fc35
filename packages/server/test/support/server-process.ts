import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../bin/assayer.js', import.meta.url));

/** A server in a process of its own, that can be killed. */
export interface ServerProcess {
  url: string;
  pid: number;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Asks it to stop, and answers its exit code. */
  stop(): Promise<number | null>;
  log(): string;
}

/**
 * Starts `assayer serve` with these arguments on a free port of the loopback. Rejects with what it printed where it does
 * not start, and where `killed` fires first.
 */
export async function startServer(
  args: string[],
  env: Record<string, string> = {},
  { node = process.execPath, cli = CLI, killed }: { node?: string; cli?: string; killed?: AbortSignal } = {},
): Promise<ServerProcess> {
  const child = spawn(node, [cli, 'serve', '--port', '0', '--log-level', 'warn', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killed?.addEventListener('abort', () => child.kill('SIGKILL'));
  let log = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      log = (log + chunk).slice(-100_000);
      const ready = /ready at (http:\/\/\S+)/.exec(log)?.[1];
      if (ready) resolve(ready);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  return {
    url,
    pid: child.pid as number,
    kill: () => end(child, 'SIGKILL').then(() => undefined),
    stop: () => end(child, 'SIGTERM'),
    log: () => log,
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
  return child.exitCode;
}
