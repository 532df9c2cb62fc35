import { request } from 'node:http';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/http/operations/log.ts';
import type { LoggedRequests } from '../../src/http/operations/request-log.ts';
import { databases } from '../support/databases.ts';
import { aName } from '../support/make.ts';
import { type Opened, useRegistry } from '../support/open-registry.ts';

interface Asked {
  body?: unknown;
  headers?: Record<string, string>;
}

/** A registry, and what it logs. */
function logging(logRequests: LoggedRequests, level = 'debug') {
  const text: string[] = [];
  const log = createLog(level, { write: (line) => void text.push(line) });
  const t = useRegistry(databases.sqlite, { http: { log, logRequests } });
  return {
    t,
    /** Over a real connection: what was sent and cut is known of those alone. */
    async ask(method: string, path: string, { body, headers = {} }: Asked = {}) {
      const { url } = await t.listen();
      const bytes = Buffer.isBuffer(body) || body === undefined;
      const type = bytes ? 'application/octet-stream' : 'application/json';
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { ...(body !== undefined && { 'content-type': type }), ...headers },
        ...(body !== undefined && { body: bytes ? new Uint8Array(body as Buffer) : JSON.stringify(body) }),
      });
      const answered = await answer.text();
      return { status: answer.status, id: answer.headers.get('x-request-id'), json: answered && JSON.parse(answered) };
    },
    text: () => text.join(''),
    /** The lines that `body` brings about; whoever asked is answered a moment before the line is written. */
    async linesOf(body: () => Promise<unknown>, count: number) {
      text.length = 0;
      await body();
      while (text.length < count) await new Promise(setImmediate);
      return text.map((line) => JSON.parse(line));
    },
  };
}

describe('the log of requests', () => {
  const { t, ask, linesOf } = logging('changes');

  it('has one line for a change, with what an operator asks for', async () => {
    const body = { name: aName() };
    const lines = await linesOf(
      () => ask('POST', '/models', { body, headers: { 'x-assayer-actor': 'ada', 'x-request-id': 'trace-1' } }),
      1,
    );
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        msg: 'request',
        request_id: 'trace-1',
        method: 'POST',
        path: '/api/v1/models',
        route: '/api/v1/models',
        status: 201,
        ms: expect.any(Number),
        received: expect.any(Number),
        sent: expect.any(Number),
        actor: 'ada',
        ip: '127.0.0.1',
      },
    ]);
  });

  it('has no line for a read, and one for a change that is refused, with its problem', async () => {
    const lines = await linesOf(async () => {
      await ask('GET', '/models');
      await ask('GET', '/models/nobody');
      await ask('PATCH', '/models/nobody', { body: { description: 'x' } });
    }, 1);
    expect(lines).toMatchObject([{ method: 'PATCH', status: 404, problem: 'model-not-found', level: 'info' }]);
  });

  it('names the route, and an actor only where there is one', async () => {
    const [line] = await linesOf(
      () => ask('DELETE', '/models/a%2Fb', { headers: { 'x-assayer-actor': 'x'.repeat(300) } }),
      1,
    );
    expect(line).toMatchObject({ route: '/api/v1/models/:name', path: '/api/v1/models/a%2Fb', status: 400 });
    expect(line).not.toHaveProperty('actor');
  });

  it('counts the bytes of each request on a connection by itself, and tells one that was cut', async () => {
    const { host, port } = await t.listen();
    const name = aName();
    await ask('POST', '/models', { body: { name } });
    await ask('POST', `/models/${name}/versions`, { body: {} });
    const path = `/models/${name}/versions/1/artifacts/a.bin`;
    const [whole, cut] = await linesOf(async () => {
      await ask('PUT', path, { body: Buffer.alloc(100_000) });
      const sender = request({ host, port, path: `/api/v1${path}2`, method: 'PUT' });
      sender.on('error', () => {}).setHeader('content-length', 1_000_000);
      sender.write(Buffer.alloc(10_000), () => sender.destroy());
      await new Promise((resolve) => sender.once('close', resolve));
    }, 2);
    expect(whole).toMatchObject({ status: 201 });
    expect(whole.received).toBeGreaterThan(100_000);
    expect(whole.received).toBeLessThan(101_000);
    expect(whole.sent).toBeGreaterThan(200);
    expect(cut).toMatchObject({ cut: true });
    expect(cut.received).toBeLessThan(12_000);
  });
});

