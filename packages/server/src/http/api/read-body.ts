import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ByteReader } from '../../blobs/reader.ts';
import { readStream, type StreamOptions } from '../../blobs/stream-reader.ts';
import type { Expected } from '../../registry/keep-bytes.ts';
import { IncomingMessage as Incoming } from '../node-http.ts';
import { HttpRefused } from '../refused.ts';

/** Hands the body of a request on as it comes. A sender that stalls is cut; after a refusal the rest of a small body is read away first. */
export async function withBody<T>(
  { raw }: FastifyRequest,
  reply: FastifyReply,
  idleMs: number,
  take: (body: ByteReader) => Promise<T>,
): Promise<T> {
  const body = readBody(raw, idleMs);
  try {
    return await take(body);
  } catch (error) {
    await body.close();
    await readAway(raw, reply);
    throw error;
  }
}

export function readBody(raw: IncomingMessage, idleMs: number): ByteReader {
  // Where nothing but the parser stands before us, each chunk is a copy of its own.
  return readStream(raw, { stall: stallOf(raw, idleMs), freeChunks: raw instanceof Incoming });
}

export type Stall = NonNullable<StreamOptions['stall']>;

/** Cuts a sender that lets us wait. What is done with the bytes, such as writing and inspecting them, may take its time. */
export function stallOf(raw: IncomingMessage, ms: number): Stall {
  return { ms, cut: () => raw.destroy() };
}

export function within<T>({ ms, cut }: Stall, coming: Promise<T>): Promise<T> {
  const timer = setTimeout(cut, ms);
  return coming.finally(() => clearTimeout(timer));
}

/** What the sender says is coming: `Repr-Digest` (RFC 9530) or `X-Checksum-Sha256`, and the length. */
export function expectedOf({ headers }: FastifyRequest): Expected {
  const size = headers['content-length'];
  const sha256 = digestOf(headers['repr-digest'], headers['x-checksum-sha256']);
  return { ...(size !== undefined && { size: Number(size) }), ...(sha256 !== undefined && { sha256 }) };
}

function digestOf(repr: string | string[] | undefined, plain: string | string[] | undefined): string | undefined {
  if (repr !== undefined) {
    const named = String(repr)
      .split(',')
      .find((digest) => /^sha-256=/i.test(digest.trim()));
    const base64 = /^sha-256=:([A-Za-z0-9+/]{43}=):/i.exec(named?.trim() ?? '')?.[1];
    if (base64) return Buffer.from(base64, 'base64').toString('hex');
    if (named !== undefined || plain === undefined)
      throw new HttpRefused(400, 'digest-invalid', 'Repr-Digest must be sha-256=:<base64 of the SHA-256>:.');
  }
  if (plain === undefined) return undefined;
  const hex = String(plain).toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex))
    throw new HttpRefused(400, 'digest-invalid', 'X-Checksum-Sha256 must be the SHA-256 in hex.');
  return hex;
}

const MOST_READ_AWAY = 16 * 1024 * 1024;
const READ_AWAY_MS = 2_000;

/**
 * A client that is still sending does not listen: an answer before its end may be lost in a reset connection. So a
 * little more is read first; what is longer is cut by closing the connection after the answer.
 */
export async function readAway(body: Readable, reply: FastifyReply): Promise<void> {
  if (body.readableEnded || body.destroyed) return;
  let read = 0;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, READ_AWAY_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    body.once('end', done).once('close', done).once('error', done);
    body.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read > MOST_READ_AWAY) done();
    });
    body.resume(); // it may have been paused by whoever read it
  });
  body.removeAllListeners('data');
  if (body.readableEnded) return;
  body.pause();
  reply.header('connection', 'close');
}
