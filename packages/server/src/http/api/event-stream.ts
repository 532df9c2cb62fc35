import { once } from 'node:events';
import type { FastifyReply } from 'fastify';

const PING_EVERY_MS = 15_000;

/** Writes events as `text/event-stream` until the client goes; a comment now and then keeps the connection open. */
export async function streamEvents(
  reply: FastifyReply,
  follow: (signal: AbortSignal) => AsyncIterable<{ seq: number; line: string } | undefined>,
  stopping: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const { raw } = reply.hijack();
  raw.once('close', () => gone.abort());
  stopping.addEventListener('abort', () => gone.abort(), { signal: gone.signal });
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  raw.write(': ready\n\n');
  let pinged = Date.now();
  try {
    for await (const event of follow(gone.signal)) {
      if (raw.writableEnded) return;
      const due = Date.now() - pinged > PING_EVERY_MS;
      if (!event && !due) continue;
      if (due) pinged = Date.now();
      const text = event ? `id: ${event.seq}\ndata: ${event.line}\n\n` : ': ping\n\n';
      if (!raw.write(text)) await once(raw, 'drain', { signal: gone.signal });
    }
  } catch (error) {
    if (!gone.signal.aborted) reply.log.error({ err: error }, 'event stream');
  } finally {
    gone.abort();
    raw.end();
  }
}
