import { connect } from 'node:net';

/** What an answer may grow to before its reader has seen enough. */
const ENOUGH = 4 * 1024 * 1024;
/** What is half-sent is cut in so long (R4), even where its end was not noticed. */
const CLOSED_MS = 60_000;

/**
 * Sends bytes on a connection of its own and answers what came until the server closed it. Where the server waits for
 * more for `idleMs`, it is told that none will come. A live stream of events has no end: its reader goes. Throws where
 * the server does not close at all.
 */
export function talk(port: number, bytes: Buffer, idleMs: number): Promise<{ came: Buffer; cut: boolean }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let cut = false;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let late: NodeJS.Timeout | undefined;
    const idle = setTimeout(() => {
      socket.end();
      late ??= setTimeout(() => {
        reject(new Error(`the server does not close the connection; it sent ${Buffer.concat(chunks)}`));
        socket.destroy();
      }, CLOSED_MS);
    }, idleMs);
    socket.on('data', (chunk: Buffer) => {
      idle.refresh();
      chunks.push(chunk);
      length += chunk.length;
      if (length < ENOUGH && !chunk.includes('text/event-stream')) return;
      cut = true;
      socket.destroy();
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => {}); // a reset is an end too: what came before it is judged
    socket.on('close', () => {
      clearTimeout(idle);
      clearTimeout(late);
      resolve({ came: Buffer.concat(chunks), cut });
    });
    socket.write(bytes);
  });
}
