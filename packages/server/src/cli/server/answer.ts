import { type Problem, problemOf } from 'assayer-client';
import { causeOf } from '../causes.ts';
import { type Ended, fault, refused } from '../exit.ts';
import { adviceOn } from './advice.ts';
import type { ConnectionLost } from './retry.ts';

/** What a request was answered with; a problem becomes a refusal or a fault. */
export async function answerOf<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw endOf(response.status, error);
}

export function kindOf(problem: Problem | undefined): string {
  return problem?.type.replace(/^.*\/problems\//, '') ?? '';
}

/** How a command ends that was answered with this. */
export function endOf(status: number, body: unknown): Ended {
  const problem = problemOf(body);
  const make = status >= 500 ? fault : refused;
  if (!problem)
    return make(`The server answered with status ${status}, and not as Assayer does. Is the address right?`);
  const id = status >= 500 && problem.request_id ? [`request_id ${problem.request_id}`] : [];
  const advice = adviceOn(kindOf(problem), problem);
  return make(problem.detail, [...linesOf(problem), ...(advice ? [advice] : []), ...id], problem);
}

/** Checks and fields of a problem, one on a line. */
function linesOf({ checks, errors, detail, renamed_to }: Problem): string[] {
  const lines = (checks ?? []).map(checkLine);
  for (const { path, message } of errors ?? []) {
    const line = `${path.replace(/^\//, '')} ${message}`.trim();
    if (!detail.includes(message)) lines.push(line);
  }
  if (typeof renamed_to === 'string' && !detail.includes(renamed_to)) lines.push(`It is called ${renamed_to} now.`);
  return lines;
}

export interface CheckLike {
  check: string;
  outcome: string;
  detail: string;
  remedy?: string | undefined;
}

export function checkLine({ check, outcome, detail, remedy }: CheckLike): string {
  return `${outcome === 'passed' ? '✓' : '✗'} ${check}: ${detail}${outcome === 'passed' || !remedy ? '' : ` → ${remedy}`}`;
}

const UNREACHABLE: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
  ECONNRESET: 'the connection was cut (ECONNRESET)',
  UND_ERR_SOCKET: 'the connection was cut',
  ETIMEDOUT: 'it does not answer (ETIMEDOUT)',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to this host (EHOSTUNREACH)',
  ENETUNREACH: 'there is no way to this network (ENETUNREACH)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS. Write http:// rather than https://',
  'bad port': 'this port is reserved for another protocol, and is not connected to (bad port). Choose another port',
};

/** Certificates, and what else there is: the innermost words, with the code where they lack it. */
function wordsOf({ code, cause }: ConnectionLost): string {
  const words = causeOf(cause).trim();
  return !code || words.includes(code) ? words : `${words} (${code})`;
}

/** Nothing was answered. */
export function unreachable(server: string, error: ConnectionLost): Ended {
  const why = UNREACHABLE[error.code ?? error.message] ?? wordsOf(error);
  return fault(`Cannot reach Assayer at ${server}: ${why}.`, [
    'Start it with "assayer serve", or name another with --server URL or ASSAYER_SERVER.',
  ]);
}
