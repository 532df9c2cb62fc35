import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const sha256 = (bytes: Buffer | string, as: 'hex' | 'base64' = 'hex') => createHash('sha256').update(bytes).digest(as);

async function untar(bytes: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const tar = extract();
  tar.end(bytes);
  for await (const entry of tar) files[entry.header.name] = await readText(entry);
  return files;
}

/** As Python reads it, with which most clients unpack. */
async function unzip(bytes: Buffer): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'assayer-zip-'));
  await writeFile(join(folder, 'a.zip'), bytes);
  const script =
    'import json, sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(json.dumps({n: z.read(n).decode() for n in z.namelist()}))';
  const { stdout } = await promisify(execFile)('python3', ['-c', script, join(folder, 'a.zip')]);
  await rm(folder, { recursive: true });
  return JSON.parse(stdout);
}

for (const [database, open] of Object.entries(databases))
  describe(`downloads on ${database}`, () => {
    const t = useRegistry(open);
    const content = '0123456789';
    const digest = sha256(content);
    const tag = `"${digest}"`;
    const at = (model: string, path = 'folder/digits.bin') => `/models/${model}/versions/1/artifacts/${path}`;
    const digits = () => make.version(t, { artifacts: { 'folder/digits.bin': content }, sealed: true });

    it('What is served is what was stored: the bytes, with their digest and no way to run in a browser', async () => {
      const { model } = await digits();
      const answer = await t.get(at(model));
      expect(answer.status).toBe(200);
      expect(answer.text).toBe(content);
      expect(answer.headers).toMatchObject({
        etag: tag,
        'repr-digest': `sha-256=:${sha256(content, 'base64')}:`,
        'x-checksum-sha256': digest,
        'accept-ranges': 'bytes',
        'content-length': '10',
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="digits.bin"; filename*=UTF-8''digits.bin`,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
      });
    });

    it('HEAD says the same without the bytes, and knows no ranges', async () => {
      const { model } = await digits();
      const [get, head] = [await t.get(at(model)), await t.ask('HEAD', at(model))];
      expect([head.status, head.text]).toEqual([200, '']);
      for (const name of [
        'etag',
        'repr-digest',
        'content-length',
        'content-type',
        'content-disposition',
        'accept-ranges',
      ])
        expect(head.headers[name], name).toBe(get.headers[name]);
      const ranged = await t.ask('HEAD', at(model), { headers: { range: 'bytes=0-1' } });
      expect([ranged.status, ranged.headers['content-length']]).toEqual([200, '10']);
      expect((await t.ask('HEAD', at(model), { headers: { 'if-none-match': tag } })).status).toBe(304);
      expect((await t.ask('HEAD', at(model, 'nothing'))).status).toBe(404);
    });

    it.each([
      ['bytes=0-0', '0', 'bytes 0-0/10'],
      ['bytes=0-9', content, 'bytes 0-9/10'],
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=7-1000', '789', 'bytes 7-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=-1000', content, 'bytes 0-9/10'],
      ['Bytes=2-4', '234', 'bytes 2-4/10'],
    ])('range %s', async (range, part, told) => {
      const { model } = await digits();
      const answer = await t.get(at(model), { range });
      expect([answer.status, answer.text]).toEqual([206, part]);
      expect(answer.headers).toMatchObject({ 'content-range': told, 'content-length': String(part.length), etag: tag });
      expect(answer.headers['repr-digest']).toBe(`sha-256=:${sha256(content, 'base64')}:`);
    });

    it.each(['bytes=10-', 'bytes=10-20', 'bytes=-0', 'bytes=999999999999999-'])(
      'range %s lies outside: 416',
      async (range) => {
        const { model } = await digits();
        const answer = await t.get(at(model), { range });
        expectProblem(answer, 416, 'range-not-satisfiable');
        expect(answer.headers['content-range']).toBe('bytes */10');
        for (const name of ['etag', 'repr-digest', 'content-disposition', 'accept-ranges', 'x-checksum-sha256'])
          expect(answer.headers[name], name).toBeUndefined();
      },
    );

    it.each([
      'bytes=4-2',
      'bytes=',
      'bytes=-',
      'bytes=a-b',
      'bytes=0-1,3-4',
      'items=0-1',
      '0-1',
      'bytes=0-1-2',
      'bytes=+1-2',
      'bytes=99999999999999999999-',
    ])('range %s is not one: the whole is sent', async (range) => {
      const { model } = await digits();
      const answer = await t.get(at(model), { range });
      expect([answer.status, answer.text]).toEqual([200, content]);
    });

    it('of an empty file a range is 416 and the whole is nothing', async () => {
      const { model } = await make.version(t, { artifacts: { empty: '' } });
      expect((await t.get(at(model, 'empty'))).text).toBe('');
      for (const range of ['bytes=0-', 'bytes=0-0', 'bytes=-1'])
        expectProblem(await t.get(at(model, 'empty'), { range }), 416, 'range-not-satisfiable');
    });

    it('If-Range keeps a range to the bytes that the client has begun', async () => {
      const { model } = await digits();
      expect((await t.get(at(model), { range: 'bytes=5-', 'if-range': tag })).status).toBe(206);
      for (const other of [`"${sha256('x')}"`, `W/${tag}`, 'Wed, 21 Oct 2015 07:28:00 GMT'])
        expect((await t.get(at(model), { range: 'bytes=5-', 'if-range': other })).status).toBe(200);
    });

    it('If-None-Match answers 304 before a range is looked at', async () => {
      const { model } = await digits();
      for (const held of [tag, `W/${tag}`, '*', `"x", ${tag}`]) {
        const answer = await t.get(at(model), { 'if-none-match': held, range: 'bytes=50-' });
        expect([answer.status, answer.text, answer.headers.etag]).toEqual([304, '', tag]);
      }
      expect((await t.get(at(model), { 'if-none-match': '"x"' })).status).toBe(200);
    });

    it('a name that is not ASCII is told in both forms', async () => {
      const name = '模型 "v1" %41;é.bin';
      const { model } = await make.version(t, { artifacts: { [`dir/${name}`]: 'x' } });
      const answer = await t.get(at(model, `dir/${encodeURIComponent(name)}`));
      const [, plain, encoded] =
        /^attachment; filename="([\x20-\x7e]*)"; filename\*=UTF-8''([!#$&+.^_`|~%0-9A-Za-z-]+)$/.exec(
          String(answer.headers['content-disposition']),
        ) ?? [];
      expect(plain).toBe('__ _v1_ _41;_.bin');
      expect(decodeURIComponent(encoded as string)).toBe(name);
    });

    it('404 names what is missing', async () => {
      const { model } = await digits();
      expect(expectProblem(await t.get(at(model, 'folder')), 404, 'artifact-not-found')).toMatchObject({
        model,
        number: 1,
        path: 'folder',
      });
      expectProblem(await t.get(`/models/${model}/versions/2/artifacts/a`), 404, 'version-not-found');
    });

    it('A1 a damaged or missing blob is never served as good: a 500 that says so, without the file’s headers', async () => {
      const { model } = await make.version(t, { artifacts: { a: 'to be cut short', b: 'to be removed' } });
      const file = (text: string) => join(t.blobFolder, 'sha256', sha256(text).slice(0, 2), sha256(text));
      await chmod(file('to be cut short'), 0o600);
      await writeFile(file('to be cut short'), 'to be');
      await rm(file('to be removed'));
      for (const [path, text] of [
        ['a', 'to be cut short'],
        ['b', 'to be removed'],
      ] as const)
        for (const headers of [{}, { range: 'bytes=0-2' }] as Record<string, string>[]) {
          const answer = await t.get(at(model, path), headers);
          expect(expectProblem(answer, 500, 'blob-damaged').sha256).toBe(sha256(text));
          for (const name of ['etag', 'repr-digest', 'content-disposition', 'content-range'])
            expect(answer.headers[name]).toBeUndefined();
        }
    });

    describe('archives', () => {
      const files = { 'a.txt': 'a', 'dir/b.bin': 'bb', [`${'long/'.repeat(40)}é 模型.txt`]: 'ccc', empty: '' };

      it('hold all artifacts of a version, under their paths', async () => {
        const { model, digest: whole } = await make.version(t, { artifacts: files, sealed: true });
        const [tar, zip] = [
          await t.get(`/models/${model}/versions/1/archive.tar`),
          await t.get(`/models/${model}/versions/@x/archive.zip`),
        ];
        expectProblem(zip, 404, 'alias-not-found');
        expect(tar.headers).toMatchObject({
          'content-type': 'application/x-tar',
          'content-disposition': `attachment; filename="${model}-1.tar"; filename*=UTF-8''${model}-1.tar`,
          etag: `"${whole}.tar"`,
          'x-content-type-options': 'nosniff',
        });
        expect(await untar(tar.bytes)).toEqual(files);
        const other = await t.get(`/models/${model}/versions/latest/archive.zip`);
        expect(other.headers).toMatchObject({ 'content-type': 'application/zip', etag: `"${whole}.zip"` });
        expect(await unzip(other.bytes)).toEqual(files);
        expect((await t.get(`/models/${model}/versions/1/archive.tar`)).bytes.equals(tar.bytes)).toBe(true);
      });

      it('HEAD and If-None-Match read no bytes', async () => {
        const { model } = await make.version(t, { artifacts: files, sealed: true });
        for (const kind of ['tar', 'zip']) {
          const head = await t.ask('HEAD', `/models/${model}/versions/1/archive.${kind}`);
          expect([head.status, head.text]).toEqual([200, '']);
          const held = { 'if-none-match': String(head.headers.etag) };
          expect((await t.get(`/models/${model}/versions/1/archive.${kind}`, held)).status).toBe(304);
        }
      });

      it('of nothing are archives too', async () => {
        const { model } = await make.version(t);
        expect(await untar((await t.get(`/models/${model}/versions/1/archive.tar`)).bytes)).toEqual({});
        expect(await unzip((await t.get(`/models/${model}/versions/1/archive.zip`)).bytes)).toEqual({});
      });

      it('whose bytes are damaged break off: no reader takes them for whole', async () => {
        const { model } = await make.version(t, { artifacts: { a: 'x'.repeat(1_000), b: 'to be damaged' } });
        const { url } = await t.listen();
        const text = (await t.get(at(model, 'b'))).text;
        await rm(join(t.blobFolder, 'sha256', sha256(text).slice(0, 2), sha256(text)));
        for (const kind of ['tar', 'zip'])
          await expect(
            fetch(`${url}/api/v1/models/${model}/versions/1/archive.${kind}`).then((response) =>
              response.arrayBuffer(),
            ),
          ).rejects.toThrow();
      });
    });
  });
