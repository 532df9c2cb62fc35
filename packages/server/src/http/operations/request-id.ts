import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Of a trace or request id as proxies make them; anything else could break a line of somebody's log. */
const WELL_FORMED = /^[\w.:/+=-]{1,128}$/;

/** The `X-Request-Id` that came, where it is well-formed, so that one id goes through all systems; else a new one. */
export function requestIdOf(raw: IncomingMessage): string {
  const given = raw.headers['x-request-id'];
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : randomUUID();
}
