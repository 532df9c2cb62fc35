import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

describe('who is served', () => {
  const t = useRegistry(databases.sqlite, {
    http: { hosts: ['ml.example.com', '::1', '10.0.0.7'], origins: ['https://Notebook.example.com'] },
  });

  it.each([
    'localhost',
    'localhost:5050',
    '127.0.0.1',
    '127.0.0.1:1',
    '[::1]',
    '[::1]:5050',
    'LOCALHOST',
    'ml.example.com',
    'ML.Example.com:443',
    '10.0.0.7:80',
  ])('B1 host %s', async (host) => expect((await t.get('/models', { host })).status).toBe(200));

  it.each([
    'example.com',
    'evil.ml.example.com',
    'ml.example.com.evil.com',
    'localhost.evil.com',
    'localhost.',
    '127.0.0.2',
    '0.0.0.0',
    '[::]',
    '2130706433',
    'localhost:5050@evil.com',
    'localhost:123456',
    'evil.com:localhost',
    ' ',
    'localhost,evil.com',
  ])('B1 not host «%s», on any route', async (host) => {
    for (const [method, path] of [
      ['GET', '/models'],
      ['POST', '/models'],
      ['GET', '/nowhere'],
      ['OPTIONS', '/models'],
    ] as const)
      expectProblem(await t.ask(method, path, { headers: { host } }), 403, 'host-not-allowed');
    expect((await t.http.inject({ url: '/healthz', headers: { host } })).statusCode).toBe(403);
  });

  it('B2 a page of another site changes nothing and reads nothing', async () => {
    const name = aName();
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:3000' },
      { origin: 'https://127.0.0.1:5050' },
      { origin: '' },
      { origin: 'http://localhost.evil.example' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[]) {
      expectProblem(await t.post('/models', { name }, headers), 403, 'origin-not-allowed');
      const read = await t.get('/models', headers);
      expectProblem(read, 403, 'origin-not-allowed');
      for (const header of Object.keys(read.headers)) expect(header).not.toMatch(/^access-control/);
    }
    expectProblem(
      await t.post('/models', { name }, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }),
      403,
      'origin-not-allowed',
    );
    expectProblem(await t.get(`/models/${name}`), 404, 'model-not-found');
  });

  it('B2 the page itself, a configured origin, a link and a plain client are let in', async () => {
    for (const headers of [
      {},
      { origin: 'http://localhost' },
      { origin: 'https://localhost' },
      { host: 'localhost:5050', origin: 'http://localhost:5050' },
      { origin: 'https://notebook.example.com' },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
    ] as Record<string, string>[])
      expect((await t.post('/models', { name: aName() }, headers)).status).toBe(201);
    expect((await t.get('/models', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status).toBe(200);
  });

  it('B2 the types that a form can send change nothing', async () => {
    const name = aName();
    for (const type of [
      'text/plain',
      'text/plain;charset=UTF-8',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const body = Buffer.from(JSON.stringify({ name }));
      expectProblem(
        await t.ask('POST', '/models', { body, headers: { 'content-type': type } }),
        415,
        'unsupported-media-type',
      );
    }
    expectProblem(await t.get(`/models/${name}`), 404, 'model-not-found');
  });

  it('B3 there is no cross-origin header, whatever is asked', async () => {
    const headers = { origin: 'https://notebook.example.com', 'access-control-request-method': 'PUT' };
    for (const answer of [await t.ask('OPTIONS', '/models', { headers }), await t.get('/models', headers)])
      for (const header of Object.keys(answer.headers)) expect(header).not.toMatch(/^access-control/);
  });

  it('B4 every answer says nosniff and names its request, refusals of every kind among them', async () => {
    for (const answer of [
      await t.get('/models'),
      await t.get('/models/nobody'),
      await t.get('/nowhere'),
      await t.get('/models', { host: 'evil.example' }),
      await t.get('/models', { origin: 'https://evil.example' }),
      await t.post('/models', {}),
      await t.get('/models/%zz'),
      await t.ask('PUT', '/models'),
    ]) {
      expect(answer.headers['x-content-type-options'], answer.text).toBe('nosniff');
      expect(answer.headers['x-request-id'], answer.text).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.headers['cross-origin-resource-policy'], answer.text).toBe('same-origin');
    }
  });

  it('B5 no answer is HTML made of input', async () => {
    const script = '<script>alert(1)</script>';
    for (const answer of [
      await t.get(`/models/${encodeURIComponent(script)}`),
      await t.get(`/${encodeURIComponent(script)}`),
      await t.get(`/models?filter=${encodeURIComponent(script)}`),
      await t.get(`/models?${encodeURIComponent(script)}=1`),
      await t.post('/models', { [script]: script }),
    ])
      expect(String(answer.headers['content-type'])).toMatch(/^application\/problem\+json/);
  });
});

describe('who asks', () => {
  const t = useRegistry(databases.sqlite);
  const by = async (headers: Record<string, string>) =>
    (await t.post('/models', { name: aName() }, headers)).json.created_by;
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  const utf8 = (text: string) => Buffer.from(text).toString('latin1');

  it('is the X-Assayer-Actor header, or the user of basic authentication, or a bearer token’s digest, else anonymous; never verified', async () => {
    expect(await by({})).toBe('anonymous');
    expect(await by({ 'x-assayer-actor': 'ada' })).toBe('ada');
    expect(await by({ 'x-assayer-actor': utf8('Grace Höpper 模') })).toBe('Grace Höpper 模');
    expect(await by(basic('bo:secret'))).toBe('bo');
    expect(await by(basic('bo'))).toBe('bo');
    expect(await by(basic('josé:s:x'))).toBe('josé');
    expect(await by(basic(':secret'))).toBe('anonymous');
    expect(await by(basic(' bo \u00a0:secret'))).toBe('bo');
    expect(await by({ 'x-assayer-actor': utf8('\u00a0 bo \u00a0') })).toBe('bo');
    expect(await by(basic(' :secret'))).toBe('anonymous');
    expect(await by({ ...basic('bo:x'), 'x-assayer-actor': 'ada' })).toBe('ada');
    expect(await by({ authorization: 'Bearer abc' })).toBe('bearer:ba7816bf'); // the example of FIPS 180-2
    expect(await by({ authorization: 'bearer  abc' })).toBe('bearer:ba7816bf');
    expect(await by({ authorization: 'Bearer abc', 'x-assayer-actor': 'ada' })).toBe('ada');
    expect(await by({ authorization: 'Bearer' })).toBe('anonymous');
    expect(await by({ authorization: 'Bearer a b' })).toBe('anonymous');
    expect(await by({ authorization: 'Basic ???' })).toBe('anonymous');
    expect(await by({ 'x-assayer-actor': 'system' })).toBe('system');
    for (const event of (await t.get('/events?page_size=100')).json.items) expect(event.verified).toBe(false);
  });

  it('A8 a password or token enters neither event nor answer', async () => {
    await by(basic('bo:pa55w0rd-marker'));
    await by({ authorization: 'Bearer t0ken-marker' });
    expect((await t.get('/ledger/export')).text).not.toMatch(/pa55w0rd-marker|t0ken-marker/);
  });

  it('of another form is a 400', async () => {
    for (const headers of [
      { 'x-assayer-actor': 'a'.repeat(257) },
      { 'x-assayer-actor': '\u00ff' },
      basic('a\nb:c'),
      basic('\u0000:c'),
      basic('a'.repeat(257)),
    ])
      expectProblem(await t.post('/models', { name: aName() }, headers), 400, 'actor-invalid');
  });
});

describe('methods and addresses', () => {
  const t = useRegistry(databases.sqlite);

  it('a method that an address does not have is 405, with those that it has', async () => {
    for (const [method, path, allow] of [
      ['PUT', '/models', 'GET, HEAD, OPTIONS, POST'],
      ['DELETE', '/models', 'GET, HEAD, OPTIONS, POST'],
      ['POST', '/models/x', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
      ['GET', '/models/x/rename', 'OPTIONS, POST'],
      ['POST', '/models/x/versions/1/artifacts/a/b', 'DELETE, GET, HEAD, OPTIONS, PUT'],
      ['HEAD', '/events/stream', 'GET, OPTIONS'],
      ['TRACE', '/models', 'GET, HEAD, OPTIONS, POST'],
      ['DELETE', '/events', 'GET, HEAD, OPTIONS'],
      ['PATCH', '/ledger/checkpoint', 'GET, HEAD, OPTIONS'],
    ] as const) {
      const answer = await t.ask(method, path);
      expect([answer.status, answer.headers.allow], `${method} ${path}`).toEqual([405, allow]);
      if (method !== 'HEAD') expectProblem(answer, 405, 'method-not-allowed');
    }
  });

  it('a body that nobody reads does not matter', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const type of [headers, {}, { 'content-type': 'image/png' }]) {
      const ask = { body: Buffer.from('{"cut'), headers: type };
      expectProblem(await t.ask('PUT', '/models', ask), 405, 'method-not-allowed');
      expectProblem(await t.ask('QUERY', '/models', ask), 405, 'method-not-allowed');
      expectProblem(await t.ask('POST', '/nowhere', ask), 404, 'not-found');
    }
    expectProblem(await t.ask('QUERY', '/models'), 405, 'method-not-allowed');
  });

  it('OPTIONS tells the methods', async () => {
    const answer = await t.ask('OPTIONS', '/models/x?y');
    expect([answer.status, answer.headers.allow, answer.text]).toEqual([204, 'DELETE, GET, HEAD, OPTIONS, PATCH', '']);
    expectProblem(await t.ask('OPTIONS', '/nowhere'), 404, 'not-found');
  });

  it('an address that there is not is 404', async () => {
    for (const path of [
      '',
      '/',
      '/Models',
      '/models/',
      '/models/x/',
      '/models//versions',
      '/model',
      '/models/x/versions/1/',
      '/models/x/y',
      '/events/',
      '/../models',
      '/models/x/versions/1/archive.rar',
    ])
      expect((await t.get(path)).status, path).toBe(404);
    expectProblem(await t.get('/nowhere'), 404, 'not-found');
    expect((await t.http.inject({ url: '/api/v2/models', headers: { host: 'localhost' } })).statusCode).toBe(404);
  });

  it('HEAD answers what GET would, without the body', async () => {
    const { model } = await make.version(t, { sealed: true });
    for (const path of [
      '/models',
      `/models/${model}`,
      `/models/${model}/versions`,
      `/models/${model}/versions/1`,
      `/models/${model}/versions/1/manifest`,
      '/events',
      '/trash',
      '/ledger/checkpoint',
      '/ledger/key',
      '/ledger/export',
    ]) {
      const [get, head] = [await t.get(path), await t.ask('HEAD', path)];
      expect([head.status, head.text], path).toEqual([200, '']);
      expect(head.headers.etag, path).toBe(get.headers.etag);
      expect(head.headers['content-type'], path).toBe(get.headers['content-type']);
    }
    expect((await t.ask('HEAD', '/models/nobody')).status).toBe(404);
  });
});

