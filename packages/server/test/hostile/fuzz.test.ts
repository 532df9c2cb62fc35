import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { postgresDatabase } from '../support/databases.ts';
import { startServer } from '../support/server-process.ts';
import { answersIn } from './fuzz/answers.ts';
import { problemOf } from './fuzz/judge.ts';
import type { Known, Operation } from './fuzz/known.ts';
import { mlflowOperations } from './fuzz/mlflow.ts';
import { type Case, caseOf } from './fuzz/requests.ts';
import { talk } from './fuzz/talk.ts';
import { seed, seedTraining } from './seed.ts';

/** About how many requests are made, a fifth of them on PostgreSQL. CI makes a share; `FUZZ_CASES=1000000` is the whole. */
const CASES = Number(process.env.FUZZ_CASES ?? 12_000);
/** The seed of the first connection; the next ones follow. `FUZZ_SEED=n FUZZ_CASES=1` makes that one again. */
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const AT_ONCE = 24;
/** Whole requests are waited for; what breaks off is given up soon. */
const ANSWER_MS = 30_000;
const SILENCE_MS = 100;
const HOUR_MS = 3_600_000;
/** Answers that a run must have met: requests that are all refused for one reason would show nothing. */
const OF_EVERY_KIND = ['200', '201', '400', '403', '404', '405', '409', '415', '422', '431', '501'];
const MOST_MEMORY = 512 * 1024 * 1024;

for (const database of ['sqlite', 'postgres'])
  it(
    `R1 O3 whatever bytes come, no answer is a 5xx, none tells of the inside, and reads go on, on ${database}`,
    async () => {
      const data = await mkdtemp(join(tmpdir(), 'assayer-fuzz-'));
      const postgres = database === 'postgres' ? await postgresDatabase() : undefined;
      const server = await startServer(['--data', data, ...(postgres ? ['--database', postgres.url] : [])]);
      try {
        await seed(server.url);
        const anchor = await plant(server.url);
        const known = await knownOf(server.url);
        const { next, sent, answers } = await run(Math.ceil(CASES * (postgres ? 0.2 : 0.8)), async (n) => {
          const made = caseOf(n, known);
          const statuses = await attempt(server.url, made);
          if (n % 100 === 0) await anchor();
          return { sent: made.heads.length, statuses };
        });
        await anchor();
        if (sent > 2_000) expect(Object.keys(answers)).toEqual(expect.arrayContaining(OF_EVERY_KIND));
        console.log(`${database}: ${sent} requests, seeds ${SEED} to ${next - 1}, answers ${JSON.stringify(answers)}`);
        expect(server.log()).not.toMatch(/"level":"?(error|fatal|[56]0)/);
        expect(await memoryOf(server.pid)).toBeLessThan(MOST_MEMORY);
      } finally {
        expect(await server.stop()).toBe(0);
        await postgres?.drop();
        await rm(data, { recursive: true, force: true });
      }
    },
    6 * HOUR_MS,
  );

interface Made {
  sent: number;
  statuses: number[];
}

/** Makes cases, a few at once, until so many requests are sent; counts the answers by status. Throws with the seed of the first that went wrong. */
async function run(cases: number, make: (seed: number) => Promise<Made>) {
  const told = { next: SEED, sent: 0, answers: {} as Record<string, number> };
  const worker = async () => {
    while (told.sent < cases) {
      const n = told.next++;
      const { sent, statuses } = await make(n).catch((error) => {
        throw new Error(`FUZZ_SEED=${n} FUZZ_CASES=1: ${error.message}`, { cause: error });
      });
      told.sent += Math.max(1, sent);
      for (const status of statuses) told.answers[status] = (told.answers[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return told;
}

/** Sends one case and judges what came; answers the statuses. */
async function attempt(server: string, { bytes, heads, forms, tidy }: Case): Promise<number[]> {
  const { came, cut } = await talk(Number(new URL(server).port), bytes, tidy ? ANSWER_MS : SILENCE_MS);
  const answers = answersIn(came, (index) => heads[index] ?? false);
  const wrong = (what: string) =>
    new Error(
      `${what}\nsent ${JSON.stringify(bytes.toString('latin1').slice(0, 4_000))}\ncame ${JSON.stringify(came.toString('latin1').slice(0, 4_000))}`,
    );
  for (const [i, answer] of answers.entries()) {
    if (cut && i === answers.length - 1) continue;
    const problem = problemOf(answer, heads[i] ?? false, tidy, tidy ? forms[i] : 'either');
    if (problem) throw wrong(`answer ${i + 1} of ${answers.length}, a ${answer.status}, ${problem}`);
  }
  const isClosed = answers.some((answer, i) => i < heads.length && answer.headers.connection === 'close');
  if (tidy && !cut && !isClosed && (answers.length !== heads.length + 1 || answers.at(-1)?.status !== 200))
    throw wrong(`${heads.length} requests and a point read had ${answers.length} answers`);
  return answers.map((answer) => answer.status);
}

/** A model that no case names: what is known of it stays so, whatever is sent. */
async function plant(server: string): Promise<() => Promise<void>> {
  const at = `${server}/api/v1/models/anchor`;
  const post = (path: string, body: object) =>
    fetch(`${server}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await post('models', { name: 'anchor', description: 'holds' });
  await post('models/anchor/versions', {});
  await fetch(`${at}/versions/1/artifacts/iron`, { method: 'PUT', body: new Uint8Array(100_000).fill(7) });
  const read = async () => {
    const [model, version, bytes] = await Promise.all(
      ['', '/versions/1', '/versions/1/artifacts/iron'].map((path) => fetch(at + path)),
    );
    return [
      model!.status,
      await model!.text(),
      version!.status,
      await version!.text(),
      bytes!.status,
      (await bytes!.arrayBuffer()).byteLength,
    ];
  };
  const before = await read();
  expect(before.filter((part) => typeof part === 'number')).toEqual([200, 200, 200, 100_000]);
  return async () => expect(await read()).toEqual(before);
}

async function operationsOf(server: string): Promise<Operation[]> {
  const { paths } = (await (await fetch(`${server}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
    })),
  );
  const beside = [
    '/',
    '/docs',
    '/docs/',
    '/docs/start.js',
    '/docs/swagger-ui.css',
    '/openapi.json',
    '/healthz',
    '/readyz',
    '/api/v1',
    '/nowhere',
  ];
  const makers = described.filter(({ id }) => /^(registerModel|createVersion|putArtifact|setAlias)$/.test(id));
  return [
    ...described,
    ...described,
    ...makers,
    ...makers,
    ...makers,
    ...mlflowOperations(),
    ...beside.map((path) => ({ id: '', method: 'GET', path })),
  ];
}

async function knownOf(server: string): Promise<Known> {
  const get = async (path: string) =>
    (await fetch(`${server}/api/v1${path}`)).json() as Promise<{
      next_page_token: string;
      items: { sha256: string }[];
    }>;
  const lists = [
    '/models',
    '/versions',
    '/events',
    '/models/churn/versions',
    '/models/churn/versions/1/artifacts',
    '/models?sort=-name',
    '/versions?q=chu',
  ];
  const pages = await Promise.all(lists.map((list) => get(`${list}${list.includes('?') ? '&' : '?'}page_size=1`)));
  const artifacts = await get('/models/churn/versions/1/artifacts');
  return {
    operations: await operationsOf(server),
    tokens: pages.map((page) => page.next_page_token).filter(Boolean),
    digests: artifacts.items.map((item) => item.sha256),
    ...(await seedTraining(server)),
  };
}

/** Bytes of memory that a process holds; 0 where the system does not tell. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
