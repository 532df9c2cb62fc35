import type { FileHandle } from 'node:fs/promises';
import { refused } from '../exit.ts';
import { endOf } from '../server/answer.ts';
import { ConnectionLost, LONG, withRetries } from '../server/retry.ts';
import { artifactUrl, type Carrier, readAnswer } from '../server/transfer.ts';
import type { Entry } from './manifest.ts';

export interface Source {
  carrier: Carrier;
  server: string;
  model: string;
  number: number;
  signal: AbortSignal;
  /** Bytes that arrived; less than none where they have to come again. */
  onBytes(count: number): void;
  onRetry(why: string): void;
}

/** Writes bytes `start` to `end` (exclusive) of an artifact at their place in the file. */
export async function fetchRange(
  source: Source,
  entry: Entry,
  handle: FileHandle,
  start: number,
  end: number,
): Promise<void> {
  const { carrier, signal, onBytes, onRetry } = source;
  const url = artifactUrl(source.server, source.model, source.number, entry.path);
  const isWhole = start === 0 && end === entry.size;
  const headers = { 'accept-encoding': 'identity', ...(!isWhole && { range: `bytes=${start}-${end - 1}` }) };
  let written = 0;
  const answer = await withRetries(
    LONG,
    async () => {
      onBytes(-written);
      written = 0;
      const arrived = await carrier.send({ method: 'GET', url, headers, signal });
      const { status, stream } = arrived;
      if (status !== (isWhole ? 200 : 206))
        return { status, retryAfter: arrived.headers['retry-after'], body: await readAnswer(arrived) };
      try {
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          if (written + chunk.length > end - start) throw refused(`More bytes of ${entry.path} came than it has.`);
          await handle.write(chunk, 0, chunk.length, start + written);
          written += chunk.length;
          onBytes(chunk.length);
        }
      } catch (error) {
        // What the connection throws; a full disk is no reason to try again.
        if (stream.errored === error && !signal.aborted) throw new ConnectionLost(error);
        throw error;
      }
      if (written < end - start) throw new ConnectionLost(new Error('the answer ended early'));
      return { status, body: undefined };
    },
    onRetry,
  );
  if (answer.status === 200 || answer.status === 206) return;
  throw endOf(answer.status, answer.body);
}
