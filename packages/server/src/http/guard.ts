import { isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isMlflowAddress } from './mlflow/door.ts';
import { HttpRefused } from './refused.ts';

export interface GuardOptions {
  /** Host names that are served, exact, without ports. */
  hosts: readonly string[];
  /** Origins of other sites that may send requests. */
  origins: readonly string[];
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const UNSAFE = /^(POST|PUT|PATCH|DELETE)$/;
const SIMPLE = /^(application\/x-www-form-urlencoded|text\/plain)\b/i;

/**
 * Refuses what a page in somebody's browser could send: a Host that is not ours (DNS rebinding), an Origin that is not
 * the page's own, and bodies of the types that a form can send without asking first.
 */
export function guard(app: FastifyInstance, options: GuardOptions): void {
  const hosts = new Set([...LOOPBACK, ...options.hosts.map(inBrackets)].map((host) => host.toLowerCase()));
  const origins = new Set(options.origins.map((origin) => origin.toLowerCase()));
  app.addHook('onRequest', (request, _reply, done) => {
    assertHost(request, hosts);
    assertOrigin(request, origins);
    if (UNSAFE.test(request.method) && SIMPLE.test(request.headers['content-type'] ?? '') && !isFile(request))
      throw new HttpRefused(
        415,
        'unsupported-media-type',
        'Send JSON as application/json, and files as application/octet-stream.',
      );
    done();
  });
}

/** MLflow's client sends a file with the type that it guesses. No form can send a PUT. */
function isFile({ method, url }: FastifyRequest): boolean {
  return method === 'PUT' && isMlflowAddress(url);
}

function inBrackets(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

function assertHost(request: FastifyRequest, hosts: ReadonlySet<string>): void {
  const { rawHeaders, url, httpVersion } = request.raw;
  let named = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.length === 4 && rawHeaders[i]!.toLowerCase() === 'host') named += 1;
  // RFC 9112, 3.2: two Hosts are refused, and none; the host of an absolute address would stand before the header's.
  if (named > 1 || (named === 0 && httpVersion === '1.1') || !url?.startsWith('/'))
    throw new HttpRefused(400, 'malformed', 'A request has one Host header and an address that begins with /.');
  const name = /^(.*?)(?::\d{1,5})?$/.exec(request.headers.host ?? '')?.[1]?.toLowerCase();
  if (name && hosts.has(name)) return;
  throw new HttpRefused(
    403,
    'host-not-allowed',
    'This server does not answer under this host name. The operator can add it to allowed_hosts.',
  );
}

function assertOrigin(request: FastifyRequest, origins: ReadonlySet<string>): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined) {
    const own = [`http://${request.headers.host}`, `https://${request.headers.host}`];
    const asked = origin.toLowerCase();
    if (own.some((known) => known.toLowerCase() === asked) || origins.has(asked)) return;
  } else if (site !== 'cross-site' && site !== 'same-site') return;
  else if (!UNSAFE.test(request.method) && request.headers['sec-fetch-mode'] === 'navigate') return; // a link to here
  throw new HttpRefused(
    403,
    'origin-not-allowed',
    'Requests from pages of other sites are refused. The operator can add the site to allowed_origins.',
  );
}
