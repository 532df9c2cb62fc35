import type { Answer } from './answers.ts';

/** Words of the inside, which no request of the fuzzer holds: an answer that has one took it from the server. */
const INSIDE =
  /node_modules|\bat [^ ]+ \(|\.(ts|js|mjs):\d|SQLITE_|SqliteError|kysely|better-sqlite|pg_catalog|FST_ERR|ERR_HTTP|assayer-fuzz-/i;
const BROWSER_SAFE = { 'x-content-type-options': 'nosniff' };

/**
 * What is wrong with an answer, or undefined. The fuzzer asks for little at once: no answer may be that it is too much.
 * Only to what is `tidy` an answer must be whole: what is no HTTP closes the connection, whatever is under way on it.
 */
export function problemOf(
  { status, headers, body, whole }: Answer,
  isHead: boolean,
  tidy: boolean,
): string | undefined {
  if (!whole && status === 0) return 'ends in its head';
  if (!whole) return tidy ? 'ends in its body' : undefined;
  if (status >= 500) return 'is a 5xx';
  if (status < 200) return 'is a 1xx';
  for (const [name, value] of Object.entries(BROWSER_SAFE)) if (headers[name] !== value) return `lacks ${name}`;
  const shown = `${JSON.stringify(headers)}\n${body.subarray(0, 65_536).toString('latin1')}`;
  const told = INSIDE.exec(status >= 400 ? shown : JSON.stringify(headers));
  if (told) return `tells of the inside: ${told[0]}`;
  if (Object.keys(headers).some((name) => name.startsWith('access-control'))) return 'has a cross-origin header';
  if (status < 400) return undefined;
  return isHead ? undefined : problemOfProblem(status, headers, body);
}

/** RFC 9457: every refusal is a whole problem. */
function problemOfProblem(status: number, headers: Record<string, string>, body: Buffer): string | undefined {
  if (!headers['content-type']?.startsWith('application/problem+json')) return 'is not told as a problem';
  let told: Record<string, unknown>;
  try {
    told = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return 'is a problem that is not JSON';
  }
  if (told.status !== status) return 'says another status';
  if (typeof told.type !== 'string' || !/^\/problems\/[a-z-]+$/.test(told.type)) return 'has no type';
  for (const member of ['title', 'detail']) if (!/\S/.test(String(told[member] ?? ''))) return `has no ${member}`;
  return told.request_id === headers['x-request-id'] ? undefined : 'has another request_id than its header';
}
