import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Aborted } from '../../blobs/errors.ts';
import type { ByteReader } from '../../blobs/reader.ts';
import { readStream, type StreamOptions } from '../../blobs/stream-reader.ts';
import type { Caller } from '../../contract/actor.ts';
import type { Artifact } from '../../contract/artifact.ts';
import { toRefusal } from '../../registry/blob-refusals.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import { HttpRefused } from '../refused.ts';
import { digestsHeld } from './route.ts';

export interface ArtifactSlot {
  model: string;
  ref: string;
  path: string;
}

/** The body is the artifact. A sender that stalls is cut; after a refusal the rest of a small body is read away first. */
export async function upload(
  registry: Registry,
  request: FastifyRequest,
  reply: FastifyReply,
  slot: ArtifactSlot,
  idleMs: number,
): Promise<{ artifact: Artifact; created: boolean }> {
  const { raw } = request;
  const body = readBody(raw, idleMs);
  try {
    return await registry.artifacts.upload(callerOf(request), slot, body, expectedOf(request), digestsHeld(request));
  } catch (error) {
    await body.close();
    await readAway(raw, reply);
    throw error;
  }
}

function readBody(raw: IncomingMessage, idleMs: number): ByteReader {
  // Where nothing but the parser stands before us, each chunk is a copy of its own.
  return readStream(raw, { stall: stallOf(raw, idleMs), freeChunks: raw instanceof IncomingMessage });
}

type Stall = NonNullable<StreamOptions['stall']>;

/** Cuts a sender that lets us wait. What is done with the bytes, such as writing and inspecting them, may take its time. */
function stallOf(raw: IncomingMessage, ms: number): Stall {
  return { ms, cut: () => raw.destroy() };
}

function within<T>({ ms, cut }: Stall, coming: Promise<T>): Promise<T> {
  const timer = setTimeout(cut, ms);
  return coming.finally(() => clearTimeout(timer));
}

async function hasBytes(raw: IncomingMessage, idleMs: number): Promise<boolean> {
  const body = readBody(raw, idleMs);
  try {
    return (await body.read(Buffer.alloc(1))) > 0;
  } catch (cause) {
    throw toRefusal(new Aborted(cause));
  } finally {
    await body.close();
  }
}

/** Attaches bytes that the store has. */
export async function attach(
  registry: Registry,
  request: FastifyRequest,
  reply: FastifyReply,
  slot: ArtifactSlot,
  digest: string,
  idleMs: number,
): Promise<{ artifact: Artifact; created: boolean }> {
  if (await hasBytes(request.raw, idleMs)) {
    await readAway(request.raw, reply);
    throw new HttpRefused(422, 'invalid', 'With ?digest= the body is empty. Leave digest out to upload the bytes.', {
      errors: [{ path: '', message: 'must be empty' }],
    });
  }
  return registry.artifacts.attach(callerOf(request), slot, digest.slice('sha256:'.length), digestsHeld(request));
}

/** Several files, one after the other, each streamed. A refusal ends the request; files before it stay attached. */
export async function uploadForm(
  registry: Registry,
  request: FastifyRequest,
  reply: FastifyReply,
  to: { model: string; ref: string },
  idleMs: number,
): Promise<{ items: Artifact[]; created: boolean }> {
  if (!request.isMultipart())
    throw new HttpRefused(415, 'unsupported-media-type', 'Send files as multipart/form-data, or one file with PUT.');
  const stall = stallOf(request.raw, idleMs);
  request.raw.on('error', () => {}); // the reading of its parts meets it
  const caller = callerOf(request);
  const items: Artifact[] = [];
  let created = false;
  try {
    for await (const { file, filename } of filesOf(request, stall)) {
      const slot = { ...to, path: filename };
      const one = await registry.artifacts.upload(ofPart(caller, items.length), slot, readStream(file, { stall }), {});
      items.push(one.artifact);
      created ||= one.created;
    }
  } catch (error) {
    await readAway(request.raw, reply);
    throw error;
  }
  if (items.length === 0)
    throw new HttpRefused(422, 'invalid', 'The form holds no file.', {
      errors: [{ path: '', message: 'holds no file' }],
    });
  return { items, created };
}

/** The files of a form. A form that cannot be read is the sender's mistake, whatever the parser throws. */
async function* filesOf(request: FastifyRequest, stall: Stall): AsyncGenerator<{ file: Readable; filename: string }> {
  const malformed = (why: string) => new HttpRefused(400, 'malformed', `The form cannot be read: ${why}.`);
  let parts: ReturnType<FastifyRequest['parts']>;
  try {
    parts = request.parts();
  } catch {
    throw malformed('it names no boundary');
  }
  for (;;) {
    const next = await within(stall, parts.next()).catch((error: { statusCode?: number }) => {
      throw error.statusCode === 413 ? error : malformed('it is not multipart/form-data, or was cut');
    });
    if (next.done) return;
    const part = next.value;
    if (part.type !== 'file') continue;
    if (typeof part.filename !== 'string') {
      part.file.resume();
      throw malformed('a file has no file name');
    }
    yield part;
  }
}

/** Each file of a form is a change of its own, so each has its own share of the form's idempotency key. */
function ofPart(caller: Caller, index: number): Caller {
  const { idempotency } = caller;
  if (!idempotency || index === 0) return caller;
  return { ...caller, idempotency: { ...idempotency, key: `${idempotency.key} ${index}` } };
}

/** What the sender says is coming: `Repr-Digest` (RFC 9530) or `X-Checksum-Sha256`, and the length. */
function expectedOf({ headers }: FastifyRequest): { sha256?: string; size?: number } {
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
async function readAway(body: Readable, reply: FastifyReply): Promise<void> {
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
