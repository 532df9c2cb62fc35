import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Aborted } from '../../blobs/errors.ts';
import { readStream } from '../../blobs/stream-reader.ts';
import type { Caller } from '../../contract/actor.ts';
import type { Artifact } from '../../contract/artifact.ts';
import { toRefusal } from '../../registry/blob-refusals.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import { HttpRefused } from '../refused.ts';
import { expectedOf, readAway, readBody, type Stall, stallOf, withBody, within } from './read-body.ts';
import { digestsHeld } from './route.ts';

export interface ArtifactSlot {
  model: string;
  ref: string;
  path: string;
}

/** The body is the artifact. */
export function upload(
  registry: Registry,
  request: FastifyRequest,
  reply: FastifyReply,
  slot: ArtifactSlot,
  idleMs: number,
): Promise<{ artifact: Artifact; created: boolean }> {
  return withBody(request, reply, idleMs, (body) =>
    registry.artifacts.upload(callerOf(request), slot, body, expectedOf(request), digestsHeld(request)),
  );
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
