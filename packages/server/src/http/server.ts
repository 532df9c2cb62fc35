import { randomUUID } from 'node:crypto';
import multipart from '@fastify/multipart';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Database } from '../db/database.ts';
import type { Registry } from '../registry/registry.ts';
import { aliasRoutes } from './api/aliases.ts';
import { artifactRoutes, uploadRoutes } from './api/artifacts.ts';
import { eventRoutes } from './api/events.ts';
import { ledgerRoutes } from './api/ledger.ts';
import { modelRoutes } from './api/models.ts';
import { answerWithProblem } from './api/problems.ts';
import { trashRoutes } from './api/trash.ts';
import { versionRoutes } from './api/versions.ts';
import { type GuardOptions, guard } from './guard.ts';
import { type Health, healthRoutes } from './health.ts';
import { acceptJson } from './json.ts';
import { HttpRefused } from './refused.ts';
import { validateWithSchemas } from './validate.ts';

export interface HttpOptions extends GuardOptions {
  jsonBytes: number;
  headerBytes: number;
  connections: number;
  requestMs: number;
  idleMs: number;
  uploadIdleMs: number;
  eventStreams: number;
  log: FastifyBaseLogger;
}

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** The doors, side by side over one registry. `beforeRoutes` is for what must see every route: the OpenAPI document. */
export async function createHttp(
  registry: Registry,
  db: Pick<Database, 'isAway' | 'isFull'>,
  health: Health,
  options: HttpOptions,
  beforeRoutes?: (app: FastifyInstance) => Promise<void>,
): Promise<FastifyInstance> {
  const answer = answerWithProblem(db);
  const stopping = new AbortController();
  const app = fastify({
    loggerInstance: options.log,
    bodyLimit: options.jsonBytes,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 16_384, ignoreTrailingSlash: false, caseSensitive: true },
    http: {
      maxHeaderSize: options.headerBytes,
      headersTimeout: Math.min(options.requestMs, 30_000),
      requestTimeout: 0,
    },
    keepAliveTimeout: options.idleMs,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void answer(error, request, reply as never),
    onProtoPoisoning: 'error',
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = options.connections;
  validateWithSchemas(app);
  acceptJson(app);
  guard(app, options);
  app.setErrorHandler(answer);
  app.setNotFoundHandler((request, reply) =>
    answer(
      new HttpRefused(404, 'not-found', 'There is nothing at this address. See /docs for what there is.'),
      request,
      reply,
    ),
  );
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...HEADERS, 'x-request-id': request.id });
    cutSlowBody(request.raw, options.requestMs);
  });
  app.addHook('preValidation', async ({ params, query }) => assertReadable(params, query));
  app.addHook('preClose', async () => stopping.abort());
  await beforeRoutes?.(app);
  healthRoutes(app, health);
  await app.register(
    async (api) => {
      modelRoutes(api, registry);
      aliasRoutes(api, registry);
      versionRoutes(api, registry);
      artifactRoutes(api, registry);
      trashRoutes(api, registry);
      eventRoutes(api, registry, { mostStreams: options.eventStreams, stopping: stopping.signal });
      ledgerRoutes(api, registry);
      await api.register(async (bytes) => {
        await bytes.register(multipart, {
          limits: { files: 1_000, fields: 100, parts: 1_100, fileSize: Number.MAX_SAFE_INTEGER },
        });
        uploadRoutes(bytes, registry, options.uploadIdleMs);
      });
    },
    { prefix: '/api/v1' },
  );
  return app;
}

/** A JSON body has so long to arrive; the bodies of uploads are watched for stalls instead. */
function cutSlowBody(raw: import('node:http').IncomingMessage, ms: number): void {
  if (!/json/i.test(raw.headers['content-type'] ?? '')) return;
  const timer = setTimeout(() => raw.destroy(), ms);
  raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

/** NUL is no character of any name here, and PostgreSQL does not take it. */
function assertReadable(...parts: unknown[]): void {
  for (const part of parts)
    for (const [key, value] of Object.entries((part ?? {}) as Record<string, unknown>))
      if (typeof value === 'string' && (value.includes('\u0000') || !value.isWellFormed()))
        throw new HttpRefused(400, 'query-invalid', `${key} must not hold a NUL character.`, { parameter: key });
}
