import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { noteTrouble } from '../operations/watch.ts';

/**
 * Sends chunks that are lent: the next is asked for when the system has taken the one before. What fails before the
 * first byte is answered as a problem; later the connection is broken, so that no client takes what it has for the whole.
 */
export async function sendBytes(reply: FastifyReply, chunks: AsyncGenerator<Uint8Array>): Promise<FastifyReply> {
  let next = await chunks.next();
  const { raw } = reply.hijack();
  try {
    raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>);
    for (; !next.done; next = await chunks.next()) await written(raw, next.value);
    raw.end();
  } catch (error) {
    if (!(error instanceof ClientGone)) noteTrouble(reply.request, { error: error as Error });
    raw.destroy();
  } finally {
    await chunks.return(undefined);
  }
  return reply;
}

class ClientGone extends Error {}

/** Resolves when the memory of the chunk is free again. Rejects where nobody takes it, however that is told. */
function written(raw: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new ClientGone());
    if (raw.destroyed) return gone();
    raw.once('close', gone);
    raw.write(chunk, (error) => {
      raw.off('close', gone);
      if (error) gone();
      else resolve();
    });
  });
}