describe('what log_requests asks for', () => {
  const all = logging('all');
  const none = logging('none');
  const quiet = logging('all', 'warn');

  it('all: reads too, refusals among them, each once', async () => {
    const lines = await all.linesOf(async () => {
      await all.ask('GET', '/models');
      await all.ask('GET', '/models/nobody');
      await all.ask('GET', '/models/%zz');
      await all.ask('GET', '/nowhere');
    }, 4);
    expect(lines.map(({ status, route }) => [status, route])).toEqual([
      [200, '/api/v1/models'],
      [404, '/api/v1/models/:name'],
      [400, undefined],
      [404, undefined],
    ]);
  });

  it.each([['none', none] as const, ['all, but from level warn', quiet] as const])(
    '%s: only faults, with their stack',
    async (_, { t, ask, linesOf }) => {
      const lines = await linesOf(async () => {
        await ask('POST', '/models', { body: { name: aName() } });
        await ask('GET', '/models/nobody');
        await breakModels(t);
        expect((await ask('GET', '/models/nobody')).status).toBe(500);
      }, 1);
      expect(lines).toMatchObject([
        {
          level: 'error',
          status: 500,
          problem: 'fault',
          err: { type: 'SqliteError', message: expect.stringContaining('no such table'), stack: expect.any(String) },
        },
      ]);
    },
  );
});

describe('the id of a request', () => {
  const { t, ask, linesOf } = logging('all');

  it.each(['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'a/b:c+d=.-_', 'x'.repeat(128)])(
    'is the one that came, in answer, problem, event and log: %s',
    async (id) => {
      const name = aName();
      const lines = await linesOf(async () => {
        expect((await ask('POST', '/models', { body: { name }, headers: { 'x-request-id': id } })).id).toBe(id);
        const problem = await ask('GET', '/models/nobody', { headers: { 'x-request-id': id } });
        expect([problem.id, problem.json.request_id]).toEqual([id, id]);
      }, 2);
      expect(lines.map((line) => line.request_id)).toEqual([id, id]);
      expect((await t.get(`/events?subject=${name}`)).json.items[0].request_id).toBe(id);
    },
  );

  it.each(['', 'x'.repeat(129), 'a b', 'a"b', 'ä', '{}', 'a,b'])('is made where none came, or «%s»', async (id) => {
    const made = (await t.get('/models', { 'x-request-id': id })).headers['x-request-id'];
    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  });
});

describe('what is kept out of the log', () => {
  const { t, ask, text, linesOf } = logging('all');

  it('A8 secrets, tokens, artifact bytes and what a query asks for never enter it, nor do values of a failed statement', async () => {
    const marker = 'MARK3R';
    const basic = Buffer.from(`ada:${marker}`).toString('base64');
    const headers = { authorization: `Basic ${basic}`, cookie: `session=${marker}`, 'x-api-key': marker };
    const name = aName();
    await linesOf(async () => {
      const body = { name, tags: { a: marker }, card: marker, description: marker };
      expect((await ask('POST', '/models', { body, headers })).status).toBe(201);
      await ask('POST', `/models/${name}/versions`, { body: {}, headers: { authorization: `Bearer ${marker}` } });
      const bytes = Buffer.from(`bytes ${marker}`);
      expect((await ask('PUT', `/models/${name}/versions/1/artifacts/a.bin`, { body: bytes, headers })).status).toBe(
        201,
      );
      await ask('GET', `/models?q=${marker}&token=${marker}`, { headers });
      await ask('GET', `/models?filter=${encodeURIComponent(`tags.a = '${marker}'`)}&page_size=x`, { headers });
      await ask('POST', '/models', {
        body: Buffer.from(`{"name": "${marker}`),
        headers: { 'content-type': 'application/json' },
      });
      await breakModels(t);
      expect((await ask('POST', '/models', { body: { name: aName(), description: marker }, headers })).status).toBe(
        500,
      );
      expect((await ask('GET', `/models?q=${marker}`)).status).toBe(500);
    }, 8);
    expect(text().match(/"msg":"request"/g)).toHaveLength(8);
    expect(text().match(/"problem":"fault"/g)).toHaveLength(2);
    expect(text()).not.toContain(marker);
    expect(text()).not.toContain(basic);
  });

  it('A8 of an error only type, code, message, stack and causes are told', () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => void lines.push(line) });
    const inner = Object.assign(new Error('inner'), { code: '28P01', detail: 'Key (name)=(MARK3R)', input: 'MARK3R' });
    log.error({ err: Object.assign(new Error('outer', { cause: inner }), { parameters: ['MARK3R'] }) }, 'x');
    log.error({ err: { password: 'MARK3R' } }, 'x');
    const [told, strange] = lines.map((line) => JSON.parse(line).err);
    expect(Object.keys(told)).toEqual(['type', 'message', 'stack', 'cause']);
    expect(told.cause).toMatchObject({ message: 'inner', code: '28P01' });
    expect(strange).toEqual({ type: 'object', message: 'something was thrown that is no error' });
    expect(lines.join('')).not.toContain('MARK3R');
  });
});

/** Reads and changes of models fail from now on, in the database. */
async function breakModels(t: Opened): Promise<void> {
  await sql`alter table model rename to gone`.execute(t.db.write);
}
