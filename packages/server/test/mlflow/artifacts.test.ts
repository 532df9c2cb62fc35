import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { type Opened, useRegistry } from '../support/open-registry.ts';

const AT = 'http://localhost/api/2.0/mlflow-artifacts/artifacts';
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The calls of MLflow's artifact repository, and what each came to. */
function proxyOf(t: Opened) {
  const at = (path: string) => `${AT}/${path}`;
  return {
    put: (path: string, body: Buffer | string, headers = {}) =>
      t.ask('PUT', at(path), { body: Buffer.from(body), headers: { 'content-type': 'text/plain', ...headers } }),
    get: (path: string, headers = {}) => t.ask('GET', at(path), { headers }),
    head: (path: string, headers = {}) => t.ask('HEAD', at(path), { headers }),
    del: (path: string) => t.ask('DELETE', at(path)),
    list: (path?: string) => t.ask('GET', path === undefined ? AT : `${AT}?path=${encodeURIComponent(path)}`),
  };
}

async function names(listed: Promise<{ json: { files?: { path: string }[] } }>): Promise<string[]> {
  return ((await listed).json.files ?? []).map(({ path }) => path);
}

describe.each(Object.entries(databases))('the artifact proxy on %s', (_, open) => {
  const t = useRegistry(open, { http: { uploadIdleMs: 500 } });
  const proxy = proxyOf(t);
  let made = 0;
  /** A folder that no other test uses. */
  const folder = () => {
    made += 1;
    return `7/${made.toString(16).padStart(32, '0')}/artifacts`;
  };

  it('a file is written, read, listed, overwritten and deleted', async () => {
    const at = folder();
    const put = await proxy.put(`${at}/model/MLmodel`, 'flavors: {}');
    expect([put.status, put.text, put.headers['content-length']]).toEqual([200, '', '0']);
    const got = await proxy.get(`${at}/model/MLmodel`);
    expect([got.status, got.text]).toEqual([200, 'flavors: {}']);
    expect(got.headers).toMatchObject({
      'content-length': '11',
      'content-disposition': `attachment; filename="MLmodel"; filename*=UTF-8''MLmodel`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      etag: `"${sha256(Buffer.from('flavors: {}'))}"`,
      'accept-ranges': 'bytes',
    });
    expect((await proxy.list(at)).json).toEqual({ files: [{ path: 'model', is_dir: true }] });
    expect((await proxy.list(`${at}/model`)).json).toEqual({
      files: [{ path: 'MLmodel', is_dir: false, file_size: 11 }],
    });
    expect((await proxy.put(`${at}/model/MLmodel`, 'other')).status).toBe(200);
    expect((await proxy.get(`${at}/model/MLmodel`)).text).toBe('other');
    expect((await proxy.del(`${at}/model/MLmodel`)).json).toEqual({});
    const gone = await proxy.get(`${at}/model/MLmodel`);
    expect([gone.status, gone.json.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    expect((await proxy.list(at)).json).toEqual({});
  });

  it('an empty file is stored, and listed without a size', async () => {
    const at = folder();
    expect((await proxy.put(`${at}/empty.txt`, '')).status).toBe(200);
    expect((await proxy.list(at)).json).toEqual({ files: [{ path: 'empty.txt', is_dir: false }] });
    const got = await proxy.get(`${at}/empty.txt`);
    expect([got.status, got.text, got.headers['content-length']]).toEqual([200, '', '0']);
  });

  it('what is a file, or nothing, lists nothing; a folder cannot be read, and what is not there is not found', async () => {
    const at = folder();
    await proxy.put(`${at}/a/b.txt`, 'b');
    expect((await proxy.list(`${at}/a/b.txt`)).json).toEqual({});
    expect((await proxy.list(`${at}/nothing`)).json).toEqual({});
    for (const path of [`${at}/a`, `${at}/a/`, at]) {
      const { status, json } = await proxy.get(path);
      expect([status, json.error_code], path).toEqual([400, 'INVALID_PARAMETER_VALUE']);
      expect(json.message).toMatch(/refers to a directory/);
    }
    expect((await proxy.get(`${at}/a/b`)).status).toBe(404);
    expect(await names(proxy.list(`${at}/a/`))).toEqual(['b.txt']);
    expect(await names(proxy.list())).toContain('7');
    expect(await names(proxy.list(''))).toContain('7');
  });

  it('names are sorted by code point, and a folder stands where its name does', async () => {
    const at = folder();
    for (const path of ['b', 'a/x', 'a-b', 'a.txt', 'Z', 'ä', '模', '🌊', '10', '9'])
      await proxy.put(`${at}/${encodeURIComponent(path).replaceAll('%2F', '/')}`, 'x');
    expect(await names(proxy.list(at))).toEqual(['10', '9', 'Z', 'a', 'a-b', 'a.txt', 'b', 'ä', '模', '🌊']);
  });

  it('a range, a condition and HEAD are answered as for artifacts', async () => {
    const at = `${folder()}/bytes`;
    await proxy.put(at, '0123456789');
    const part = await proxy.get(at, { range: 'bytes=2-4' });
    expect([part.status, part.text, part.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10']);
    const past = await proxy.get(at, { range: 'bytes=20-' });
    expect([past.status, past.headers['content-range'], past.json.error_code]).toEqual([
      416,
      'bytes */10',
      'INVALID_PARAMETER_VALUE',
    ]);
    const etag = String((await proxy.get(at)).headers.etag);
    expect((await proxy.get(at, { 'if-none-match': etag })).status).toBe(304);
    const head = await proxy.head(at);
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', '10']);
    expect((await proxy.head(`${at}-not`)).status).toBe(404);
  });

  it('deleting takes a folder with all that is in it and nothing beside it, and is 200 where nothing was', async () => {
    const at = folder();
    for (const path of ['d/a', 'd/e/f/g', 'd-e', 'd.txt', 'da']) await proxy.put(`${at}/${path}`, path);
    expect((await proxy.del(`${at}/d/`)).status).toBe(200);
    expect(await names(proxy.list(at))).toEqual(['d-e', 'd.txt', 'da']);
    for (const again of [`${at}/d`, `${at}/never`]) expect((await proxy.del(again)).json).toEqual({});
    await proxy.del(at);
    expect((await proxy.list(at)).json).toEqual({});
  });

  it('a folder of 5,000 files and one with 100,000 files below it are listed', async () => {
    const at = folder();
    await proxy.put(`${at}/many/0`, 'x');
    const [one] = await t.db.read.selectFrom('file').selectAll().where('path', '=', `${at}/many/0`).execute();
    const fill = async (paths: string[]) => {
      for (let i = 0; i < paths.length; i += 1_000)
        await t.db.write
          .insertInto('file')
          .values(paths.slice(i, i + 1_000).map((path) => ({ ...one!, path })))
          .execute();
    };
    const files = Array.from({ length: 4_999 }, (_, i) => `${at}/many/${i + 1}`);
    await fill(files);
    await fill(Array.from({ length: 20_000 }, (_, i) => `${at}/deep/${i % 100}/${i}/file`));
    await fill([`${at}/deep.txt`, `${at}/deep0`]);
    expect(await names(proxy.list(at))).toEqual(['deep', 'deep.txt', 'deep0', 'many']);
    const many = await names(proxy.list(`${at}/many`));
    expect(many).toEqual(Array.from({ length: 5_000 }, (_, i) => String(i)).sort());
    expect(await names(proxy.list(`${at}/deep`))).toHaveLength(100);
    expect(await t.registry.files.remove(`${at}/deep`)).toBe(20_000);
    expect(await names(proxy.list(at))).toEqual(['deep.txt', 'deep0', 'many']);
  });

  it('C6 of two files at one path one wins whole', async () => {
    const at = `${folder()}/race`;
    const bodies = Array.from({ length: 8 }, (_, i) => Buffer.alloc(200_000, String(i)));
    const answers = await Promise.all(bodies.map((body) => proxy.put(at, body)));
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200));
    const { bytes } = await proxy.get(at);
    expect(bodies.some((body) => body.equals(bytes))).toBe(true);
  });

  it('a file is no folder, and a folder no file', async () => {
    const at = folder();
    await proxy.put(`${at}/a/b`, 'x');
    for (const path of [`${at}/a`, `${at}/a/b/c`]) {
      const { status, json } = await proxy.put(path, 'x');
      expect([status, json.error_code], path).toEqual([400, 'RESOURCE_ALREADY_EXISTS']);
      expect(json.message).toContain(`${at}/a/b`);
    }
    expect(await names(proxy.list(at))).toEqual(['a']);
  });

  describe('through sockets', () => {
    /** Sends a PUT in pieces, and answers its status; undefined where the connection was cut. */
    async function send(
      path: string,
      headers: Record<string, string | number>,
      pieces: (Buffer | number)[],
      end = true,
    ) {
      const { host, port } = await t.listen();
      return new Promise<number | undefined>((resolve) => {
        const sent = httpRequest({
          host,
          port,
          method: 'PUT',
          path: `/api/2.0/mlflow-artifacts/artifacts/${path}`,
          headers,
        });
        sent.on('response', (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        sent.on('error', () => resolve(undefined));
        void (async () => {
          for (const piece of pieces) {
            if (typeof piece === 'number') await sleep(piece);
            else sent.write(piece);
          }
          if (end) sent.end();
        })();
      });
    }

    it('an empty file that arrives chunked, as MLflow sends it, is an empty file', async () => {
      const at = folder();
      expect(await send(`${at}/empty`, { 'transfer-encoding': 'chunked' }, [])).toBe(200);
      expect((await proxy.get(`${at}/empty`)).headers['content-length']).toBe('0');
    });

    it('a large file streams in and out', async () => {
      const at = `${folder()}/large.bin`;
      const piece = randomBytes(1 << 20);
      const pieces = Array.from({ length: 40 }, () => piece);
      expect(await send(at, { 'content-length': 40 << 20 }, pieces)).toBe(200);
      const { url } = await t.listen();
      const answer = await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${at}`);
      const hash = createHash('sha256');
      for await (const chunk of answer.body!) hash.update(chunk);
      expect(`"${hash.digest('hex')}"`).toBe(answer.headers.get('etag'));
      expect(answer.headers.get('content-length')).toBe(String(40 << 20));
    });

    it('D4 an upload that is cut or stalls leaves neither a file nor a draft', async () => {
      const at = folder();
      const { host, port } = await t.listen();
      const head = (path: string) =>
        `PUT /api/2.0/mlflow-artifacts/artifacts/${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n`;
      const cut = connect(port, host);
      cut.write(`${head(`${at}/cut`)}${'x'.repeat(300_000)}`);
      await sleep(100);
      cut.destroy();
      const stalled = connect(port, host);
      stalled.on('error', () => {});
      const closed = new Promise((resolve) => stalled.once('close', resolve));
      stalled.resume();
      stalled.write(`${head(`${at}/stalled`)}${'x'.repeat(300_000)}`);
      await closed;
      await expect.poll(() => readdir(join(t.blobFolder, 'drafts'))).toEqual([]);
      expect((await proxy.list(at)).json).toEqual({});
    });
  });

  describe('the files of versions', () => {
    it('are read under versions/<model id>/<number>, and cannot be written or deleted', async () => {
      const { model, number } = await make.version(t, {
        artifacts: { MLmodel: 'flavors', 'data/model.pkl': 'bytes', 'data/100%.txt': 'all' },
        sealed: true,
      });
      const at = await t.registry.files.rootOfVersion(model, String(number));
      expect(at).toMatch(/^versions\/\d+\/1$/);
      expect((await proxy.list(at)).json).toEqual({
        files: [
          { path: 'MLmodel', is_dir: false, file_size: 7 },
          { path: 'data', is_dir: true },
        ],
      });
      expect(await names(proxy.list(`${at}/data`))).toEqual(['100%.txt', 'model.pkl']);
      expect((await proxy.get(`${at}/data/model.pkl`)).text).toBe('bytes');
      expect((await proxy.get(`${at}/data/model.pkl`, { range: 'bytes=-2' })).text).toBe('es');
      expect((await proxy.head(`${at}/MLmodel`)).headers['content-length']).toBe('7');
      for (const path of [at, `${at}/data`]) expect((await proxy.get(path)).status, path).toBe(400);
      expect((await proxy.get(`${at}/nothing`)).status).toBe(404);
      for (const path of [`${at}/MLmodel`, `${at}/new`, 'versions', 'versions/x', at])
        for (const answer of [await proxy.put(path, 'x'), await proxy.del(path)]) {
          expect([answer.status, answer.json.error_code], path).toEqual([400, 'INVALID_PARAMETER_VALUE']);
          expect(answer.json.message).toMatch(/own their bytes/);
        }
      const shown = await t.ask(
        'GET',
        `http://localhost/model-versions/get-artifact?name=${model}&version=1&path=MLmodel`,
      );
      expect([shown.status, shown.text]).toEqual([200, 'flavors']);
      await t.del(`/models/${model}/versions/1?reason=old`);
      for (const answer of [await proxy.get(`${at}/MLmodel`), await proxy.list(at), await proxy.list(`${at}/data`)])
        expect([answer.status, answer.json.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
      await t.post(`/models/${model}/versions/1/restore`);
      expect((await proxy.get(`${at}/MLmodel`)).text).toBe('flavors');
      await t.del(`/models/${model}?reason=old`);
      expect((await proxy.get(`${at}/MLmodel`)).status).toBe(404);
      await t.post(`/models/${model}/purge`);
      await t.registry.idle();
      expect((await proxy.list(at)).status).toBe(404);
    });

    it('are not told of by what stands above them', async () => {
      await make.version(t, { artifacts: { a: 'a' } });
      expect((await proxy.list('versions')).json).toEqual({});
      expect((await proxy.list('versions/1')).json).toEqual({});
      expect(await names(proxy.list())).not.toContain('versions');
    });
  });

  describe('for pages', () => {
    async function aRun(artifact_uri?: string) {
      const run_id = randomBytes(16).toString('hex');
      const uri = artifact_uri ?? `mlflow-artifacts:/0/${run_id}/artifacts`;
      await t.db.write
        .insertInto('run')
        .values({
          run_id,
          experiment_id: 0,
          run_name: 'r',
          user_id: '',
          status: 'RUNNING',
          start_time: 0,
          end_time: null,
          artifact_uri: uri,
          lifecycle_stage: 'active',
          deleted_at: null,
        })
        .execute();
      return { run_id, uri };
    }

    it('the files of a run are listed from its root, and one is sent', async () => {
      const { run_id, uri } = await aRun();
      await proxy.put(`0/${run_id}/artifacts/plots/a.png`, 'png');
      await proxy.put(`0/${run_id}/artifacts/b`, '');
      expect((await t.mlflow('GET', '/artifacts/list', { run_id })).json).toEqual({
        root_uri: uri,
        files: [
          { path: 'b', is_dir: false },
          { path: 'plots', is_dir: true },
        ],
      });
      expect((await t.mlflow('GET', '/artifacts/list', { run_uuid: run_id, path: 'plots' })).json.files).toEqual([
        { path: 'plots/a.png', is_dir: false, file_size: 3 },
      ]);
      expect((await t.mlflow('GET', '/artifacts/list', { run_id, path: 'plots/a.png' })).json).toEqual({
        root_uri: uri,
      });
      const shown = await t.ask('GET', `http://localhost/get-artifact?run_uuid=${run_id}&path=plots/a.png`);
      expect([shown.status, shown.text]).toEqual([200, 'png']);
    });

    it('what is missing or kept elsewhere is said in MLflow’s form', async () => {
      const { run_id, uri } = await aRun('s3://bucket/x');
      expect((await t.mlflow('GET', '/artifacts/list', { run_id })).json).toEqual({ root_uri: uri });
      const cases: [string, number, string][] = [
        [`/get-artifact?run_id=${run_id}&path=x`, 400, 'INVALID_PARAMETER_VALUE'],
        [`/get-artifact?run_id=${run_id}`, 400, 'INVALID_PARAMETER_VALUE'],
        ['/get-artifact?path=x', 400, 'INVALID_PARAMETER_VALUE'],
        ['/get-artifact?run_id=never&path=x', 404, 'RESOURCE_DOES_NOT_EXIST'],
        ['/model-versions/get-artifact?name=never&version=1&path=x', 404, 'RESOURCE_DOES_NOT_EXIST'],
        ['/api/2.0/mlflow/artifacts/list', 400, 'INVALID_PARAMETER_VALUE'],
        ['/api/2.0/mlflow/artifacts/list?run_id=never', 404, 'RESOURCE_DOES_NOT_EXIST'],
        ['/api/2.0/mlflow/logged-models/m-never/artifacts/directories', 404, 'RESOURCE_DOES_NOT_EXIST'],
        ['/api/2.0/mlflow-artifacts/presigned/0/x', 501, 'NOT_IMPLEMENTED'],
        ['/api/2.0/mlflow-artifacts/artifacts?path=a&path=b', 400, 'INVALID_PARAMETER_VALUE'],
      ];
      for (const [path, status, code] of cases) {
        const answer = await t.ask('GET', `http://localhost${path}`);
        expect([answer.status, answer.json?.error_code], path).toEqual([status, code]);
      }
      for (const way of ['upload', 'download']) {
        const { status, json } = await t.mlflow('POST', `/artifacts/presigned-${way}-url`, { run_id: 'r', path: 'p' });
        expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
        expect(json.message).toContain('proxied artifact storage');
      }
    });
  });
});
