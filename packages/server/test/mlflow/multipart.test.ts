import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { collect } from '../support/blob-contract.ts';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';

const AT = 'http://localhost/api/2.0/mlflow-artifacts';
const DAY = 86_400_000;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

interface Credential {
  url: string;
  part_number: number;
}

describe.each(Object.entries(databases))('uploads in parts on %s', (_, open) => {
  const t = useRegistry(open);
  let made = 0;
  const folder = () => {
    made += 1;
    return `7/${made.toString(16).padStart(32, '0')}/artifacts/model`;
  };
  const call = (what: string, at: string, body: unknown) => t.ask('POST', `${AT}/mpu/${what}/${at}`, { body });
  const get = (path: string) => t.ask('GET', `${AT}/artifacts/${path}`);

  async function begin(at: string, num_parts: number, path = '/home/ada/big.bin') {
    const { status, json } = await call('create', at, { path, num_parts });
    expect(status).toBe(200);
    return json as { upload_id: string; credentials: Credential[] };
  }

  async function send({ url, part_number }: Credential, bytes: Buffer) {
    // As Python's requests does: without a type.
    const { host, port } = await t.listen();
    const { pathname, search } = new URL(url);
    return new Promise<{ status: number; part: { part_number: number; etag: string; url: string } }>(
      (resolve, reject) => {
        const sent = httpRequest(
          {
            host,
            port,
            method: 'PUT',
            path: pathname + search,
            headers: { host: 'localhost', 'content-length': bytes.length },
          },
          (answer) => {
            answer.resume();
            resolve({ status: answer.statusCode ?? 0, part: { part_number, etag: String(answer.headers.etag), url } });
          },
        );
        sent.on('error', reject).end(bytes);
      },
    );
  }

  async function sendAll(credentials: Credential[], pieces: Buffer[]) {
    // In no order, as threads do.
    const sent = await Promise.all(credentials.map((one, i) => send(one, pieces[i]!)).reverse());
    return sent.map(({ part }) => part).sort((a, b) => a.part_number - b.part_number);
  }

  it('the parts become one file, whole and verified, and the parts are gone', async () => {
    const at = folder();
    const pieces = Array.from({ length: 5 }, (_, i) => randomBytes(i === 4 ? 17 : 300_000));
    const { upload_id, credentials } = await begin(at, 5);
    expect(credentials.map(({ part_number }) => part_number)).toEqual([1, 2, 3, 4, 5]);
    expect(credentials[0]!.url).toMatch(
      /^http:\/\/localhost\/api\/2\.0\/mlflow-artifacts\/mpu\/part\/[0-9a-f]{32}\/1\?/,
    );
    const parts = await sendAll(credentials, pieces);
    expect((await get(`${at}/big.bin`)).status).toBe(404);
    const body = { path: '/home/ada/big.bin', upload_id, parts };
    expect((await call('complete', at, body)).json).toEqual({});
    const got = await get(`${at}/big.bin`);
    expect(got.bytes.equals(Buffer.concat(pieces))).toBe(true);
    expect(got.headers.etag).toBe(`"${sha256(Buffer.concat(pieces))}"`);
    // A client that lost the answer asks again; one that then gives up loses nothing.
    expect((await call('complete', at, body)).json).toEqual({});
    expect((await call('abort', at, body)).json).toEqual({});
    expect((await get(`${at}/big.bin`)).status).toBe(200);
    const left = await t.db.read.selectFrom('file_part').selectAll().where('upload_id', '=', upload_id).execute();
    expect(left).toEqual([]);
    const swept = await collect(t.registry.trash.sweep({ graceMs: -60_000 }));
    expect(swept.map((blob) => blob.sha256).sort()).toEqual(pieces.map(sha256).sort());
    expect((await get(`${at}/big.bin`)).status).toBe(200);
    expect(await readdir(join(t.blobFolder, 'drafts'))).toEqual([]);
  });

  it('D5 the sweep leaves the parts of an upload alone until it expires or is aborted', async () => {
    const at = folder();
    const pieces = [randomBytes(1_000), randomBytes(1_000)];
    const one = await begin(at, 2);
    const parts = await sendAll(one.credentials, pieces);
    expect(await collect(t.registry.trash.sweep({ graceMs: -60_000 }))).toEqual([]);
    const other = await begin(at, 1, 'other.bin');
    const alone = randomBytes(500);
    await send(other.credentials[0]!, alone);
    expect((await call('abort', at, { path: 'other.bin', upload_id: other.upload_id })).json).toEqual({});
    expect((await collect(t.registry.trash.sweep({ graceMs: -60_000 }))).map((blob) => blob.sha256)).toEqual([
      sha256(alone),
    ]);
    t.clock.tick(DAY + 1);
    onTestFinished(() => t.clock.run());
    expect((await send(one.credentials[0]!, pieces[0]!)).status).toBe(403);
    const late = await call('complete', at, { path: 'big.bin', upload_id: one.upload_id, parts });
    expect([late.status, late.json.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    const swept = await collect(t.registry.trash.sweep({ graceMs: -60_000 }));
    expect(swept.map((blob) => blob.sha256).sort()).toEqual(pieces.map(sha256).sort());
    expect(await t.db.read.selectFrom('file_upload').select('path').where('path', 'like', `${at}%`).execute()).toEqual(
      [],
    );
  });

  it('parts that are missing, others, doubled or out of order are refused, and the upload goes on', async () => {
    const at = folder();
    const { upload_id, credentials } = await begin(at, 3);
    const [a, b, c] = [randomBytes(100), randomBytes(100), randomBytes(100)];
    const one = (await send(credentials[0]!, a)).part;
    const three = (await send(credentials[2]!, c)).part;
    const complete = async (parts: unknown) => {
      const { status, json } = await call('complete', at, { path: 'big.bin', upload_id, parts });
      return status === 200 ? 'done' : `${json.error_code}: ${json.message}`;
    };
    const two = { part_number: 2, etag: `"${sha256(b)}"`, url: '' };
    expect(await complete([one, two, three])).toMatch(/^INVALID_PARAMETER_VALUE: .*part 2 did not/);
    expect(await complete([one, three])).toMatch(/^INVALID_PARAMETER_VALUE: .*3 parts/);
    expect(await complete(undefined)).toMatch(/^INVALID_PARAMETER_VALUE/);
    await send(credentials[1]!, randomBytes(100));
    await send(credentials[1]!, b); // a part that is sent again takes the place of the first
    expect(await complete([one, three, two])).toMatch(/^INVALID_PARAMETER_VALUE: .*in order/);
    expect(await complete([one, one, three])).toMatch(/^INVALID_PARAMETER_VALUE: .*in order/);
    expect(await complete([one, { ...two, etag: one.etag }, three])).toMatch(/^INVALID_PARAMETER_VALUE: .*ETag/);
    expect((await get(`${at}/big.bin`)).status).toBe(404);
    expect(await complete([one, two, three])).toBe('done');
    expect((await get(`${at}/big.bin`)).bytes.equals(Buffer.concat([a, b, c]))).toBe(true);
  });

  it('a part is taken only at the address that was given out', async () => {
    const at = folder();
    const { upload_id, credentials } = await begin(at, 1);
    const { url } = credentials[0]!;
    const forged = [
      url.replace(/\/1\?/, '/2?'),
      url.replace(/\/1\?/, '/01?'),
      url.replace(/expires=\d/, 'expires=9'),
      url.replace(/signature=./, (text) => `signature=${text.endsWith('A') ? 'B' : 'A'}`),
      url.replace(/signature=.*/, ''),
      url.replace(/[?].*/, ''),
      url.replace(upload_id, 'f'.repeat(32)),
      `${url}&signature=x`,
    ];
    for (const address of forged) {
      const { status, json } = await t.ask('PUT', address, { body: Buffer.from('x') });
      expect([status, json?.error_code], address).toEqual([403, 'PERMISSION_DENIED']);
    }
    expect(await t.db.read.selectFrom('file_part').selectAll().where('upload_id', '=', upload_id).execute()).toEqual(
      [],
    );
    await call('abort', at, { path: 'big.bin', upload_id });
    expect((await t.ask('PUT', url, { body: Buffer.from('x') })).status).toBe(404);
  });

  it('what cannot become a file is refused at once, and only the name of the local file counts', async () => {
    const at = folder();
    const cases: [string, Record<string, unknown>][] = [
      [at, { num_parts: 1 }],
      [at, { path: 'a', num_parts: 0 }],
      [at, { path: 'a', num_parts: -1 }],
      [at, { path: 'a', num_parts: 10_001 }],
      [at, { path: 'a', num_parts: 'many' }],
      [at, { path: '/home/ada/', num_parts: 1 }],
      [at, { path: '..', num_parts: 1 }],
      ['versions/1/1', { path: 'a', num_parts: 1 }],
      ['..%2f..', { path: 'a', num_parts: 1 }],
    ];
    for (const [where, body] of cases) {
      const { status, json } = await call('create', where, body);
      expect([status, json.error_code], JSON.stringify(body)).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    }
    const windows = await begin(at, 1, 'C:\\Users\\ada\\model.bin');
    const parts = await sendAll(windows.credentials, [Buffer.from('x')]);
    await call('complete', at, { path: 'C:\\Users\\ada\\model.bin', upload_id: windows.upload_id, parts });
    expect((await get(`${at}/model.bin`)).text).toBe('x');
    const elsewhere = await begin(at, 1);
    const sent = await sendAll(elsewhere.credentials, [Buffer.from('x')]);
    const other = await call('complete', `${at}/other`, {
      path: 'big.bin',
      upload_id: elsewhere.upload_id,
      parts: sent,
    });
    expect(other.status).toBe(404);
  });

  it('ten thousand parts have addresses, and two who complete at once make one file', async () => {
    const at = folder();
    expect((await begin(at, 10_000)).credentials).toHaveLength(10_000);
    const { upload_id, credentials } = await begin(at, 2, 'twice.bin');
    const parts = await sendAll(credentials, [Buffer.from('one'), Buffer.from('two')]);
    const body = { path: 'twice.bin', upload_id, parts };
    const answers = await Promise.all([1, 2, 3].map(() => call('complete', at, body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await get(`${at}/twice.bin`)).text).toBe('onetwo');
  });
});
