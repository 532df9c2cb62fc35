import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { Readable } from 'node:stream';
import { ConnectionLost } from './retry.ts';

/** A quiet connection is given up after this; the server may inspect an artifact for a minute before it answers. */
const SILENCE_MS = 180_000;
const MOST_ANSWER = 2 ** 20;

interface Transfer {
  method: 'GET' | 'PUT';
  url: string;
  headers?: Record<string, string>;
  /** Bytes to send; `length` of them. */
  body?: { stream: Readable; length: number } | undefined;
  signal?: AbortSignal | undefined;
}

export interface Arrived {
  status: number;
  headers: http.IncomingHttpHeaders;
  stream: http.IncomingMessage;
}

/** Requests whose bodies are streamed with back-pressure, over a few connections that are kept. */
export interface Carrier {
  send(transfer: Transfer): Promise<Arrived>;
  close(): void;
}

export function openCarrier(server: string, connections: number, headers: Record<string, string>): Carrier {
  const secure = server.startsWith('https:');
  const options = { keepAlive: true, maxSockets: connections, timeout: SILENCE_MS };
  const agent = secure ? new https.Agent(options) : new http.Agent(options);
  return {
    send: (transfer) => send(secure ? https.request : http.request, agent, headers, transfer),
    close: () => agent.destroy(),
  };
}

async function send(
  request: typeof http.request,
  agent: http.Agent,
  common: Record<string, string>,
  { method, url, headers, body, signal }: Transfer,
): Promise<Arrived> {
  const length = method === 'PUT' ? { 'content-length': String(body?.length ?? 0) } : {};
  const asked = request(url, {
    method,
    agent,
    headers: { ...common, ...length, ...headers },
    ...(signal && { signal }),
  });
  asked.on('timeout', () => asked.destroy(new Error('the connection was silent for too long')));
  const answered = once(asked, 'response') as Promise<[http.IncomingMessage]>;
  let broken: unknown;
  if (body) {
    // The server may answer before it has read everything: then its answer counts, not the pipe that broke.
    body.stream.on('error', (error) => {
      broken = error;
      asked.destroy(error);
    });
    body.stream.pipe(asked);
  } else asked.end();
  try {
    const [stream] = await answered;
    body?.stream.unpipe(asked);
    asked.on('error', () => {});
    return { status: stream.statusCode ?? 0, headers: stream.headers, stream };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw broken ?? new ConnectionLost(error);
  } finally {
    body?.stream.destroy();
  }
}

/** The whole of a small answer, as JSON where it is. */
export async function readAnswer(arrived: Arrived): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of arrived.stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= MOST_ANSWER) chunks.push(chunk);
    }
  } catch (error) {
    throw new ConnectionLost(error);
  }
  const text = Buffer.concat(chunks).toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function versionUrl(server: string, model: string, ref: string | number): string {
  return `${server}/api/v1/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(ref)}`;
}

export function artifactUrl(server: string, model: string, ref: string | number, path: string): string {
  return `${versionUrl(server, model, ref)}/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`;
}
