import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';

/** As they stand in the request line, after `…/artifacts/`. */
const REFUSED: [what: string, path: string][] = [
  ['parent', '../secret'],
  ['parent within', 'a/../b'],
  ['parent at the end', 'a/..'],
  ['parent alone', '..'],
  ['dot', '.'],
  ['dot within', 'a/./b'],
  ['empty', ''],
  ['only a slash', '/'],
  ['absolute', '/etc/passwd'],
  ['absolute, encoded', '%2Fetc%2Fpasswd'],
  ['empty segment', 'a//b'],
  ['slash at the end', 'a/'],
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
  ['broken percent', 'a%zzb'],
  ['cut percent', 'a%2'],
  ['drive letter', 'C:/windows'],
  ['drive letter, encoded', 'c%3A%5Cwindows'],
  ['dot at the end', 'model.'],
  ['space at the end', 'model%20'],
  ['dot at the end of a folder', 'folder./model'],
  ['encoded dot at the end', 'model%252e'],
  ['only dots', '...'],
  ['device', 'nul'],
  ['device with suffix', 'models/COM1.txt'],
  ['device, superscript', 'lpt%C2%B9'],
  ['long segment', 'a'.repeat(256)],
  ['long segment in bytes', '%C3%A9'.repeat(128)],
  ['long path', `${'a'.repeat(200)}/`.repeat(6).slice(0, -1)],
];

const TAKEN = [
  'a',
  'a/b/c.bin',
  '..a',
  '.hidden',
  'a%20b',
  'a%2Fb',
  '%25',
  '100%25.txt',
  '%E6%A8%A1%E5%9E%8B/%F0%9F%8C%8A.bin',
  'a+b=c&d;e,f@g!$()*',
  'ab:c',
  'con-text',
  'a%3Fb%23c',
  'a'.repeat(255),
  `${'a'.repeat(204)}/`.repeat(5).slice(0, -1),
];

for (const [database, open] of Object.entries(databases))
  describe(`artifact paths on ${database}`, () => {
    const t = useRegistry(open);

    /** Sends the path as it is: nothing on the way normalises it. */
    async function raw(method: string, path: string): Promise<{ status: number; body: string }> {
      const { host, port } = await t.listen();
      return new Promise((resolve, reject) => {
        const request = httpRequest({
          host,
          port,
          method,
          path,
          headers: method === 'PUT' ? { 'content-type': 'application/octet-stream' } : {},
        });
        request.on('error', reject);
        request.on('response', (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode as number, body }));
        });
        request.end(method === 'PUT' ? 'x' : undefined);
      });
    }

    it.each(REFUSED)('P2 P3 P4 %s is a 400 on every verb', async (_what, path) => {
      const { model } = await make.version(t, { artifacts: { secret: 's', b: 'b' } });
      const size = await t.registry.ledger.size();
      for (const method of ['PUT', 'GET', 'HEAD', 'DELETE']) {
        const answer = await raw(method, `/api/v1/models/${model}/versions/1/artifacts/${path}`);
        expect(answer.status, `${method} ${answer.body}`).toBe(400);
        if (method !== 'HEAD') expect(JSON.parse(answer.body)).toMatchObject({ status: 400 });
      }
      expect(await t.registry.ledger.size()).toBe(size);
    });

    it('all others are stored byte for byte, on every verb', async () => {
      const { model } = await make.version(t);
      for (const path of TAKEN) {
        if (path === 'a') continue; // a folder here
        const at = `/api/v1/models/${model}/versions/1/artifacts/${path}`;
        if (path === 'a%2Fb') await raw('DELETE', `/api/v1/models/${model}/versions/1/artifacts/a/b/c.bin`);
        const put = await raw('PUT', at);
        expect(put.status, `${path} ${put.body}`).toBe(201);
        expect(JSON.parse(put.body).path).toBe(decodeURIComponent(path));
        expect(await raw('GET', at)).toEqual({ status: 200, body: 'x' });
        expect((await raw('HEAD', at)).status).toBe(200);
        expect((await raw('DELETE', at)).status).toBe(204);
        expect((await raw('GET', at)).status).toBe(404);
      }
    });

    it('P1 No outbound call: a source that is named is opaque text, and opens nothing', async () => {
      const lineage = {
        run_id: '../../etc/passwd',
        git_url: 'file:///etc/passwd',
        datasets: [{ name: 'd', uri: 'http://169.254.169.254/' }],
      };
      const { model } = await make.version(t, { lineage });
      expect((await t.get(`/models/${model}/versions/1`)).json.lineage).toEqual(lineage);
    });
  });
