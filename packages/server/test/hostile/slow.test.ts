import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { type Opened, openRegistry } from '../support/open-registry.ts';

const HEAD = 'Host: localhost\r\n';

describe('slow clients', () => {
  let t: Opened;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    t = await openRegistry(databases.sqlite, {
      http: {
        headMs: 1_000,
        requestMs: 1_000,
        uploadIdleMs: 1_000,
        idleMs: 60_000,
        connections: 5_000,
        eventStreams: 3,
      },
    });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await t.close();
  });

  /** Opens a connection, sends this much of a request, and keeps what comes. */
  async function begin(bytes: string): Promise<Socket & { said(): string }> {
    const { host, port } = await t.listen();
    const socket = connect(port, host);
    sockets.push(socket);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {}); // a reset is how some are cut
    await once(socket, 'connect');
    socket.write(bytes);
    return Object.assign(socket, { said: () => text });
  }

  /** Sends a byte again and again, as long as anybody listens. */
  function dribble(socket: Socket, byte: string, everyMs: number): void {
    const timer = setInterval(() => socket.write(byte), everyMs);
    socket.once('close', () => clearInterval(timer));
  }

  const closed = (socket: Socket) =>
    new Promise<void>((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));
  const aRead = async (path: string) => {
    const { url } = await t.listen();
    return (await fetch(`${url}/api/v1${path}`)).status;
  };

  it('R4 a half-sent head is cut, however it dribbles in, with a 408 that says so', async () => {
    const silent = await begin(`GET /api/v1/models HTTP/1.1\r\n${HEAD}X-Half: `);
    const dribbling = await begin(`GET /api/v1/models HTTP/1.1\r\n${HEAD}X-Half: `);
    dribble(dribbling, 'a', 100);
    await Promise.all([closed(silent), closed(dribbling)]);
    for (const socket of [silent, dribbling]) {
      expect(socket.said()).toMatch(/^HTTP\/1\.1 408 /);
      expect(socket.said()).toContain('/problems/too-slow');
    }
  });

  it('R4 a JSON body and an upload that come too slowly are cut, and nothing of them is kept', async () => {
    const { model } = await make.version(t);
    const json = await begin(
      `POST /api/v1/models HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    );
    dribble(json, ' ', 100);
    const upload = await begin(
      `PUT /api/v1/models/${model}/versions/1/artifacts/a HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\nx`,
    );
    await Promise.all([closed(json), closed(upload)]);
    expect((await t.get(`/models/${model}/versions/1/artifacts`)).json.items).toEqual([]);
  });

  it('R4 a refused body that goes on and on is not listened to', async () => {
    for (const [start, status] of [
      ['PUT /nowhere HTTP/1.1', 404],
      ['DELETE /api/v1/models HTTP/1.1', 405],
      ['POST /api/v1/models HTTP/1.1\r\nContent-Type: text/plain', 415],
      ['PUT /api/v1/models/nobody/versions/1/artifacts/a HTTP/1.1', 404],
    ] as const) {
      const socket = await begin(`${start}\r\n${HEAD}Content-Length: 1000000\r\n\r\nx`);
      dribble(socket, 'x', 50);
      await closed(socket);
      expect(socket.said(), start).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    }
  });

  it('R4 a reader that takes nothing of a large artifact is cut', async () => {
    const { model } = await make.version(t, { artifacts: { large: Buffer.alloc(64 * 1024 * 1024, 1) } });
    const socket = await begin(`GET /api/v1/models/${model}/versions/1/artifacts/large HTTP/1.1\r\n${HEAD}\r\n`);
    await once(socket, 'data');
    socket.pause();
    await expect.poll(() => openConnections(t), { timeout: 30_000 }).toBe(0);
  });

  it('R4 a reader that takes nothing of large pages is cut', async () => {
    const card = 'x'.repeat(400_000);
    for (let i = 0; i < 20; i += 1) await make.model(t, { card });
    const page = `GET /api/v1/models?page_size=1000 HTTP/1.1\r\n${HEAD}\r\n`;
    const socket = await begin(page.repeat(4)); // more than the buffers of the system take
    await once(socket, 'data');
    socket.pause();
    await expect.poll(() => openConnections(t), { timeout: 30_000 }).toBe(0);
  });

  it('R4 R8 beside a thousand idle and forty slow connections every read and write is answered', async () => {
    const name = aName();
    await make.model(t, { name });
    const idle = await Promise.all(Array.from({ length: 1_000 }, () => begin('')));
    const kept = await begin(`GET /api/v1/models/${name} HTTP/1.1\r\n${HEAD}\r\n`);
    await once(kept, 'data');
    const slow = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        begin(
          i % 2
            ? `GET /api/v1/models HTTP/1.1\r\n${HEAD}X: `
            : `POST /api/v1/models HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
        ),
      ),
    );
    for (const socket of slow) dribble(socket, ' ', 200);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 200; i += 1) expect(await aRead(`/models/${name}`)).toBe(200);
    expect((await t.post('/models', { name: aName() })).status).toBe(201);
    await Promise.all(slow.map(closed));
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
    // One that was idle between requests goes on; one that never said anything was cut as a head that does not come.
    kept.write(`GET /api/v1/models/${name} HTTP/1.1\r\n${HEAD}\r\n`);
    await expect.poll(() => kept.said().match(/HTTP\/1\.1 200/g)?.length).toBe(2);
    await Promise.all(idle.map(closed));
  });

  it('R8 one live stream too many is a 503 that says when to try again; reads go on', async () => {
    const open = await Promise.all(
      Array.from({ length: 3 }, () => begin(`GET /api/v1/events/stream HTTP/1.1\r\n${HEAD}\r\n`)),
    );
    await Promise.all(open.map((socket) => once(socket, 'data')));
    const refused = await t.get('/events/stream');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(await aRead('/models')).toBe(200);
    open[0]?.destroy();
    await expect
      .poll(async () => {
        const again = await begin(`GET /api/v1/events/stream HTTP/1.1\r\n${HEAD}\r\n`);
        await once(again, 'data');
        return again.said();
      })
      .toMatch(/^HTTP\/1\.1 200 /);
  });
});

function openConnections({ http }: Opened): Promise<number> {
  return new Promise((resolve, reject) =>
    http.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
