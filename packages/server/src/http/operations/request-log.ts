import type { FastifyRequest } from 'fastify';
import { actorOf } from '../auth.ts';
import { HttpRefused } from '../refused.ts';
import type { Log } from './log.ts';

/** `changes`: what may change something, what failed here, and what took long. `none`: only what failed here. */
export type LoggedRequests = 'all' | 'changes' | 'none';

/** A request that is over. */
export interface Seen {
  request: FastifyRequest;
  /** The address as the route has it; undefined where there is no route. */
  route: string | undefined;
  status: number;
  ms: number;
  /** Bytes over the connection, heads among them. */
  received: number;
  sent: number;
  /** The connection was gone before the answer was sent. */
  cut: boolean;
  trouble: Trouble | undefined;
}

/** Why a request was not answered as it was asked: the kind of problem, and the error where it is a fault. */
export interface Trouble {
  kind?: string;
  error?: unknown;
}

export type RequestLog = (seen: Seen) => void;

const SLOW_MS = 1_000;
const MOST_PATH = 1_024;
const READS = /^(GET|HEAD|OPTIONS)$/;

/** One line for a request. Its query stays out: clients put there what is nobody's business. */
export function createRequestLog(log: Log, which: LoggedRequests): RequestLog {
  return (seen) => {
    const { request, status, ms, cut, trouble } = seen;
    // A probe that is answered with 503 is no failure of the request.
    const failed = trouble !== undefined && (status >= 500 || trouble.error !== undefined);
    const slow = ms >= SLOW_MS;
    const asked = which === 'all' || (which === 'changes' && (slow || cut || !READS.test(request.method)));
    if (!asked && !failed) return;
    const level = trouble?.error !== undefined || status === 500 ? 'error' : failed ? 'warn' : 'info';
    if (!log.isLevelEnabled(level)) return;
    log[level](
      {
        request_id: request.id,
        method: request.method,
        path: (request.url.split('?', 1)[0] as string).slice(0, MOST_PATH),
        route: seen.route,
        status,
        ms: Math.round(ms * 10) / 10,
        received: seen.received,
        sent: seen.sent,
        actor: actorName(request),
        ip: request.ip,
        ...(cut && { cut }),
        ...(trouble?.kind !== undefined && { problem: trouble.kind }),
        ...(trouble?.error !== undefined && { err: trouble.error }),
      },
      'request',
    );
  };
}

/** A name that is none was refused already. */
function actorName(request: FastifyRequest): string | undefined {
  try {
    return actorOf(request).name;
  } catch (error) {
    if (error instanceof HttpRefused) return undefined;
    throw error;
  }
}
