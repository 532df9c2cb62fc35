import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/contract/artifact.ts';
import { createInspector } from '../../src/formats/inspector.ts';
import { RULES_VERSION } from '../../src/formats/rules-version.ts';
import { databases } from '../support/databases.ts';
import { tellingInspector } from '../support/inspector.ts';
import { aName, make } from '../support/make.ts';
import { type Opened, useRegistry } from '../support/open-registry.ts';
import { expectProblem, walk } from '../support/problems.ts';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const base64 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('base64');

/** All blobs of the store and all drafts that are left over. */
async function blobsOf(t: Opened): Promise<string[]> {
  const kept = [];
  for await (const blob of t.blobs.list()) kept.push(blob.sha256);
  return kept;
}

for (const [database, open] of Object.entries(databases)) {
  describe(`artifacts on ${database}`, () => {
    const inspector = tellingInspector({
      small: { inputs: [{ name: 'x', type: 'float32', shape: [null, 4] }] },
      huge: { inputs: Array.from({ length: 10_001 }, (_, i) => ({ name: `x${i}`, type: 'float32' })) },
      odd: { inputs: [{ name: 'x'.repeat(2_000), type: 'float32' }] },
    });
    const t = useRegistry(open, { inspector, limits: { artifact_bytes: 2_000_000, version_bytes: 3_000_000 } });
    const put = (model: string, path: string, body: string | Buffer, headers = {}) =>
      t.put(`/models/${model}/versions/1/artifacts/${path}`, Buffer.from(body), headers);

    it('is uploaded, listed and told with what was read from it', async () => {
      const { model } = await make.version(t);
      const answer = await put(model, 'model/weights.bin', 'format=tensors verdict=suspicious');
      expect(answer.status).toBe(201);
      const digest = sha256('format=tensors verdict=suspicious');
      expect(answer.json).toEqual({
        path: 'model/weights.bin',
        size_bytes: 33,
        sha256: digest,
        media_type: 'application/octet-stream',
        format: 'tensors',
        facts: { bytes: 33 },
        findings: [{ rule: 'test.said', severity: 'info', where: 'byte 0', what: 'the file says suspicious' }],
        verdict: 'suspicious',
        rules_version: RULES_VERSION,
      });
      expect(answer.headers.etag).toBe(`"${digest}"`);
      expect((await t.get(`/models/${model}/versions/1/artifacts`)).json).toEqual({
        items: [answer.json],
        next_page_token: null,
      });
      expect((await t.get(`/models/${model}/versions/1`)).json).toMatchObject({
        artifact_count: 1,
        size_bytes: 33,
        verdict: 'suspicious',
        etag: 2,
      });
      expect((await t.get('/events?page_size=1')).json.items[0]).toMatchObject({
        type: 'artifact.attached',
        subject: `${model}/1`,
        details: {
          path: 'model/weights.bin',
          sha256: digest,
          size_bytes: 33,
          format: 'tensors',
          verdict: 'suspicious',
        },
      });
    });

    it('of no bytes at all is one too', async () => {
      const { model } = await make.version(t);
      expect((await put(model, 'empty', '')).json).toMatchObject({ size_bytes: 0, sha256: sha256('') });
      const answer = await t.get(`/models/${model}/versions/1/artifacts/empty`);
      expect([answer.status, answer.headers['content-length'], answer.bytes.length]).toEqual(
        [200, 0, 0].map((n, i) => (i === 1 ? '0' : n)),
      );
    });

    it('A9 the same bytes again are 200 and no change; other bytes at the path are 409', async () => {
      const { model } = await make.version(t);
      await put(model, 'a', 'one');
      const size = await t.registry.ledger.size();
      expect((await put(model, 'a', 'one')).status).toBe(200);
      expectProblem(await put(model, 'a', 'two'), 409, 'path-taken');
      expect(await t.registry.ledger.size()).toBe(size);
      await t.del(`/models/${model}/versions/1/artifacts/a`);
      expect((await put(model, 'a', 'two')).status).toBe(201);
    });

    it('A version is for ever: nothing of a sealed version is changed, not even by the same bytes', async () => {
      const { model } = await make.version(t, { artifacts: { a: 'one' }, sealed: true });
      const digest = sha256('one');
      for (const answer of [
        await put(model, 'a', 'one'),
        await put(model, 'b', 'new'),
        await t.put(`/models/${model}/versions/1/artifacts/c?digest=sha256:${digest}`, Buffer.alloc(0)),
        await t.del(`/models/${model}/versions/1/artifacts/a`),
      ])
        expect(expectProblem(answer, 409, 'version-sealed')).toMatchObject({ model, number: 1 });
      expect((await t.get(`/models/${model}/versions/1/artifacts/a`)).text).toBe('one');
      expect((await t.get(`/models/${model}/versions/1`)).json.artifact_count).toBe(1);
    });

    it('is taken out while the version is open', async () => {
      const { model } = await make.version(t, { artifacts: { a: 'format=x 1', b: 'format=y 22' } });
      const answer = await t.del(`/models/${model}/versions/1/artifacts/a`);
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect((await t.get(`/models/${model}/versions/1`)).json).toMatchObject({ artifact_count: 1, size_bytes: 11 });
      expectProblem(await t.get(`/models/${model}/versions/1/artifacts/a`), 404, 'artifact-not-found');
      expectProblem(await t.del(`/models/${model}/versions/1/artifacts/a`), 404, 'artifact-not-found');
      const found = (format: string) =>
        t
          .get(`/models/${model}/versions?filter=${encodeURIComponent(`format = '${format}'`)}`)
          .then((a) => a.json.items.length);
      expect([await found('x'), await found('y')]).toEqual([0, 1]);
    });

    it('If-Match holds for PUT and DELETE', async () => {
      const { model } = await make.version(t, { artifacts: { a: 'one' } });
      const tag = `"${sha256('one')}"`;
      expectProblem(await put(model, 'b', 'x', { 'if-match': '*' }), 412, 'stale-write');
      expectProblem(await put(model, 'b', 'x', { 'if-match': tag }), 412, 'stale-write');
      expect((await put(model, 'a', 'one', { 'if-match': tag })).status).toBe(200);
      const remove = (etag: string) => t.del(`/models/${model}/versions/1/artifacts/a`, { 'if-match': etag });
      expect(expectProblem(await remove(`"${sha256('two')}"`), 412, 'stale-write')).toMatchObject({
        actual: sha256('one'),
      });
      expectProblem(await remove('"1"'), 412, 'stale-write');
      expect((await remove(`"x", ${tag}`)).status).toBe(204);
    });

    describe('the digest that is announced', () => {
      it('is held against the bytes: Repr-Digest or X-Checksum-Sha256', async () => {
        const { model } = await make.version(t);
        for (const [i, headers] of [
          { 'repr-digest': `sha-256=:${base64('bytes')}:` },
          { 'repr-digest': `sha-512=:abc=:, sha-256=:${base64('bytes')}:` },
          { 'x-checksum-sha256': sha256('bytes') },
          { 'x-checksum-sha256': sha256('bytes').toUpperCase() },
          { 'repr-digest': 'sha-512=:abc=:', 'x-checksum-sha256': sha256('bytes') },
        ].entries())
          expect((await put(model, `ok-${i}`, 'bytes', headers)).status).toBe(201);
      });

      it('that does not match is a 422, and nothing is kept', async () => {
        const { model } = await make.version(t);
        const before = await blobsOf(t);
        for (const headers of [{ 'repr-digest': `sha-256=:${base64('x')}:` }, { 'x-checksum-sha256': sha256('x') }]) {
          const told = expectProblem(await put(model, 'bad', 'never kept', headers), 422, 'digest-mismatch');
          expect(told).toMatchObject({ expected: sha256('x'), actual: sha256('never kept') });
        }
        expect(await blobsOf(t)).toEqual(before);
        expectProblem(await t.get(`/models/${model}/versions/1/artifacts/bad`), 404, 'artifact-not-found');
        expectProblem(
          await t.put(`/models/${model}/versions/1/artifacts/b?digest=sha256:${sha256('never kept')}`, Buffer.alloc(0)),
          404,
          'blob-not-found',
        );
      });

      it('that cannot be read is a 400', async () => {
        const { model } = await make.version(t);
        for (const headers of [
          { 'repr-digest': `sha-256=${base64('x')}` },
          { 'repr-digest': 'sha-256=:abc:' },
          { 'repr-digest': 'md5=:abc:' },
          { 'repr-digest': '' },
          { 'x-checksum-sha256': 'abc' },
          { 'x-checksum-sha256': `${sha256('x')}0` },
        ])
          expectProblem(await put(model, 'bad', 'x', headers), 400, 'digest-invalid');
      });
    });

    describe('attached by digest', () => {
      it('takes bytes that the store has; sends them no second time', async () => {
        const { model } = await make.version(t, { artifacts: { a: 'shared format=x' }, sealed: true });
        const other = (await make.version(t)).model;
        const path = (digest: string) => `/models/${other}/versions/1/artifacts/copy?digest=sha256:${digest}`;
        const answer = await t.put(path(sha256('shared format=x')), Buffer.alloc(0));
        expect(answer.status).toBe(201);
        const [original] = (await t.get(`/models/${model}/versions/1/artifacts`)).json.items;
        expect(answer.json).toEqual({ ...original, path: 'copy' });
        expect((await t.ask('PUT', path(sha256('shared format=x')))).status).toBe(200);
        expect((await t.get(`/models/${other}/versions/1/artifacts/copy`)).text).toBe('shared format=x');
        expectProblem(await t.put(path(sha256('unknown')), Buffer.alloc(0)), 404, 'blob-not-found');
        expectProblem(await t.put(path(sha256('shared format=x')), Buffer.from('body')), 422, 'invalid');
        for (const digest of ['', 'abc', sha256('x').toUpperCase(), `${sha256('x')}0`])
          expectProblem(await t.put(path(digest), Buffer.alloc(0)), 400, 'query-invalid');
      });
    });

    describe('C6 a path is taken whole', () => {
      it('no file is a folder of another, and no two paths read the same', async () => {
        const { model } = await make.version(t);
        await put(model, 'folder/file', 'x');
        await put(model, 'caf%C3%A9', 'x');
        await put(model, 'a%2520b', 'x'); // stored as a%20b
        for (const path of [
          'folder',
          'folder/file/deeper',
          'folder/file/deeper/still',
          'cafe%CC%81',
          'a%20b',
          'caf%25C3%25A9',
        ])
          expectProblem(await put(model, path, 'x'), 409, 'path-taken');
        for (const path of ['folder2', 'folde', 'folder/file2', 'folder0', 'folder-/x', 'Folder', 'CAF%C3%89'])
          expect((await put(model, path, 'x')).status, path).toBe(201);
        const { items } = (await t.get(`/models/${model}/versions/1/artifacts`)).json;
        expect(items.map((item: Artifact) => item.path)).toContain('a%20b');
        expect((await t.get(`/models/${model}/versions/1/artifacts/a%2520b`)).status).toBe(200);
        expectProblem(await t.get(`/models/${model}/versions/1/artifacts/a%20b`), 404, 'artifact-not-found');
        expectProblem(await t.del(`/models/${model}/versions/1/artifacts/cafe%CC%81`), 404, 'artifact-not-found');
      });
    });

    describe('limits', () => {
      it('R1 an artifact or a version that grows too large is 413, and nothing is kept', async () => {
        const { model } = await make.version(t);
        const before = await blobsOf(t);
        expect(expectProblem(await put(model, 'a', Buffer.alloc(2_000_001)), 413, 'too-large')).toMatchObject({
          limit_bytes: 2_000_000,
        });
        expect(await blobsOf(t)).toEqual(before);
        expect((await put(model, 'a', Buffer.alloc(2_000_000))).status).toBe(201);
        expectProblem(await put(model, 'b', Buffer.alloc(1_000_001)), 413, 'too-large');
        expect((await put(model, 'b', Buffer.alloc(1_000_000))).status).toBe(201);
        expectProblem(await put(model, 'c', 'x'), 413, 'too-large');
        expect((await put(model, 'c', '')).status).toBe(201);
        expectProblem(
          await t.put(
            `/models/${model}/versions/1/artifacts/d?digest=sha256:${sha256(Buffer.alloc(1_000_000))}`,
            Buffer.alloc(0),
          ),
          413,
          'too-large',
        );
        expect((await t.get(`/models/${model}/versions/1`)).json).toMatchObject({
          size_bytes: 3_000_000,
          artifact_count: 3,
        });
      });

      it('a signature that a file states beyond the bounds stays out, and the version can be read', async () => {
        const { model } = await make.version(t, { artifacts: { a: 'signature=huge', b: 'signature=odd' } });
        expect((await t.get(`/models/${model}/versions/1`)).json.signature).toBeNull();
        await put(model, 'c', 'signature=small');
        expect((await t.get(`/models/${model}/versions/1`)).json.signature).toEqual({
          inputs: [{ name: 'x', type: 'float32', shape: [null, 4] }],
        });
      });
    });

    it('is refused with Content-Encoding or Content-Range, and as a type that a form can send', async () => {
      const { model } = await make.version(t);
      expectProblem(await put(model, 'a', 'x', { 'content-encoding': 'gzip' }), 415, 'unsupported-media-type');
      expectProblem(await put(model, 'a', 'x', { 'content-range': 'bytes 0-0/2' }), 400, 'malformed');
      for (const type of ['text/plain', 'application/x-www-form-urlencoded; charset=utf-8', 'TEXT/PLAIN'])
        expectProblem(await put(model, 'a', 'x', { 'content-type': type }), 415, 'unsupported-media-type');
      for (const [i, type] of [
        'application/octet-stream',
        'application/json',
        'text/csv',
        'application/x-tar',
        'multipart/form-data; boundary=x',
      ].entries())
        expect((await put(model, `a${i}`, 'x', { 'content-type': type })).status, type).toBe(201);
    });

    it('404 and 409 of the version come before the bytes', async () => {
      const { model } = await make.version(t);
      expectProblem(await t.put(`/models/${model}/versions/2/artifacts/a`, Buffer.from('x')), 404, 'version-not-found');
      expectProblem(await t.put(`/models/${aName()}/versions/1/artifacts/a`, Buffer.from('x')), 404, 'model-not-found');
      expectProblem(
        await t.put(`/models/${model}/versions/production/artifacts/a`, Buffer.from('x')),
        404,
        'version-not-found',
      );
      expect((await t.put(`/models/${model}/versions/latest/artifacts/a`, Buffer.from('x'))).status).toBe(201);
    });

    it('is listed in pages, in order of the paths’ bytes', async () => {
      const paths = ['Z', 'a', 'a-b', 'a/b', 'a.b', 'b', 'é', 'z', '日本', '🌊', '\uffee', 'a0'];
      const clear = paths.filter((path) => path !== 'a'); // a is a folder here
      const { model } = await make.version(t, { artifacts: Object.fromEntries(clear.map((path) => [path, path])) });
      const expected = [...clear].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      for (const size of [1, 3, 11, 12]) {
        const items = await walk<Artifact>(t.get, `/models/${model}/versions/1/artifacts`, size);
        expect(items.map((item) => item.path)).toEqual(expected);
      }
    });

    describe('as multipart/form-data', () => {
      const part = (filename: string, content: string | Buffer, name = 'file') =>
        Buffer.concat([
          Buffer.from(
            `--edge\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
          ),
          Buffer.from(content),
          Buffer.from('\r\n'),
        ]);
      const end = Buffer.from('--edge--\r\n');
      const post = (model: string, body: Buffer, type = 'multipart/form-data; boundary=edge') =>
        t.ask('POST', `/models/${model}/versions/1/artifacts`, { body, headers: { 'content-type': type } });

      it('several files are attached under their whole paths', async () => {
        const { model } = await make.version(t);
        const field = Buffer.from('--edge\r\nContent-Disposition: form-data; name="note"\r\n\r\nread past\r\n');
        const answer = await post(
          model,
          Buffer.concat([field, part('model/weights.bin', 'w'), part('模型/é.txt', 'x'), part('plain.txt', ''), end]),
        );
        expect(answer.status, answer.text).toBe(201);
        expect(answer.json.items.map((item: Artifact) => item.path)).toEqual([
          'model/weights.bin',
          '模型/é.txt',
          'plain.txt',
        ]);
        expect(
          (await t.get(`/models/${model}/versions/1/artifacts/${encodeURIComponent('模型')}/%C3%A9.txt`)).text,
        ).toBe('x');
        expect((await post(model, Buffer.concat([part('plain.txt', ''), end]))).status).toBe(200);
        expect((await t.get(`/models/${model}/versions/1`)).json.artifact_count).toBe(3);
      });

      it('P2 a path that leaves its place is a 400, and files before it stay', async () => {
        for (const bad of [
          '../up',
          '/etc/passwd',
          'a/../../b',
          '..%2fup',
          'a\\\\b',
          'C:/x',
          '.',
          '..',
          'a//b',
          'nul.txt',
          '%2e%2e/x',
          '..%c0%af..',
          'x/%00',
        ]) {
          const { model } = await make.version(t);
          const answer = await post(model, Buffer.concat([part('good', 'g'), part(bad, 'b'), part('after', 'a'), end]));
          expectProblem(answer, 400, 'path-invalid');
          const { items } = (await t.get(`/models/${model}/versions/1/artifacts`)).json;
          expect(
            items.map((item: Artifact) => item.path),
            bad,
          ).toEqual(['good']);
        }
      });

      it('a form that cannot be read is a 400, never a fault, and says why', async () => {
        const { model } = await make.version(t);
        const nameless = Buffer.from(
          '--edge\r\nContent-Disposition: form-data; name="f"\r\nContent-Type: application/octet-stream\r\n\r\nx\r\n--edge--\r\n',
        );
        for (const [body, type] of [
          [Buffer.concat([part('a', 'x'), end]), 'multipart/form-data'],
          [Buffer.concat([part('a', 'x'), end]), 'multipart/form-data; boundary='],
          [part('cut', 'x').subarray(0, -10), undefined],
          [Buffer.from('no boundary at all'), undefined],
          [Buffer.from('--edge\r\nbroken'), undefined],
          [nameless, undefined],
        ] as const) {
          const answer = await post(model, body, type);
          expect(answer.status, `${body} ${answer.text}`).toBeGreaterThanOrEqual(400);
          expect(answer.status, `${body} ${answer.text}`).toBeLessThan(500);
          expectProblem(answer, answer.status, answer.json.type.slice('/problems/'.length));
        }
        expectProblem(await post(model, end), 422, 'invalid');
        expectProblem(await post(model, Buffer.alloc(0)), 422, 'invalid');
        expect((await t.get(`/models/${model}/versions/1`)).json.artifact_count).toBe(0);
      });

      it('R2 bytes after the last boundary, long boundaries and many parts end in bounded time', async () => {
        const { model } = await make.version(t);
        const began = performance.now();
        const tail = Buffer.alloc(1_000_000, '-');
        expect((await post(model, Buffer.concat([part('a', 'x'), end, tail]))).status).toBe(201);
        const dashes = Buffer.concat([part('b', Buffer.alloc(500_000, '-')), end]);
        expect((await post(model, dashes)).status).toBe(201);
        const fields = Buffer.from('--edge\r\nContent-Disposition: form-data; name="n"\r\n\r\nv\r\n'.repeat(2_000));
        expect((await post(model, Buffer.concat([fields, part('c', 'x'), end]))).status).toBe(413);
        expect(performance.now() - began).toBeLessThan(5_000);
      });

      it('another type is 415', async () => {
        const { model } = await make.version(t);
        for (const type of ['application/octet-stream', 'application/json', 'text/plain'])
          expectProblem(await post(model, Buffer.from('{}'), type), 415, 'unsupported-media-type');
      });
    });
  });
}

describe('uploads over a socket', () => {
  const inspector = tellingInspector();
  const t = useRegistry(databases.sqlite, { inspector, http: { uploadIdleMs: 300 } });

  /** A PUT whose body is sent piece by piece. Answers the status, or the error of the connection. */
  async function send(path: string, pieces: (Buffer | number)[], headers: Record<string, string | number> = {}) {
    const { host, port } = await t.listen();
    return new Promise<{ status?: number; error?: string; text: string; connection?: string | undefined }>(
      (resolve) => {
        const request = httpRequest({
          host,
          port,
          method: 'PUT',
          path: `/api/v1${path}`,
          headers,
        });
        request.on('error', (error: NodeJS.ErrnoException) => resolve({ error: String(error.code), text: '' }));
        request.on('response', (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode as number,
              text: Buffer.concat(chunks).toString(),
              connection: response.headers.connection,
            }),
          );
        });
        void (async () => {
          for (const piece of pieces)
            if (typeof piece === 'number') await new Promise((done) => setTimeout(done, piece));
            else if (!request.write(piece)) await new Promise((done) => request.once('drain', done));
          request.end();
        })();
      },
    );
  }

  it('D4 a sender that stalls is cut, and leaves nothing', async () => {
    const { model } = await make.version(t);
    const answer = await send(`/models/${model}/versions/1/artifacts/a`, [
      Buffer.from('half'),
      1_000,
      Buffer.from('rest'),
    ]);
    expect(answer.error ?? answer.status).toMatch(/ECONNRESET|EPIPE|400/);
    expect((await t.get(`/models/${model}/versions/1`)).json.artifact_count).toBe(0);
    expect(await blobsOf(t)).toEqual([]);
  });

  it('a slow one that goes on sending is not, nor one whose file takes long to inspect', async () => {
    const { model } = await make.version(t);
    const slow = Array.from({ length: 6 }, (_, i) => [Buffer.from(`${i}`), 100]).flat();
    expect((await send(`/models/${model}/versions/1/artifacts/slow`, slow)).status).toBe(201);
    inspector.delayMs = 900;
    expect((await send(`/models/${model}/versions/1/artifacts/long`, [Buffer.from('x')])).status).toBe(201);
    inspector.delayMs = 0;
  });

  it('a refusal reaches a client that is still sending', async () => {
    const { model } = await make.version(t, { sealed: true });
    const megabytes = Array.from({ length: 8 }, () => Buffer.alloc(2 ** 20));
    const answer = await send(`/models/${model}/versions/1/artifacts/a`, megabytes);
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.text).type).toBe('/problems/version-sealed');
  });

  it('R8 a body without end that is refused is not read on for ever: the connection is closed', async () => {
    const { model } = await make.version(t, { sealed: true });
    const megabytes = Array.from({ length: 40 }, () => Buffer.alloc(2 ** 20));
    const answer = await send(`/models/${model}/versions/1/artifacts/a`, megabytes);
    if (answer.status !== undefined) expect([answer.status, answer.connection]).toEqual([409, 'close']);
    else expect(answer.error).toMatch(/ECONNRESET|EPIPE/);
  });

  it('a body with ?digest= is a 422, not a broken connection', async () => {
    const { model } = await make.version(t);
    const answer = await send(`/models/${model}/versions/1/artifacts/a?digest=sha256:${sha256('x')}`, [
      Buffer.alloc(100_000),
    ]);
    expect(answer.status).toBe(422);
  });

  it('a body without a type is bytes', async () => {
    const { model } = await make.version(t);
    expect((await send(`/models/${model}/versions/1/artifacts/a`, [Buffer.from('x')])).status).toBe(201);
    expect((await send(`/models/${model}/versions/1/artifacts/b`, [])).status).toBe(201);
  });

  it('fewer bytes than were announced are a 400 or a cut, and leave nothing', async () => {
    const { model } = await make.version(t);
    const answer = await send(`/models/${model}/versions/1/artifacts/a`, [Buffer.from('x'), 500], {
      'content-length': 10,
    });
    expect(answer.error ?? answer.status).toMatch(/ECONNRESET|EPIPE|400/);
    expect((await t.get(`/models/${model}/versions/1`)).json.artifact_count).toBe(0);
  });
});

describe('artifacts that want to run', () => {
  const t = useRegistry(databases.sqlite, { inspector: createInspector() });

  it('S1 Nothing uploaded is ever executed: it is named, refused for promotion, and its bytes are kept as they are', async () => {
    const mark = join(tmpdir(), `assayer-must-not-be-${Date.now()}`);
    const evil = Buffer.from(`cos\nsystem\n(S'touch ${mark}'\ntR.`);
    const { model } = await make.version(t);
    const answer = await t.put(`/models/${model}/versions/1/artifacts/model.pkl`, evil);
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ format: 'pickle', verdict: 'unsafe' });
    expect(JSON.stringify(answer.json.findings)).toContain('system');
    await t.post(`/models/${model}/versions/1/seal`);
    const told = await t.post(`/models/${model}/versions/1/promotions`, { to: 'production' });
    expectProblem(told, 422, 'check-failed');
    expect((await t.get(`/models/${model}/versions/1/artifacts/model.pkl`)).bytes).toEqual(evil);
    expect(existsSync(mark)).toBe(false);
  });
});
