import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { noteTrouble } from '../operations/watch.ts';

const PING_EVERY_MS = 15_000;

export interface StreamLimits {
  /** A stream whose client takes nothing for so long is cut. */
  idleMs: number;
  /** Aborted when the server stops: live streams end then. */
  stopping: AbortSignal;
}

/** Writes events as `text/event-stream` until the client goes; a comment now and then keeps the connection open. */
export async function streamEvents(
  reply: FastifyReply,
  follow: (signal: AbortSignal) => AsyncIterable<{ seq: number; line: string }[]>,
  { idleMs, stopping }: StreamLimits,
): Promise<void> {
  const gone = new AbortController();
  const { raw } = reply.hijack();
  raw.once('close', () => gone.abort());
  stopping.addEventListener('abort', () => gone.abort(), { signal: gone.signal });
  if (raw.destroyed || stopping.aborted) gone.abort(); // before anyone listened
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  raw.write(': ready\n\n');
  let pinged = Date.now();
  try {
    for await (const events of follow(gone.signal)) {
      if (raw.writableEnded) return;
      const due = Date.now() - pinged > PING_EVERY_MS;
      if (events.length === 0 && !due) continue;
      if (due) pinged = Date.now();
      const text = events.map(({ seq, line }) => `id: ${seq}\ndata: ${line}\n\n`).join('') || ': ping\n\n';
      if (!raw.write(text)) await drained(raw, idleMs, gone.signal);
    }
  } catch (error) {
    if (!gone.signal.aborted) noteTrouble(reply.request, { error });
  } finally {
    gone.abort();
    raw.end();
  }
}

async function drained(raw: ServerResponse, idleMs: number, signal: AbortSignal): Promise<void> {
  const cut = setTimeout(() => raw.destroy(), idleMs);
  try {
    await once(raw, 'drain', { signal });
  } finally {
    clearTimeout(cut);
  }
}
