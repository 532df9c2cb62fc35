import { createHash } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** The connection broke before the whole answer was here: whether there was an effect is not known. */
export class Gone extends Error {}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

const agent = new Agent({ keepAlive: true });

/** Sends a request to the native API; `path` follows `/api/v1`. */
export const send = (
  server: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> => ask(`${server}/api/v1${path}`, method, body, headers);

/** Sends a request to an address; a body that is no Buffer is sent as JSON. */
export function ask(url: string, method: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const payload = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
  return new Promise((resolve, reject) => {
    const gone = (error: Error) => reject(new Gone(`${method} ${url}: ${error.message}`, { cause: error }));
    const asked = request(url, {
      method,
      agent,
      headers: {
        ...(payload !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
        ...headers,
      },
    });
    asked.once('error', gone);
    asked.once('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', gone);
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes: Buffer.concat(chunks) }),
      );
    });
    asked.end(payload);
  });
}

/** The answer, which must be a yes. */
export async function get(server: string, path: string): Promise<Reply> {
  const reply = await send(server, 'GET', path);
  if (reply.status !== 200) throw new Error(`GET ${path}: ${reply.status} ${reply.bytes}`);
  return reply;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
export const getJson = async (server: string, path: string): Promise<any> =>
  JSON.parse((await get(server, path)).bytes.toString());

export const getText = async (server: string, path: string): Promise<string> =>
  (await get(server, path)).bytes.toString();

/** Calls of the health probes, which are not below `/api/v1`. */
export async function readiness(server: string): Promise<{ code: number; parts: Record<string, string> }> {
  const answer = await fetch(`${server}/readyz`);
  return { code: answer.status, parts: ((await answer.json()) as { parts: Record<string, string> }).parts };
}

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
