import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { assertClient, CLIENTS, type Client, run } from './clients.ts';

const LOSS = fileURLToPath(new URL('loss.py', import.meta.url));
const TEST_MS = 420_000;
const FIRST = { alias: 'first', number: 'first', stage: 'first' };
const SECOND = { alias: 'second', number: 'second', stage: 'second' };

const undo: (() => Promise<unknown>)[] = [];
beforeAll(() => Promise.all(CLIENTS.map(assertClient)), TEST_MS);
afterAll(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

it.each(CLIENTS)(
  'the loss: Assayer gives the first bytes after overwriting, deleting and purging, to mlflow $version',
  async (client) => {
    const server = await startServer(['--data', await folder()]);
    undo.push(() => server.stop());
    const kept = { registered: FIRST, overwritten: FIRST, purged: FIRST };
    expect(await lossOf(client, ['--server', server.url])).toEqual(
      client.major >= 3 ? { run: kept, 'logged model': kept } : { run: kept },
    );
  },
  TEST_MS,
);

it(
  "the loss: MLflow's own server gives others, and then none",
  async () => {
    const client = CLIENTS[0] as Client;
    const data = await folder();
    const store = [`sqlite:///${join(data, 'mlflow.db')}`, join(data, 'artifacts')] as const;
    const url = await mlflowServer(client, ...store);
    const found = await lossOf(client, ['--server', url, '--backend', store[0], '--artifacts', store[1]]);
    for (const what of ['run', 'logged model']) {
      expect(found[what], what).toMatchObject({ registered: FIRST, overwritten: SECOND });
      for (const how of ['alias', 'number', 'stage'])
        expect(found[what]?.purged?.[how], `${what} by ${how}`).toMatch(/^\w+(Exception|Error): /);
    }
  },
  TEST_MS,
);

/** By how the model was logged, and then after which step: what each way of loading gave. */
async function lossOf(client: Client, args: string[]): Promise<Record<string, Record<string, Record<string, string>>>> {
  const { code, out, err } = await run(client, [LOSS, ...args], {}, TEST_MS);
  expect(code, err.slice(-3000)).toBe(0);
  return JSON.parse(out.trim().split('\n').at(-1) as string);
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'assayer-loss-'));
  undo.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** MLflow's own server on a free port, with one worker. */
async function mlflowServer({ python }: Client, backend: string, artifacts: string): Promise<string> {
  const port = await freePort();
  const where = ['--backend-store-uri', backend, '--artifacts-destination', artifacts, '--serve-artifacts'];
  const child = spawn(
    python,
    ['-m', 'mlflow', 'server', ...where, '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
    { env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      log = (log + chunk).slice(-10_000);
    });
  undo.push(() => endGroup(child));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 240; tries++) {
    if (child.exitCode !== null) break;
    const healthy = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return url;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`mlflow server did not start: ${log}`);
}

/** Its workers are processes of its group. */
async function endGroup(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    return; // it ended by itself
  }
  if (child.exitCode === null && child.signalCode === null) await exit;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
