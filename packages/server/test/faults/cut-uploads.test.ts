import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { ask, getJson, send } from './client.ts';

const KiB = 1024;
const BODY = randomBytes(2048 * KiB);
const CUTS = Array.from({ length: 32 }, (_, i) => i * 64 * KiB);

/** The head of an upload, and what of its body is sent before it is cut. */
const shapes: Record<string, (cut: number) => (Buffer | string)[]> = {
  'with its length': (cut) => [`content-length: ${BODY.length}\r\n\r\n`, BODY.subarray(0, cut)],
  'in chunks': (cut) => [`transfer-encoding: chunked\r\n\r\n${BODY.length.toString(16)}\r\n`, BODY.subarray(0, cut)],
};

/** The doors that take bytes: where these are sent, what is seen of them, and what whole ones are answered. */
const doors = {
  'the native API': {
    at: '/api/v1/models/m/versions/1/artifacts',
    stored: 201,
    seen: async (server: string) => (await getJson(server, '/models/m/versions/1/artifacts')).items,
  },
  'the artifact proxy': {
    at: '/api/2.0/mlflow-artifacts/artifacts/0/run',
    stored: 200,
    seen: async (server: string) => {
      const listed = await ask(`${server}/api/2.0/mlflow-artifacts/artifacts?path=0%2Frun`, 'GET');
      return JSON.parse(listed.bytes.toString()).files ?? [];
    },
  },
};

for (const [door, { at, stored, seen }] of Object.entries(doors))
  it(`D4 uploads cut after every 64 KiB leave nothing, through ${door}: no file, no draft, not after a restart either`, async () => {
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
        socket.write(`PUT ${at}/${path} HTTP/1.1\r\nhost: localhost\r\n`);
        socket.write('content-type: application/octet-stream\r\n');
        for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
        return socket;
      };
      // What is cut over a file that stands leaves that file as it is.
      const before = randomBytes(1_000);
      if (stored === 200) expect((await ask(`${server.url}${at}/stands`, 'PUT', before)).status).toBe(stored);
      const names = stored === 200 ? ['stands'] : [];
      const assertUntouched = async () => {
        expect((await seen(server.url)).map(({ path }: { path: string }) => path)).toEqual(names);
        for (const name of names) expect((await ask(`${server.url}${at}/${name}`, 'GET')).bytes).toEqual(before);
      };
      for (const [shape, pieces] of Object.entries(shapes))
        for (const [i, cut] of CUTS.entries()) {
          const over = i % 3 === 2 ? names[0] : undefined;
          const socket = await begin(over ?? `${shape.replaceAll(' ', '-')}-${cut}`, pieces(cut));
          if (cut % (128 * KiB) === 0) socket.destroy();
          else {
            socket.resume().end();
            await once(socket, 'close');
          }
        }
      await expect.poll(drafts).toEqual([]);
      await assertUntouched();

      // Killed while they arrive: the drafts are there, and gone after the start.
      for (const cut of CUTS) await begin(`killed-${cut}`, shapes['with its length']?.(cut) ?? []);
      await expect.poll(async () => (await drafts()).length).toBe(CUTS.length);
      await server.kill();
      server = await startServer(['--data', data, '--reserve-bytes', '0']);
      expect(await drafts()).toEqual([]);
      await assertUntouched();
      expect((await ask(`${server.url}${at}/whole`, 'PUT', BODY)).status).toBe(stored);
    } finally {
      await server.kill();
      await rm(data, { recursive: true });
    }
  });
