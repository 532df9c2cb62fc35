import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { parseJson } from '../json.ts';
import { HttpRefused } from '../refused.ts';
import { Fields } from './fields.ts';
import { refuseParameter } from './refused.ts';

/** What a route of the MLflow API does: fields in, a plain document out, which is sent as JSON. */
export type Handler = (fields: Fields, request: FastifyRequest, reply: FastifyReply) => unknown;

export interface RouteOptions {
  /** Of its JSON body, where it may be larger than others. */
  bodyLimit?: number;
}

/** Adds routes under `/api/2.0/mlflow`, and under the twin that a browser asks. `path` begins with a slash, and may hold `:name`. */
export type AddRoute = (
  method: HTTPMethods | HTTPMethods[],
  path: string,
  handler: Handler,
  options?: RouteOptions,
) => void;

/** The two addresses under which every route answers. */
export const PREFIXES = ['/api/2.0', '/ajax-api/2.0'] as const;

/** Whether an address belongs to the MLflow API, so that even what is not there is answered in its form. */
export function isMlflowAddress(url: string): boolean {
  return /^\/(?:(?:api|ajax-api)\/[23]\.0\/|(?:(?:model-versions\/)?get-artifact|v1\/traces|graphql)(?:\?|$))/.test(
    url,
  );
}

export function routesOf(app: FastifyInstance): AddRoute {
  return (methods, path, handler, options = {}) => {
    for (const prefix of PREFIXES)
      app.route({
        method: methods,
        url: `${prefix}/mlflow${path}`,
        exposeHeadRoute: false,
        schema: { hide: true },
        ...options,
        handler: (request, reply) => handler(fieldsOf(request), request, reply),
      });
  };
}

/** GET reads the query, everything else the body; what stands in the address is a field, too. */
export function fieldsOf(request: FastifyRequest): Fields {
  const body = request.method === 'GET' ? request.query : (request.body ?? {});
  if (typeof body !== 'object' || Array.isArray(body)) refuseParameter('The body must be a JSON object.');
  return new Fields({ ...(body as object), ...(request.params as object) });
}

/**
 * Reads bodies as MLflow's server does: they must say that they are JSON, and what cannot be parsed counts as an empty
 * object, so that the answer names the first field that is missing. What is parsed is bounded as everywhere.
 */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/json\b/i,
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: unknown) => readBody(body as Buffer),
  );
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async () =>
    refuseParameter(`Bad Request. Content-Type must be application/json.`),
  );
}

function readBody(body: Buffer): unknown {
  try {
    const value = parseJson(body) ?? {};
    // Old clients send their JSON as a JSON string.
    return typeof value === 'string' ? parseJson(Buffer.from(value)) : value;
  } catch (error) {
    if (error instanceof HttpRefused && error.message === 'The body is not JSON.') return {};
    throw error;
  }
}
