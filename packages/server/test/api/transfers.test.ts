import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { startServer } from '../support/server-process.ts';

const MiB = 2 ** 20;
const onLinux = process.platform === 'linux';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('bytes over a socket', () => {
  const t = useRegistry(databases.sqlite, { http: { uploadIdleMs: 200 } });
  // More than the buffers of both ends of a connection hold.
  const large = () => make.version(t, { artifacts: { large: Buffer.alloc(32 * MiB) }, sealed: true });

  /** A connection to the server and the server's end of it, after this head was sent. */
  async function say(head: string): Promise<{ socket: Socket; served: Socket }> {
    const { host, port } = await t.listen();
    const accepted = once(t.http.server, 'connection');
    const socket = connect(port, host).on('error', () => {});
    socket.write(`${head.replaceAll('\n', '\r\n')}\r\nHost: localhost\r\n\r\n`);
    const [served] = (await accepted) as [Socket];
    return { socket, served };
  }

  /** What is answered until the server closes the connection. */
  const untilClosed = (socket: Socket) => text(socket).catch(() => '');

  const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

  /** How many files of the blob folder are open in this process. */
  async function openFiles(): Promise<number> {
    const numbers = await readdir('/proc/self/fd');
    const paths = await Promise.all(numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => '')));
    return paths.filter((path) => path.startsWith(t.blobFolder)).length;
  }

  it.each(['Content-Length: 8', 'Transfer-Encoding: chunked'])(
    'D4 an upload that announces bytes (%s) and sends none is cut, and leaves nothing',
    async (length) => {
      const { model } = await make.version(t);
      const { socket } = await say(`PUT /api/v1/models/${model}/versions/1/artifacts/a HTTP/1.1\n${length}`);
      expect(await untilClosed(socket)).not.toContain(' 20');
      expect((await t.get(`/models/${model}/versions/1`)).json.artifact_count).toBe(0);
    },
  );

  it.each(['Content-Length: 1', 'Transfer-Encoding: chunked'])(
    'R4 an attachment by digest that announces a body (%s) and sends none is cut, and attaches nothing',
    async (length) => {
      const { model } = await make.version(t, { artifacts: { known: 'known bytes' } });
      const path = `/api/v1/models/${model}/versions/1/artifacts/a?digest=sha256:${sha256(Buffer.from('known bytes'))}`;
      const { socket } = await say(`PUT ${path} HTTP/1.1\n${length}`);
      expect(await untilClosed(socket)).not.toContain(' 20');
      expect((await t.get(`/models/${model}/versions/1`)).json.artifact_count).toBe(1);
    },
  );

  const downloads = ['artifacts/large HTTP/1.1', 'artifacts/large HTTP/1.1\nRange: bytes=1-', 'archive.tar HTTP/1.1'];

  it.each(downloads)('R4 a reader that takes nothing is cut, and its file closed: %j', async (asked) => {
    const { model } = await large();
    const { socket, served } = await say(`GET /api/v1/models/${model}/versions/1/${asked}`);
    socket.pause();
    await closed(served);
    socket.destroy();
    if (onLinux) await expect.poll(openFiles).toBe(0);
  });

  it.each(downloads)('the file is closed when a reader leaves: %j', async (asked) => {
    const { model } = await large();
    const { socket, served } = await say(`GET /api/v1/models/${model}/versions/1/${asked}`);
    await once(socket, 'data');
    socket.destroy();
    await closed(served);
    if (onLinux) await expect.poll(openFiles).toBe(0);
  });

  it('A1 damage that shows only at the end breaks the connection before the last byte', async () => {
    const { model } = await large();
    const digest = sha256(Buffer.alloc(32 * MiB));
    const file = await open(join(t.blobFolder, 'sha256', digest.slice(0, 2), digest), 'r+');
    await file.write(Buffer.from([1]), 0, 1, 32 * MiB - 1);
    await file.close();
    for (const path of ['artifacts/large', 'archive.tar', 'archive.zip']) {
      const { socket } = await say(`GET /api/v1/models/${model}/versions/1/${path} HTTP/1.1`);
      let got = 0;
      socket.on('data', (chunk) => {
        got += chunk.length;
      });
      await closed(socket);
      expect(got).toBeGreaterThan(MiB);
      expect(got).toBeLessThan(32 * MiB);
    }
    await rm(join(t.blobFolder, 'sha256', digest.slice(0, 2), digest)); // for the tests after this one
  });
});

describe.runIf(onLinux)('the memory of a server', () => {
  const most = async (pid: number) =>
    Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

  it('R5 grows by less than 64 MiB for an artifact of 256 MiB, up and down', async () => {
    const data = await mkdtemp(join(tmpdir(), 'assayer-memory-'));
    const server = await startServer(['--data', data]);
    const api = `${server.url}/api/v1/models`;
    const headers = { 'content-type': 'application/json' };
    await fetch(api, { method: 'POST', headers, body: '{"name":"m"}' });
    await fetch(`${api}/m/versions`, { method: 'POST', headers, body: '{}' });
    const before = await most(server.pid);

    const put = httpRequest(`${api}/m/versions/1/artifacts/large`, { method: 'PUT' });
    const answered = once(put, 'response');
    await pipeline(Readable.from(Array.from({ length: 256 }, () => Buffer.alloc(MiB, 'x'))), put);
    const [answer] = await answered;
    expect([answer.statusCode, JSON.parse(await text(answer)).size_bytes]).toEqual([201, 256 * MiB]);
    for (const path of ['artifacts/large', 'archive.zip']) {
      let got = 0;
      for await (const chunk of (await fetch(`${api}/m/versions/1/${path}`)).body ?? []) got += chunk.length;
      expect(got).toBeGreaterThanOrEqual(256 * MiB);
    }
    expect((await most(server.pid)) - before).toBeLessThan(64);
    await server.stop();
    await rm(data, { recursive: true });
  });
});
