import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../support/server-process.ts';

/**
 * Waits until this holds, while clients are at work on a server that nobody ends meanwhile. Rejects with what the server
 * said where one of them comes to its end: then the server broke off by itself, and it might never hold.
 */
export async function workedUntil(
  holds: () => boolean,
  clients: readonly Promise<unknown>[],
  server: ServerProcess,
): Promise<void> {
  const ended = Promise.race(clients).then(() => {
    throw new Error(`a client came to its end while the server was to serve it: ${server.log()}`);
  });
  ended.catch(() => {});
  while (!holds()) await Promise.race([sleep(5), ended]);
}
