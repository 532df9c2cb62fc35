import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { readableAddress } from '../../src/http/mlflow/artifact-paths.ts';
import { pathOf } from '../../src/registry/runs/locations.ts';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';

const RUN = `3/${'0123456789abcdef'.repeat(2)}/artifacts`;

/** As they stand in the request line, after `…/artifacts/` of a run. */
const REFUSED: [what: string, path: string][] = [
  ['parent', '../secret'],
  ['parent within', 'a/../b'],
  ['parent at the end', 'a/..'],
  ['parents to the root', '../../../../etc/passwd'],
  ['dot', '.'],
  ['dot within', 'a/./b'],
  ['absolute', '/etc/passwd'],
  ['absolute, encoded', '%2Fetc%2Fpasswd'],
  ['empty segment', 'a//b'],
  ['encoded parent', '%2e%2e/secret'],
  ['encoded parent and slash', '%2e%2e%2fsecret'],
  ['half encoded parent', '.%2e/secret'],
  ['parent with encoded slash', '..%2Fsecret'],
  ['double encoded parent', '%252e%252e/secret'],
  ['double encoded slash', '..%252fsecret'],
  ['double encoded inner slash', 'a%252fb'],
  ['triple reading of a dot', 'a/%252e/b'],
  ['backslash', 'a%5Cb'],
  ['parent with backslash', '..%5Csecret'],
  ['double encoded backslash', '..%255csecret'],
  ['raw backslash', 'a\\b'],
  ['NUL', 'a%00b'],
  ['NUL and suffix', '../secret%00.txt'],
  ['double encoded NUL', 'a%2500b'],
  ['control character', 'a%0Ab'],
  ['delete character', 'a%7Fb'],
  ['C1 control', 'a%C2%85b'],
  ['line separator', 'a%E2%80%A8b'],
  ['overlong slash', '..%c0%afsecret'],
  ['overlong dot', '%c0%ae%c0%ae/secret'],
  ['overlong NUL', 'a%c0%80'],
  ['double encoded overlong slash', '..%25c0%25afsecret'],
  ['lone surrogate', 'a%ED%A0%80b'],
  ['broken UTF-8', 'a%FFb'],
  ['drive letter', 'C:/windows'],
  ['drive letter, encoded', 'c%3A%5Cwindows'],
  ['dot at the end', 'model.'],
  ['space at the end', 'model%20'],
  ['encoded dot at the end', 'model%252e'],
  ['only dots', '...'],
  ['device', 'nul'],
  ['device with suffix', 'models/COM1.txt'],
  ['number sign', 'a%23b'],
  ['long segment', 'a'.repeat(256)],
  ['long segment in bytes', '%C3%A9'.repeat(128)],
  ['long path', `${'a'.repeat(200)}/`.repeat(6).slice(0, -1)],
];

/** In the request line, and what is listed then. */
const TAKEN: [sent: string, listed: string][] = [
  ['a', 'a'],
  ['..a', '..a'],
  ['.hidden', '.hidden'],
  ['a%20b', 'a b'],
  ['%25', '%'],
  ['100%25.txt', '100%.txt'],
  ['a%zzb', 'a%zzb'], // as MLflow's client sends a percent sign
  ['50%', '50%'],
  ['per%cent.txt', 'per%cent.txt'],
  ['cut%2', 'cut%2'],
  ['a%20%zz%25', 'a %zz%'],
  ['%E6%A8%A1%E5%9E%8B%F0%9F%8C%8A', '模型🌊'],
  ['a+b=c&d;e,f@g!$()*~', 'a+b=c&d;e,f@g!$()*~'],
  ["it's%22quoted%22", `it's"quoted"`],
  ['ab:c', 'ab:c'],
  ['con-text', 'con-text'],
  ['a%3Fb', 'a?b'],
  ['b'.repeat(255), 'b'.repeat(255)],
];

