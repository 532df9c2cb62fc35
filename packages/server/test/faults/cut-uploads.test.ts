import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { getJson, send } from './client.ts';

const KiB = 1024;
const BODY = randomBytes(2048 * KiB);
const CUTS = Array.from({ length: 32 }, (_, i) => i * 64 * KiB);

/** The head of an upload, and what of its body is sent before it is cut. */
const shapes: Record<string, (cut: number) => (Buffer | string)[]> = {
  'with its length': (cut) => [`content-length: ${BODY.length}\r\n\r\n`, BODY.subarray(0, cut)],
  'in chunks': (cut) => [`transfer-encoding: chunked\r\n\r\n${BODY.length.toString(16)}\r\n`, BODY.subarray(0, cut)],
};

it('D4 uploads cut after every 64 KiB leave nothing: no artifact, no draft, not after a restart either', async () => {
  const data = await mkdtemp(join(tmpdir(), 'assayer-cut-'));
  const drafts = () => readdir(join(data, 'blobs', 'drafts'));
  let server = await startServer(['--data', data, '--reserve-bytes', '0']);
  try {
    await send(server.url, 'POST', '/models', { name: 'm' });
    await send(server.url, 'POST', '/models/m/versions', {});
    const { hostname, port } = new URL(server.url);
    /** Sends so much of an upload, and waits until the server has begun to read it. */
    const begin = async (path: string, pieces: (Buffer | string)[]) => {
      const socket = connect(Number(port), hostname).on('error', () => {});
      socket.write(`PUT /api/v1/models/m/versions/1/artifacts/${path} HTTP/1.1\r\nhost: localhost\r\n`);
      socket.write('content-type: application/octet-stream\r\n');
      for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
      return socket;
    };
    for (const [shape, pieces] of Object.entries(shapes))
      for (const cut of CUTS) {
        const socket = await begin(`${shape.replaceAll(' ', '-')}-${cut}`, pieces(cut));
        if (cut % (128 * KiB) === 0) socket.destroy();
        else {
          socket.resume().end();
          await once(socket, 'close');
        }
      }
    await expect.poll(drafts).toEqual([]);
    expect((await getJson(server.url, '/models/m/versions/1/artifacts')).items).toEqual([]);

    // Killed while they arrive: the drafts are there, and gone after the start.
    for (const cut of CUTS) await begin(`killed-${cut}`, shapes['with its length']?.(cut) ?? []);
    await expect.poll(async () => (await drafts()).length).toBe(CUTS.length);
    await server.kill();
    server = await startServer(['--data', data, '--reserve-bytes', '0']);
    expect(await drafts()).toEqual([]);
    expect((await getJson(server.url, '/models/m/versions/1/artifacts')).items).toEqual([]);
    expect((await send(server.url, 'PUT', '/models/m/versions/1/artifacts/whole', BODY)).status).toBe(201);
  } finally {
    await server.kill();
    await rm(data, { recursive: true });
  }
});
