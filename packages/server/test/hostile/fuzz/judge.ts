import { STATUS } from '../../../src/http/mlflow/refused.ts';
import type { Answer } from './answers.ts';

/** Words of the inside, which no request of the fuzzer holds: an answer that has one took it from the server. */
const INSIDE =
  /node_modules|\bat [^ ]+ \(|\.(ts|js|mjs):\d|SQLITE_|SqliteError|kysely|better-sqlite|pg_catalog|FST_ERR|ERR_HTTP|assayer-fuzz-/i;
/** How a request is refused; `either` where it is not known which request an answer belongs to. */
export type Form = 'problem' | 'mlflow' | 'unimplemented' | 'either';

const BROWSER_SAFE = { 'x-content-type-options': 'nosniff' };

/**
 * What is wrong with an answer, or undefined. The fuzzer asks for little at once: no answer may be that it is too much.
 * Only to what is `tidy` an answer must be whole: what is no HTTP closes the connection, whatever is under way on it.
 */
export function problemOf(
  { status, headers, body, whole }: Answer,
  isHead: boolean,
  tidy: boolean,
  form: Form = 'problem',
): string | undefined {
  if (!whole && status === 0) return 'ends in its head';
  if (!whole) return tidy ? 'ends in its body' : undefined;
  if (status >= 500 && !(status === 501 && (form === 'unimplemented' || form === 'either'))) return 'is a 5xx';
  if (status < 200) return 'is a 1xx';
  for (const [name, value] of Object.entries(BROWSER_SAFE)) if (headers[name] !== value) return `lacks ${name}`;
  const shown = `${JSON.stringify(headers)}\n${body.subarray(0, 65_536).toString('latin1')}`;
  const told = INSIDE.exec(status >= 400 ? shown : JSON.stringify(headers));
  if (told) return `tells of the inside: ${told[0]}`;
  if (Object.keys(headers).some((name) => name.startsWith('access-control'))) return 'has a cross-origin header';
  if (status < 400) return undefined;
  if (isHead) return undefined;
  const isMlflow = form === 'either' ? body.includes('"error_code"') : form !== 'problem';
  // An address that is spoilt may be nobody's, or the other door's.
  if (isMlflow && !headers['content-type']?.startsWith('application/problem'))
    return problemOfMlflow(status, headers, body);
  return problemOfProblem(status, headers, body);
}

/** As MLflow's client reads it: a code and a sentence, and nothing else. */
function problemOfMlflow(status: number, headers: Record<string, string>, body: Buffer): string | undefined {
  if (!headers['content-type']?.startsWith('application/json')) return 'is not told as JSON';
  let told: Record<string, unknown>;
  try {
    told = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return 'is no JSON';
  }
  if (Object.keys(told).join() !== 'error_code,message') return 'has other members than error_code and message';
  const code = STATUS[told.error_code as keyof typeof STATUS];
  if (code === undefined || (code !== status && ![405, 416].includes(status))) return 'has a code of another status';
  return /\S/.test(String(told.message)) ? undefined : 'has no message';
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