describe.each(Object.entries(databases))('paths of the artifact proxy on %s', (_, open) => {
  const t = useRegistry(open);

  /** Past everything that would make a path tidy before it is sent. */
  async function raw(method: string, path: string, body = ''): Promise<{ status: number; text: string }> {
    const { host, port } = await t.listen();
    return new Promise((resolve, reject) => {
      const headers = { 'content-length': Buffer.byteLength(body) };
      const sent = httpRequest({ host, port, method, path, headers }, async (answer) => {
        const chunks = await answer.toArray();
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
      sent.on('error', reject).end(body);
    });
  }
  const at = (path: string) => `/api/2.0/mlflow-artifacts/artifacts/${path}`;
  const rows = () => t.db.read.selectFrom('file').select('path').orderBy('path').execute();

  it.each(REFUSED)('P2 P3 %s is refused by every verb', async (_what, path) => {
    const before = await rows();
    const asked = [
      ['PUT', at(`${RUN}/${path}`)],
      ['DELETE', at(`${RUN}/${path}`)],
      ['PUT', `/ajax-api/2.0/mlflow-artifacts/artifacts/${RUN}/${path}`],
      ...(path.includes('%23')
        ? []
        : [
            ['GET', at(`${RUN}/${path}`)],
            ['HEAD', at(`${RUN}/${path}`)],
          ]),
    ] as [string, string][];
    for (const [method, address] of asked) {
      const { status, text } = await raw(method, address, method === 'PUT' ? 'x' : '');
      expect(status, `${method} ${address}: ${text}`).toBe(400);
      if (method !== 'HEAD') expect(JSON.parse(text)).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    }
    expect(await rows()).toEqual(before);
  });

  it.each(REFUSED.filter(([, path]) => !/%23|\\/.test(path)))('P2 %s is not listed', async (what, path) => {
    let decoded = path;
    try {
      decoded = decodeURIComponent(path);
    } catch {}
    const { status, text } = await raw('GET', `${at('').slice(0, -1)}?path=${encodeURIComponent(`${RUN}/${decoded}`)}`);
    expect(status, `${what}: ${text}`).toBe(400);
    expect(text).not.toMatch(/sql|\/tmp|at .*:\d/i);
  });

  it.each(['', '/', '.', '..', '%2e', '%2F', 'versions', 'versions/', 'versions/1', 'versions/1/1/MLmodel'])(
    'P4 the root, a dot and what belongs to versions cannot be written or deleted: "%s"',
    async (path) => {
      for (const method of ['PUT', 'DELETE']) expect((await raw(method, at(path), 'x')).status, method).toBe(400);
    },
  );

  it.each(TAKEN)('P6 %s is stored byte for byte', async (sent, listed) => {
    expect(await raw('PUT', at(`${RUN}/odd/${sent}`), sent)).toEqual({ status: 200, text: '' });
    expect((await raw('GET', at(`${RUN}/odd/${sent}`))).text).toBe(sent);
    expect((await raw('GET', at(`${RUN}/odd/${encodeURIComponent(listed)}`))).text).toBe(sent);
    const { text } = await raw('GET', `${at('').slice(0, -1)}?path=${encodeURIComponent(`${RUN}/odd`)}`);
    expect(JSON.parse(text).files.map((file: { path: string }) => file.path)).toContain(listed);
    expect((await raw('DELETE', at(`${RUN}/odd/${sent}`))).status).toBe(200);
    expect((await raw('GET', at(`${RUN}/odd/${sent}`))).status).toBe(404);
  });

  it('a name that a client decoded, though it encodes nothing, finds its file', async () => {
    const at = '/api/2.0/mlflow-artifacts/artifacts';
    expect((await raw('PUT', `${at}/${RUN}/odd/per%CEnt.txt`, 'kept')).status).toBe(200);
    expect(await raw('GET', `${at}/${RUN}/odd/per%EF%BF%BDnt.txt`)).toEqual({ status: 200, text: 'kept' });
    expect((await raw('GET', `${at}/${RUN}/odd/%EF%BF%BD.txt`)).status).toBe(404);
  });

  it('P6 no two paths read the same after NFC or one percent-decoding, and letter case distinguishes', async () => {
    const put = async (path: string) => (await raw('PUT', at(`${RUN}/key/${path}`), 'x')).status;
    expect(await put('caf%C3%A9')).toBe(200);
    expect(await put('cafe%CC%81')).toBe(400);
    expect(await put('caf%25C3%25A9')).toBe(400);
    expect(await put('na%25C3%25AFve')).toBe(200);
    expect(await put('na%C3%AFve')).toBe(400);
    expect(await put('na%25C3%25AFve')).toBe(200);
    expect(await put('Caf%C3%A9')).toBe(200);
    expect(await put('cafe%CC%81/below')).toBe(400);
  });

  it('the length of a path is counted from the root of a run, a model or a version', async () => {
    const segments = (bytes: number) => 'a/'.repeat(Math.floor(bytes / 2) - 1).padEnd(bytes, 'b');
    const put = async (path: string) => (await raw('PUT', at(path), 'x')).status;
    const model = `3/models/m-${'f'.repeat(32)}/artifacts`;
    for (const root of [RUN, model]) {
      expect(await put(`${root}/${segments(1_024)}`)).toBe(200);
      expect(await put(`${root}/${segments(1_025)}`)).toBe(400);
    }
    expect(await put(`elsewhere/${segments(1_014)}`)).toBe(200);
    expect(await put(`elsewhere/${segments(1_015)}`)).toBe(400);
  });
});

it('an address is mended only where a percent sign begins no encoding', () => {
  const of = (path: string) => readableAddress(`/api/2.0/mlflow-artifacts/artifacts/${path}`).slice(36);
  for (const fine of ['a', 'a%20b', '%E6%A8%A1', '%F0%9F%8C%8A', '%25', 'a?b=%zz']) expect(of(fine)).toBe(fine);
  expect(of('100%')).toBe('100%25');
  expect(of('%zz%20')).toBe('%25zz%20');
  expect(of('%c0%ae')).toBe('%25c0%25ae');
  expect(of('%ED%A0%80')).toBe('%25ED%25A0%2580');
  expect(of('%E6%A8')).toBe('%25E6%25A8');
  expect(readableAddress('/api/v1/models/100%')).toBe('/api/v1/models/100%');
});

it('only a URI of our own has a path in the tree', () => {
  expect(pathOf('mlflow-artifacts:/0/a/artifacts')).toBe('0/a/artifacts');
  expect(pathOf('mlflow-artifacts://host/0/a/')).toBe('0/a');
  expect(pathOf('mlflow-artifacts:/')).toBe('');
  for (const uri of [
    's3://bucket/x',
    'file:///etc',
    '/etc',
    'http://h/api/2.0/mlflow-artifacts/artifacts/x',
    'mlflow-artifacts:/a?b',
    'mlflow-artifacts:/a#b',
  ])
    expect(pathOf(uri), uri).toBeUndefined();
});
