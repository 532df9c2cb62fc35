import { readdir, readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { crc32 } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { createInspector } from '../../src/formats/inspector.ts';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

/** Where MLflow's version sources led: every shape of its advisories, and what they were mended with. `PORT` is one of ours. */
const URIS = [
  ...[
    '/etc/passwd',
    'file:///etc/passwd',
    'file:/etc/passwd',
    'file://localhost/etc/passwd',
    'file:etc/passwd',
    'FILE:///etc/passwd',
  ],
  ...[
    '../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e/%2e%2e/etc/passwd',
    '%252e%252e%252fetc/passwd',
    '..\\..\\windows\\win.ini',
  ],
  ...[
    'file:///../../etc/passwd',
    'file://..%2f..%2fetc',
    'file:///etc/passwd#fragment',
    'file:///etc/passwd?query',
    'file:///etc;x=1/passwd',
  ],
  ...[
    'mlflow-artifacts:/../../etc',
    'mlflow-artifacts://host/../etc',
    'models:/churn/1',
    'runs:/abc/../../model',
    'dbfs:/etc/passwd',
  ],
  ...[
    's3://bucket/../other',
    'gs://bucket/a?versionId=1',
    'hdfs://127.0.0.1:PORT/x',
    'ftp://127.0.0.1:PORT/x',
    'http://127.0.0.1:PORT/x',
  ],
  ...[
    'https://127.0.0.1:PORT/x',
    '//127.0.0.1:PORT/x',
    'http://[::1]:PORT/',
    'http://user:pw@127.0.0.1:PORT/',
    '://127.0.0.1/x',
    'C:\\windows\\win.ini',
  ],
  ...[
    '\\\\127.0.0.1\\share\\x',
    'c:/windows',
    'data:text/html,<script>alert(1)</script>',
    'javascript:alert(1)',
    '$(id)',
    '`id`',
    '{{7*7}}',
  ],
];

/** Ways to write a way out, as they stand in an address. */
const WAYS_OUT = [
  ...[
    '..',
    '.',
    '%2e%2e',
    '%2E%2e',
    '.%2e',
    '%2e',
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e%2fetc',
    '..%5c..%5cetc',
    '%2fetc%2fpasswd',
  ],
  ...[
    '%252e%252e%252fetc',
    '..%252f..',
    '%c0%ae%c0%ae',
    '..%c0%af',
    '%uff0e%uff0e',
    '..%00',
    '%00',
    'a%0d%0ab',
    '%5c%5chost%5cx',
  ],
  ...[
    '..;/..',
    '..;/%2e%2e/etc',
    '....//',
    '%ef%bc%8e%ef%bc%8e/..',
    'c%3a%5cwindows',
    'file%3a%2f%2f%2fetc',
    '%ff%fe',
    '%ed%a0%80',
  ],
];

for (const [database, open] of Object.entries(databases))
  describe(`ways out on ${database}`, () => {
    const t = useRegistry(open);

    /** Sends the address as it is: nothing on the way normalises it. */
    async function raw(method: string, path: string): Promise<number> {
      const { host, port } = await t.listen();
      const json = /^(POST|PUT|PATCH)$/.test(method);
      const headers = json ? { 'content-type': 'application/json' } : {};
      return new Promise((resolve, reject) => {
        const request = httpRequest({ host, port, method, path, headers });
        request.on('error', reject);
        request.on('response', (response) => {
          response.resume().on('end', () => resolve(response.statusCode as number));
        });
        request.end(json ? '{}' : undefined);
      });
    }

    it('P1 thirty-nine URIs as lineage are opaque text: kept as they are, and nothing is opened', async () => {
      const asked: string[] = [];
      const trap = createServer((socket) => {
        asked.push('a connection');
        socket.destroy();
      });
      await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
      const { port } = trap.address() as { port: number };
      expect(URIS).toHaveLength(39);
      for (const shape of URIS) {
        const uri = shape.replace('PORT', String(port));
        const lineage = { run_id: uri, git_url: uri, git_commit: uri, datasets: [{ name: uri, digest: uri, uri }] };
        const tags = { source: uri, 'mlflow.source.name': uri };
        const { model } = await make.version(t, { lineage, tags, description: uri, sealed: true });
        const read = (await t.get(`/models/${model}/versions/1`)).json;
        expect(read.lineage).toEqual(lineage);
        expect(read.tags).toEqual(tags);
        expect((await t.get(`/models/${model}/versions/1/archive.tar`)).status).toBe(200);
        const found = await t.get(`/versions?filter=${encodeURIComponent(`lineage.run_id = '${uri}'`)}`);
        expect(found.json.items.map((item: { model: string }) => item.model)).toEqual([model]);
      }
      expect(asked).toEqual([]);
      trap.close();
    });

    it('P1 the same URIs as source of a version and as artifact location are refused or recorded, and nothing is opened', async () => {
      const asked: string[] = [];
      const trap = createServer((socket) => {
        asked.push('a connection');
        socket.destroy();
      });
      await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
      const { port } = trap.address() as { port: number };
      const { name } = await make.model(t);
      for (const [i, shape] of URIS.entries()) {
        const uri = shape.replace('PORT', String(port));
        const made = await t.mlflow('POST', '/model-versions/create', { name, source: uri });
        expect([200, 400, 404], `${uri}: ${made.text}`).toContain(made.status);
        if (made.status === 200) {
          const version = made.json.model_version.version;
          const { source, artifact_count } = (await t.get(`/models/${name}/versions/${version}`)).json;
          expect({ artifact_count, ...source }, uri).toMatchObject({ artifact_count: 0, protected: false, uri });
        }
        const located = { name: `${i} of ${name}`, artifact_location: uri };
        const { status, text, json } = await t.mlflow('POST', '/experiments/create', located);
        expect([200, 400], `${uri}: ${text}`).toContain(status);
        if (status !== 200) continue;
        const { run } = (await t.mlflow('POST', '/runs/create', { experiment_id: json.experiment_id })).json;
        const listed = await t.mlflow('GET', '/artifacts/list', { run_id: run.info.run_id });
        expect([200, 400], `${uri}: ${listed.text}`).toContain(listed.status);
        expect(listed.json.files, uri).toBeUndefined();
      }
      expect(asked).toEqual([]);
      trap.close();
    });

    it('P2 twenty-seven ways out, in every place of every address and verb, lead nowhere', async () => {
      const { model } = await make.version(t, { artifacts: { secret: 's' } });
      const before = [await t.registry.ledger.size(), (await filesOf(t.blobFolder)).length];
      expect(new Set(WAYS_OUT).size).toBe(27);
      const document = new URL('../../openapi.json', import.meta.url);
      const { paths } = JSON.parse(await readFile(document, 'utf8')) as { paths: Record<string, object> };
      const right: Record<string, string> = { name: model, ref: '1', alias: 'champion', path: 'secret' };
      let asked = 0;
      for (const [path, methods] of Object.entries(paths))
        for (const [, place] of path.matchAll(/\{(\w+)\}/g))
          for (const method of [...Object.keys(methods), 'head'].map((verb) => verb.toUpperCase()))
            for (const way of WAYS_OUT) {
              const address = path.replace(/\{(\w+)\}/g, (_, name: string) => (name === place ? way : right[name]!));
              const status = await raw(method, address);
              asked += 1;
              expect([400, 404, 405, 415, 422], `${method} ${address}`).toContain(status);
            }
      expect(asked).toBeGreaterThan(1_500);
      expect([await t.registry.ledger.size(), (await filesOf(t.blobFolder)).length]).toEqual(before);
    });
  });

describe('archives', () => {
  const t = useRegistry(databases.sqlite, { inspector: createInspector({ timeoutMs: 60_000 }) });

  it.each([
    ['zip', 'a parent', () => zip('../../evil')],
    ['zip', 'an absolute path', () => zip('/tmp/evil')],
    ['zip', 'a backslash', () => zip('..\\evil')],
    ['zip', 'a drive letter', () => zip('C:evil')],
    ['zip', 'a symbolic link', () => zip('link', 0o120777, '/etc/passwd')],
    ['zip', 'a device', () => zip('null', 0o020666)],
    ['tar', 'a parent', () => tar({ name: '../../evil' })],
    ['tar', 'a symbolic link', () => tar({ name: 'link', type: 'symlink', linkname: '/etc/passwd' })],
    ['tar', 'a hard link', () => tar({ name: 'link', type: 'link', linkname: '../secret' })],
  ] as const)('P7 a %s with %s is kept as it is, never extracted and never clean', async (_kind, _what, build) => {
    const bytes = await build();
    const before = await filesOf(t.blobFolder);
    const { model } = await make.version(t, { artifacts: { 'model.zip': bytes } });
    const [artifact] = (await t.get(`/models/${model}/versions/1/artifacts`)).json.items;
    expect(artifact.verdict).not.toBe('clean');
    expect((await t.get(`/models/${model}/versions/1/artifacts/model.zip`)).bytes).toEqual(bytes);
    const made = (await filesOf(t.blobFolder)).filter((file) => !before.includes(file));
    expect(made.map((file) => file.slice(-64))).toEqual([artifact.sha256]);
  });
});

describe('what a client says of itself', () => {
  const t = useRegistry(databases.sqlite, { inspector: createInspector({ timeoutMs: 60_000 }) });
  const unsafe = Buffer.from('cos\nsystem\n(S"id"\ntR.');

  it('P8 no tag, property or file name makes an unsafe version safe', async () => {
    const says = {
      verdict: 'clean',
      'assayer.verdict': 'clean',
      trusted: 'true',
      'assayer.force': 'true',
      status: 'production',
    };
    const { model } = await make.version(t, {
      tags: says,
      properties: says,
      artifacts: { 'clean.safetensors': unsafe },
      sealed: true,
    });
    const told = expectProblem(
      await t.post(`/models/${model}/versions/1/promotions`, { to: 'production' }),
      422,
      'check-failed',
    );
    expect(JSON.stringify(told.checks)).toContain('unsafe');
    expect((await t.get(`/models/${model}/versions/1`)).json).toMatchObject({ verdict: 'unsafe', status: 'draft' });
  });

  it('P8 no header makes another method, host, actor or type of a request', async () => {
    const { name } = await make.model(t);
    const overrides = {
      'x-http-method-override': 'DELETE',
      'x-http-method': 'DELETE',
      'x-method-override': 'DELETE',
      'x-original-url': '/healthz',
    };
    expect((await t.get(`/models/${name}`, overrides)).json.name).toBe(name);
    for (const header of ['x-forwarded-host', 'x-real-host', 'x-host'])
      expectProblem(await t.get('/models', { host: 'evil.example', [header]: 'localhost' }), 403, 'host-not-allowed');
    const claimed = await t.post(
      '/models',
      { name: aName() },
      { 'x-assayer-actor': 'system', 'x-assayer-verified': 'true' },
    );
    const { items } = (await t.get(`/events?subject=${claimed.json.name}`)).json;
    expect(items.map((event: { verified: boolean }) => event.verified)).toEqual([false]);
    const form = { 'content-type': 'text/plain', 'x-content-type': 'application/json' };
    expectProblem(
      await t.ask('POST', '/models', { body: Buffer.from('{"name":"x"}'), headers: form }),
      415,
      'unsupported-media-type',
    );
  });

  it('P8 nobody sets what the server alone says', async () => {
    const { model } = await make.version(t);
    for (const field of [
      'verdict',
      'status',
      'state',
      'digest',
      'etag',
      'number',
      'created_by',
      'created_at',
      'deregistered',
      'verified',
    ])
      for (const answer of [
        await t.post(`/models/${model}/versions`, { [field]: 'clean' }),
        await t.patch(`/models/${model}/versions/1`, { [field]: 'clean' }),
        await t.patch(`/models/${model}`, { [field]: 'clean' }),
      ])
        expect(expectProblem(answer, 422, 'invalid').errors).toEqual([
          { path: `/${field}`, message: 'is not a field here' },
        ]);
  });
});

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`);
}

/** A zip of one stored member, whose name and mode are what they are. */
function zip(name: string, mode = 0o100644, content = 'evil'): Buffer {
  const [path, data] = [Buffer.from(name), Buffer.from(content)];
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt32LE(crc32(data), 10);
  shared.writeUInt32LE(data.length, 14);
  shared.writeUInt32LE(data.length, 18);
  shared.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, path, data]);
  const attributes = Buffer.alloc(14);
  attributes.writeUInt32LE(mode * 0x10000, 6);
  const central = Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), shared, attributes, path]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end]);
}

async function tar(head: { name: string; type?: 'symlink' | 'link'; linkname?: string }): Promise<Buffer> {
  const archive = pack();
  archive.entry(head, head.type ? '' : 'evil');
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
