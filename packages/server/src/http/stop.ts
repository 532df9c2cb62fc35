import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const LOOK_EVERY_MS = 50;

/**
 * How to stop serving: no new connections, requests under way may end for so long, then their connections are cut. To be
 * prepared before the server listens.
 */
export function prepareStop(app: FastifyInstance): (deadlineMs: number) => Promise<void> {
  const connections = new Set<Socket>();
  app.server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });

  /** Idle after an answer, or open since before a first request, as browsers keep one in store. */
  function closeIdle() {
    app.server.closeIdleConnections();
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  }

  return async (deadlineMs) => {
    // A connection whose request ends after the stop began is idle then: it is not waited for.
    const idle = setInterval(closeIdle, LOOK_EVERY_MS);
    const cut = setTimeout(() => app.server.closeAllConnections(), deadlineMs);
    try {
      await app.close();
    } finally {
      clearTimeout(cut);
      clearInterval(idle);
    }
  };
}
