import type { Request } from '../calls/call.ts';

/** Times that a request is sent again that came at a bad moment. */
const AGAIN = 20;

/** One request, outside of what is measured. Throws where the answer is not 2xx. */
export async function ask(
  port: number,
  { method, path, body }: Request,
  again = AGAIN,
): Promise<{ status: number; type: string; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  if (answer.status === 503 && again > 0) return ask(port, { method, path, body }, again - 1);
  if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text.slice(0, 500)}`);
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', text };
}

export async function askJson<T>(port: number, request: Request): Promise<T> {
  return JSON.parse((await ask(port, request)).text) as T;
}
