import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { postgresDatabase } from '../support/databases.ts';
import { startServer } from '../support/server-process.ts';
import { seed } from './seed.ts';

/** About how many requests are made on each database. CI makes a share; `SCHEMATHESIS_CASES=100000` is the whole. */
const CASES = Number(process.env.SCHEMATHESIS_CASES ?? 3_000);
const SEED = Number(process.env.SCHEMATHESIS_SEED ?? 1);

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const VENV = join(ROOT, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const PYTHON = process.env.ASSAYER_PYTHON || VENV;
const CONFIG = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
const HOUR_MS = 3_600_000;

const { paths } = JSON.parse(readFileSync(join(ROOT, 'packages/server/openapi.json'), 'utf8')) as {
  paths: Record<string, object>;
};
const OPERATIONS = Object.values(paths)
  .flatMap(Object.keys)
  .filter((key) => /^(get|put|post|delete|patch|head)$/.test(key)).length;

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'assayer-schemathesis-'));
  undo.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function serve(database?: string): Promise<{ url: string; log(): string }> {
  const data = await folder();
  const server = await startServer(['--data', data, ...(database ? ['--database', database] : [])]);
  undo.push(async () => expect(await server.stop()).toBe(0));
  await seed(server.url);
  return server;
}

/** Runs schemathesis over every operation but the stream of events, which has no end. Resolves with all that it said. */
async function schemathesis(server: string, cases: number): Promise<{ code: number | null; said: string }> {
  // The coverage of all schemas and the walks along links are some 7,000 requests; the rest is dealt out to operations.
  const perOperation = Math.max(1, Math.round((cases - 7_000) / OPERATIONS));
  const child = spawn(
    PYTHON,
    [
      ...['-m', 'schemathesis.cli', '--config-file', CONFIG, 'run', `${server}/openapi.json`],
      ...['--exclude-operation-id', 'streamEvents', '--continue-on-failure', '--no-color', '--request-timeout', '60'],
      ...['--max-examples', String(perOperation), '--seed', String(SEED)],
    ],
    { cwd: await folder(), env: { ...process.env, PYTHONUTF8: '1', COLUMNS: '200' } },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, said };
}

for (const database of ['sqlite', 'postgres'])
  it(
    `R1 whatever openapi.json allows or forbids is answered as it says, and never with a 5xx, on ${database}`,
    async () => {
      const postgres = database === 'postgres' ? await postgresDatabase() : undefined;
      if (postgres) undo.push(postgres.drop);
      const server = await serve(postgres?.url);
      const { code, said } = await schemathesis(server.url, postgres ? CASES * 0.8 : CASES);
      expect(code, said).toBe(0);
      expect(said).toContain(`Selected: ${OPERATIONS - 1}/${OPERATIONS}`);
      const [generated] = /\d+(?= generated)/.exec(said) ?? [];
      expect(Number(generated)).toBeGreaterThan(CASES / 2);
      console.log(`schemathesis on ${database}: ${generated} generated, seed ${SEED}`);
      expect(server.log()).not.toMatch(/"level":"?(error|fatal|[56]0)/);
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    },
    HOUR_MS,
  );