describe('bounds', () => {
  const t = useRegistry(databases.sqlite, { http: { requestMs: 1_500 } });

  /** Sends bytes as they are; answers everything that came until the connection was closed, or for `ms`. */
  async function talk(bytes: string, ms = 3_000): Promise<string> {
    const { host, port } = await t.listen();
    return new Promise((resolve) => {
      const socket = connect(port, host);
      let text = '';
      const done = () => {
        socket.destroy();
        resolve(text);
      };
      const timer = setTimeout(done, ms);
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(timer);
        resolve(text);
      });
      socket.write(bytes);
    });
  }
  const statusOf = (text: string) => Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]);

  it('R1 a body over 1 MiB is 413, declared or not; 1 MiB is read', async () => {
    const name = aName();
    const body = (length: number) => Buffer.from(JSON.stringify({ name }).padEnd(length, ' '));
    const headers = { 'content-type': 'application/json' };
    expectProblem(await t.ask('POST', '/models', { body: body(1_048_577), headers }), 413, 'too-large');
    const chunked = `POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n110000\r\n${' '.repeat(0x110000)}\r\n0\r\n\r\n`;
    expect(statusOf(await talk(chunked))).toBe(413);
    expect((await t.ask('POST', '/models', { body: body(1_048_576), headers })).status).toBe(201);
  });

  it('R1 the answer to a body that is too large is not lost, and the connection goes on', async () => {
    const body = ' '.repeat(8 * 1_048_576);
    const post = 'POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const declared = `${post}Content-Length: ${body.length}\r\n\r\n${body}`;
    const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const last = 'GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const text = await talk(declared + chunked + last, 20_000);
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['413', '413', '200']);
  });

  it('R1 a long address is 414, a head that is larger still 431, both as problems', async () => {
    const answer = await t.get(`/models/${'a'.repeat(9_000)}`);
    expectProblem(answer, 414, 'too-large');
    const long = await talk(`GET /api/v1/models?q=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect([414, 431]).toContain(statusOf(long));
    const large = await talk(`GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(statusOf(large)).toBe(431);
    expect(large).toContain('application/problem+json');
    expect(JSON.parse(large.slice(large.indexOf('\r\n\r\n') + 4))).toMatchObject({
      status: 431,
      type: '/problems/too-large',
    });
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['no host', 'GET /api/v1/models HTTP/1.1\r\nConnection: close\r\n\r\n'],
    [
      'two lengths',
      'POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a broken chunk',
      'POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['a folded header', 'GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n'],
  ])('%s is 400, told as a problem', async (_what, bytes) => {
    const text = await talk(bytes);
    expect(statusOf(text)).toBe(400);
    expect(text).toContain('content-type: application/problem+json');
  });

  it('an expectation that is not known is 417, told as a problem', async () => {
    const text = await talk('GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\nConnection: close\r\n\r\n');
    expect(statusOf(text)).toBe(417);
    expect(text).toContain('/problems/expectation-failed');
  });

  it('nothing is put into an answer that is under way, when what follows it is no HTTP', async () => {
    const { host, port } = await t.listen();
    const socket = connect(port, host);
    let text = '';
    socket.on('data', (chunk) => {
      if (text === '') socket.write('no HTTP\r\n\r\n');
      text += chunk;
    });
    socket.write('GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'close');
    expect(statusOf(text)).toBe(200);
    expect(text.match(/HTTP\/1/g)).toHaveLength(1);
  });

  it('B1 neither HTTP/1.0 without a host nor an absolute address gets around the guard', async () => {
    expect(statusOf(await talk('GET /api/v1/models HTTP/1.0\r\n\r\n'))).toBe(403);
    expect(statusOf(await talk('GET /api/v1/models HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'))).toBe(403);
    const absolute = await talk(
      'GET http://localhost/api/v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    );
    expect(statusOf(absolute)).toBe(400);
    const twice = await talk(
      'GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    );
    expect([400, 200]).toContain(statusOf(twice));
  });

  it('R4 a JSON body that does not come is cut', async () => {
    const began = performance.now();
    await talk(
      'POST /api/v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
      5_000,
    );
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('one connection serves one request after another, refusals among them', async () => {
    const get = (path: string) => `GET /api/v1${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const text = await talk(
      `${get('/models/nobody')}${get('/models?page_size=0')}GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['404', '400', '200']);
  });

  it('R2 JSON deeper than 64 levels, with a key twice, or with __proto__ is 400', async () => {
    const send = (text: string) =>
      t.ask('POST', '/models', { body: Buffer.from(text), headers: { 'content-type': 'application/json' } });
    const deep = (levels: number) =>
      `{"name":"${aName()}","properties":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`;
    expect((await send(deep(63))).status).toBe(201);
    expectProblem(await send(deep(64)), 400, 'malformed');
    expectProblem(await send('{"name":"x","name":"y"}'), 400, 'malformed');
    expectProblem(await send('{"name":"x","__proto__":{"a":1}}'), 400, 'malformed');
    expectProblem(await send('{"name":"x","properties":{"big":12345678901234567890}}'), 400, 'malformed');
    expectProblem(await send('{"name":"x"'), 400, 'malformed');
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it('bodies that are compressed are 415, and said so', async () => {
    const answer = await t.post('/models', { name: aName() }, { 'content-encoding': 'gzip' });
    expectProblem(answer, 415, 'unsupported-media-type');
    expect(answer.headers['accept-encoding']).toBe('identity');
    expect((await t.post('/models', { name: aName() }, { 'content-encoding': 'identity' })).status).toBe(201);
  });
});

describe('a fault', () => {
  const t = useRegistry(databases.sqlite);

  it('O3 carries an id and nothing of the inside', async () => {
    await t.db.write.schema.alterTable('model').renameTo('elsewhere').execute();
    const answer = await t.get('/models/x');
    const told = expectProblem(answer, 500, 'fault');
    expect(Object.keys(told).sort()).toEqual(['detail', 'request_id', 'status', 'title', 'type']);
    expect(answer.text).not.toMatch(/elsewhere|sqlite|select|\.ts|stack/i);
    const write = await t.post('/models', { name: aName() });
    expectProblem(write, 500, 'fault');
    await t.db.write.schema.alterTable('elsewhere').renameTo('model').execute();
    expect((await t.post('/models', { name: aName() })).status).toBe(201);
  });
});
