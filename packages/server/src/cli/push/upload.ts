import { createReadStream } from 'node:fs';
import type { Artifact } from '../../contract/artifact.ts';
import { refused } from '../exit.ts';
import { endOf } from '../server/answer.ts';
import { LONG, withRetries } from '../server/retry.ts';
import { artifactUrl, type Carrier, readAnswer } from '../server/transfer.ts';
import type { LocalFile } from './walk.ts';

export interface HashedFile extends LocalFile {
  sha256: string;
}

export interface Target {
  carrier: Carrier;
  server: string;
  model: string;
  number: number;
  signal: AbortSignal;
  /** Bytes that went out; less than none where they have to go out again. */
  onBytes(count: number): void;
  onRetry(why: string): void;
}

/** Attaches a file: by its digest where the store has the bytes already, otherwise by sending them. */
export async function upload(target: Target, file: HashedFile): Promise<{ sent: boolean; artifact: Artifact }> {
  const known = await attachKnown(target, file);
  if (known) {
    target.onBytes(file.size);
    return { sent: false, artifact: known };
  }
  return { sent: true, artifact: await sendBytes(target, file) };
}

async function attachKnown(target: Target, { path, sha256 }: HashedFile): Promise<Artifact | undefined> {
  const { carrier, signal, onRetry } = target;
  const url = `${artifactUrl(target.server, target.model, target.number, path)}?digest=sha256:${sha256}`;
  const answer = await withRetries(
    LONG,
    async () => {
      const arrived = await carrier.send({ method: 'PUT', url, signal });
      return { status: arrived.status, retryAfter: arrived.headers['retry-after'], body: await readAnswer(arrived) };
    },
    onRetry,
  );
  if (answer.status === 200 || answer.status === 201) return answer.body as Artifact;
  if (answer.status === 404 && isBlobMissing(answer.body)) return undefined;
  throw endOf(answer.status, answer.body);
}

function isBlobMissing(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'type' in body && String(body.type).endsWith('/blob-not-found');
}

async function sendBytes(target: Target, { path, file, size, sha256 }: HashedFile): Promise<Artifact> {
  const { carrier, signal, onBytes, onRetry } = target;
  const url = artifactUrl(target.server, target.model, target.number, path);
  const headers = {
    'content-type': 'application/octet-stream',
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
  };
  let sent = 0;
  const answer = await withRetries(
    LONG,
    async () => {
      onBytes(-sent);
      sent = 0;
      // Not past the size that was hashed: a file that grows meanwhile is not what is meant.
      const stream = createReadStream(file, { highWaterMark: 2 ** 18, ...(size > 0 && { end: size - 1 }) });
      stream.on('data', (chunk) => {
        sent += chunk.length;
        onBytes(chunk.length);
      });
      stream.pause();
      const body = size > 0 ? { stream, length: size } : undefined;
      if (!body) stream.destroy();
      const arrived = await carrier.send({ method: 'PUT', url, headers, body, signal });
      return { status: arrived.status, retryAfter: arrived.headers['retry-after'], body: await readAnswer(arrived) };
    },
    onRetry,
  );
  if (answer.status === 200 || answer.status === 201) return answer.body as Artifact;
  if (answer.status === 422 && String((answer.body as { type?: string }).type).endsWith('/digest-mismatch'))
    throw refused(`${path} changed while it was pushed. Nothing of it was kept; push again.`, [], answer.body);
  throw endOf(answer.status, answer.body);
}
