import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Artifact } from '../../contract/artifact.ts';
import type { Registry } from '../../registry/registry.ts';
import { HttpRefused } from '../refused.ts';
import { isHeld } from './route.ts';
import { sendBytes } from './send-bytes.ts';
import type { ArtifactSlot } from './uploads.ts';

/** Sends the bytes of an artifact, or a range of them. */
export async function sendArtifact(
  registry: Registry,
  slot: ArtifactSlot,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return sendStored(registry, await registry.artifacts.get(slot), request, reply);
}

/** What is stored, under the path that it is sent as. */
export type Stored = Pick<Artifact, 'path' | 'sha256' | 'size_bytes' | 'media_type'>;

/** Sends bytes of the store, or a range of them (RFC 9110, 14), with their digest (RFC 9530). */
export async function sendStored(
  registry: Registry,
  stored: Stored,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const etag = `"${stored.sha256}"`;
  reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'repr-digest': `sha-256=:${Buffer.from(stored.sha256, 'hex').toString('base64')}:`,
    'x-checksum-sha256': stored.sha256,
    'content-type': stored.media_type,
    'content-disposition': attachment(stored.path),
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  });
  if (isHeld(request, etag)) return reply.code(304).send();
  const range = rangeOf(request, stored, etag);
  const size = range ? range.end - range.start + 1 : stored.size_bytes;
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${stored.size_bytes}`);
  reply.header('content-length', size);
  if (request.method === 'HEAD') return reply.send();
  return sendBytes(reply, await registry.artifacts.open(stored, range));
}

/** The one range that is asked for. Several ranges, or a form that is not known, are answered with the whole. */
function rangeOf(
  request: FastifyRequest,
  { size_bytes }: Stored,
  etag: string,
): { start: number; end: number } | undefined {
  if (request.method !== 'GET') return undefined; // ranges are defined for GET alone
  const ifRange = request.headers['if-range'];
  if (ifRange !== undefined && ifRange !== etag) return undefined;
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(request.headers.range ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  const end = first === '' || last === '' ? size_bytes - 1 : Math.min(Number(last), size_bytes - 1);
  const start = first === '' ? Math.max(0, size_bytes - Number(last)) : Number(first);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start > end)
    throw new HttpRefused(
      416,
      'range-not-satisfiable',
      `The artifact has ${size_bytes} bytes.`,
      {},
      { 'content-range': `bytes */${size_bytes}` },
    );
  return { start, end };
}

/** RFC 6266: a plain name for old clients, the true one percent-encoded. Never shown inline. */
export function attachment(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
