import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { openServer } from '../../src/main.ts';
import { postgresDatabase } from '../support/databases.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function serve(limits: object, database = ''): Promise<{ url: string; post(body: object): Promise<Response> }> {
  const data = await mkdtemp(join(tmpdir(), 'assayer-overload-'));
  undo.push(() => rm(data, { recursive: true, force: true }));
  const flags = { data, database, port: 0, log_level: 'silent', limits: { reserve_bytes: 0, ...limits } };
  const server = await openServer(loadConfig({ flags }));
  undo.push(server.close);
  const headers = { 'content-type': 'application/json' };
  const post = (body: object) =>
    fetch(`${server.url}/api/v1/models`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { url: server.url, post };
}

it('R8 more changes than can wait are a 503 that says when to try again; reads go on, and so does the rest', async () => {
  const postgres = await postgresDatabase();
  undo.push(postgres.drop);
  const { url, post } = await serve({ changes_waiting: 5 }, postgres.url);
  expect((await post({ name: 'small' })).status).toBe(201);
  const writes = Promise.all(
    Array.from({ length: 300 }, async (_, i) => {
      const answer = await post({ name: `model ${i}` });
      const { type } = (await answer.json()) as { type?: string };
      if (answer.status === 503) expect(type).toBe('/problems/overloaded');
      return answer;
    }),
  );
  const reads = await Promise.all(Array.from({ length: 100 }, () => fetch(`${url}/api/v1/models/small`)));
  expect(reads.map(({ status }) => status)).toEqual(reads.map(() => 200));
  const answers = await writes;
  const refused = answers.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status === 201).length).toBe(300 - refused.length);
  for (const { headers } of refused) expect(headers.get('retry-after')).toBe('1');
  const { items } = (await (await fetch(`${url}/api/v1/models?page_size=1000`)).json()) as { items: object[] };
  expect(items).toHaveLength(1 + 300 - refused.length);
  expect((await post({ name: 'afterwards' })).status).toBe(201);
});

it.each(['sqlite', 'postgres'] as const)(
  'R8 128 clients at once get their pages of searches, trash and events on %s, and single rows meanwhile',
  async (database) => {
    const postgres = database === 'postgres' ? await postgresDatabase() : undefined;
    if (postgres) undo.push(postgres.drop);
    const { url, post } = await serve({}, postgres?.url);
    const description = `${'ab '.repeat(300)}c`;
    const models = Array.from({ length: 1_500 }, (_, i) => ({ name: `model ${i}`, description, tags: { n: `${i}` } }));
    for (let i = 0; i < models.length; i += 50) await Promise.all(models.slice(i, i + 50).map(post));
    for (let i = 0; i < 300; i += 50)
      await Promise.all(
        models
          .slice(i, i + 50)
          .map(({ name }) => fetch(`${url}/api/v1/models/${encodeURIComponent(name)}?reason=r`, { method: 'DELETE' })),
      );
    const filtered = (text: string) => `/models?filter=${encodeURIComponent(text)}`;
    const pages: [path: string, least: number][] = [
      [filtered("tags.n LIKE '%77'"), 1],
      [filtered("tags.n != '3' AND description IS NOT NULL AND NOT tags.n LIKE '9%'"), 1],
      [filtered(`description LIKE '${'%a%b'.repeat(5)}%d'`), 0],
      ['/trash', 50],
      ['/events?subject=model%201400', 1],
      ['/events?type=model.deregistered', 50],
    ];
    const ask = async (path: string) => {
      const answer = await fetch(`${url}/api/v1${path}`);
      const body = (await answer.json()) as { items?: unknown[] };
      return { status: answer.status, told: JSON.stringify(body).slice(0, 300), items: body.items?.length ?? 0 };
    };
    for (const [path, least] of pages) {
      const searches = Array.from({ length: 128 }, () => ask(path));
      const rows = await Promise.all(Array.from({ length: 20 }, () => ask('/models/model%201400')));
      for (const { status, told } of rows) expect(status, told).toBe(200);
      for (const { status, told, items } of await Promise.all(searches)) {
        expect(status, `${path} ${told}`).toBe(200);
        expect(items).toBeGreaterThanOrEqual(least);
      }
    }
  },
);

it('R8 connections beyond the limit are closed at once, and those that are open go on', async () => {
  const { url } = await serve({ connections: 10 });
  const { hostname, port } = new URL(url);
  const open = () => connect(Number(port), hostname).on('error', () => {}); // a reset is how one may be refused
  const held = Array.from({ length: 10 }, open);
  await Promise.all(held.map((socket) => once(socket, 'connect')));
  held[0]?.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(held[0]!, 'data'); // all ten are accepted by now
  const refused = open();
  await new Promise((resolve) => refused.once('close', resolve));
  held[9]?.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(String(await once(held[9]!, 'data'))).toMatch(/^HTTP\/1\.1 200 /);
  for (const socket of held) socket.destroy();
  await expect
    .poll(() =>
      fetch(`${url}/healthz`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
});
