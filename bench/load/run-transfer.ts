import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { TransferJob, Transferred } from './job.ts';

const CHUNK = 1024 * 1024;
/** Chunks that are written in turns, so that none changes while it is on its way. */
const CHUNKS = 8;

export async function runTransfer(job: TransferJob): Promise<Transferred> {
  const started = performance.now();
  const sha256 = await (job.kind === 'upload' ? upload(job) : download(job));
  return { seconds: (performance.now() - started) / 1_000, sha256 };
}

async function upload({ port, path, bytes, salt }: TransferJob): Promise<string> {
  const sent = request({
    port,
    path,
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', 'content-length': bytes },
  });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {}); // awaited below
  const hash = createHash('sha256');
  const chunks = Array.from({ length: CHUNKS }, () => randomFillSync(Buffer.alloc(CHUNK)));
  for (let left = bytes, i = 0; left > 0; left -= CHUNK, i += 1) {
    const chunk = (chunks[i % CHUNKS] as Buffer).subarray(0, Math.min(left, CHUNK));
    stamp(chunk, salt, i);
    hash.update(chunk);
    if (!sent.write(chunk)) await once(sent, 'drain');
  }
  sent.end();
  const [response] = await answered;
  const text = await textOf(response);
  const sha256 = hash.digest('hex');
  if (response.statusCode !== 201 && response.statusCode !== 200)
    throw new Error(`the upload was answered with ${response.statusCode}: ${text}`);
  // MLflow's API tells nothing.
  const { sha256: told = sha256 } = JSON.parse(text || '{}') as { sha256?: string };
  if (told !== sha256) throw new Error(`the server says that ${sha256} came as ${told}`);
  return sha256;
}

/** No two chunks of any uploads are alike. */
function stamp(chunk: Buffer, salt: number, i: number): void {
  if (chunk.length < 8) return;
  chunk.writeUInt32LE(salt, 0);
  chunk.writeUInt32LE(i, 4);
}

async function download({ port, path, bytes }: TransferJob): Promise<string> {
  const [response] = (await once(request({ port, path }).end(), 'response')) as [IncomingMessage];
  if (response.statusCode !== 200)
    throw new Error(`the download was answered with ${response.statusCode}: ${await textOf(response)}`);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  if (size !== bytes) throw new Error(`${size} of ${bytes} bytes came back`);
  return hash.digest('hex');
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}
