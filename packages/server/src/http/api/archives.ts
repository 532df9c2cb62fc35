import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ArchiveEntry, tarOf, zipOf } from '../../blobs/archive.ts';
import type { Registry } from '../../registry/registry.ts';
import { attachment } from './downloads.ts';
import { isHeld } from './route.ts';
import { sendBytes } from './send-bytes.ts';

const TYPES = { tar: 'application/x-tar', zip: 'application/zip' } as const;

/** Sends all artifacts of a version as one file. The same version gives the same bytes. */
export async function sendArchive(
  registry: Registry,
  model: string,
  ref: string,
  kind: 'tar' | 'zip',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const version = await registry.versions.get(model, ref);
  const mtime = new Date(version.created_at);
  const number = String(version.number);
  async function* entries(): AsyncGenerator<ArchiveEntry> {
    for await (const artifact of registry.artifacts.all(model, number))
      yield { path: artifact.path, size: artifact.size_bytes, mtime, open: () => registry.artifacts.open(artifact) };
  }
  reply.headers({
    'content-type': TYPES[kind],
    'content-disposition': attachment(`${version.model}-${version.number}.${kind}`),
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
  });
  const etag = `"${version.digest}.${kind}"`;
  if (version.digest) reply.header('etag', etag);
  if (version.digest && isHeld(request, etag)) return reply.code(304).send();
  if (request.method === 'HEAD') return reply.send();
  return sendBytes(reply, kind === 'tar' ? tarOf(entries()) : zipOf(entries()));
}
