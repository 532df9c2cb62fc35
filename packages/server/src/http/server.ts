import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import multipart from '@fastify/multipart';
// What routes say of themselves in the document.
import type {} from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Database } from '../db/database.ts';
import type { Registry } from '../registry/registry.ts';
import { aliasRoutes } from './api/aliases.ts';
import { artifactRoutes, uploadRoutes } from './api/artifacts.ts';
import { chartRoutes } from './api/charts.ts';
import { compareRoutes } from './api/compare.ts';
import { datasetRoutes } from './api/datasets.ts';
import { evaluationRoutes } from './api/evaluations.ts';
import { eventRoutes } from './api/events.ts';
import { packRoutes } from './api/evidence-packs.ts';
import { ledgerRoutes } from './api/ledger.ts';
import { liveRoutes } from './api/live.ts';
import { metricDefinitionRoutes } from './api/metric-definitions.ts';
import { metricRoutes } from './api/metrics.ts';
import { modelRoutes } from './api/models.ts';
import { policyRoutes } from './api/policies.ts';
import { answerWithProblem, toAnswer } from './api/problems.ts';
import { promotionRoutes } from './api/promotions.ts';
import { cutWhenStalled } from './api/route.ts';
import { runRoutes } from './api/runs.ts';
import { trashRoutes } from './api/trash.ts';
import { versionRoutes } from './api/versions.ts';
import { answerClientError } from './client-errors.ts';
import { type GuardOptions, guard } from './guard.ts';
import { acceptJson } from './json.ts';
import { answerUnrouted, noteMethods } from './methods.ts';
import { readableAddress } from './mlflow/artifact-paths.ts';
import { isMlflowAddress } from './mlflow/door.ts';
import { answerLikeMlflow } from './mlflow/errors.ts';
import { mlflowRoutes } from './mlflow/mlflow.ts';
import type { Exposition } from './operations/exposition.ts';
import type { Health } from './operations/health.ts';
import type { Log } from './operations/log.ts';
import { createRequestMeters } from './operations/meters.ts';
import { requestIdOf } from './operations/request-id.ts';
import { createRequestLog, type LoggedRequests } from './operations/request-log.ts';
import { operationsRoutes } from './operations/routes.ts';
import { Watch } from './operations/watch.ts';
import { HttpRefused } from './refused.ts';
import { validateWithSchemas } from './validate.ts';

export interface HttpOptions extends GuardOptions {
  jsonBytes: number;
  headerBytes: number;
  connections: number;
  headMs: number;
  requestMs: number;
  idleMs: number;
  uploadIdleMs: number;
  eventStreams: number;
  log: Log;
  logRequests: LoggedRequests;
  metrics?: Exposition | undefined;
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
  const answer = byDoor(
    answerWithProblem(db),
    answerLikeMlflow((error) => toAnswer(error, db)),
  );
  const stopping = new AbortController();
  const meters = options.metrics && createRequestMeters(options.metrics);
  const watch = new Watch(meters, createRequestLog(options.log, options.logRequests));
  const app = fastify({
    logController: watch,
    bodyLimit: options.jsonBytes,
    genReqId: requestIdOf,
    rewriteUrl: ({ url = '' }) => readableAddress(url),
    routerOptions: { maxParamLength: 16_384, ignoreTrailingSlash: false, caseSensitive: true },
    http: {
      maxHeaderSize: options.headerBytes,
      headersTimeout: options.headMs,
      connectionsCheckingInterval: Math.min(options.headMs, 5_000), // how late a slow head may be cut
      requestTimeout: 0,
      requireHostHeader: false, // the guard asks for it, and tells a problem
    },
    keepAliveTimeout: options.idleMs,
    forceCloseConnections: 'idle',
    // An address that cannot be read comes past the hooks.
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...HEADERS, 'x-request-id': request.id });
      answer(error, request, reply as never);
    },
    onProtoPoisoning: 'error',
    // Ours are set below; without these the framework would load its own.
    schemaController: { compilersFactory: { buildValidator: setBelow, buildSerializer: setBelow } },
    clientErrorHandler: (error, socket) => answerClientError(error, socket as Socket, meters?.unreadable),
    // What comes on a connection that is open is still answered, and the connection closed after it.
    return503OnClosing: false,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = options.connections;
  // Node would answer by itself, and not with a problem.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));
  watch.prepare(app);
  validateWithSchemas(app);
  // What is answered is made for its schema: writing it with the schema in hand takes longer, for every union in it.
  app.setSerializerCompiler(() => JSON.stringify);
  acceptJson(app);
  // Hooks that every request comes past call back: a promise for each would cost more than they do.
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(HEADERS).header('x-request-id', request.id);
    cutSlowBody(request.raw, options.requestMs);
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (typeof payload === 'string' && payload.length > LARGE) cutWhenStalled(reply, options.uploadIdleMs);
    done(null, payload);
  });
  app.addHook('onResponse', (request, _reply, done) => {
    if (!request.raw.complete) cutUnreadBody(request.raw);
    done();
  });
  guard(app, options);
  app.setErrorHandler(answer);
  const methodsAt = noteMethods(app);
  app.setNotFoundHandler((request, reply) => answerUnrouted(request, reply, [])); // of a route that found nothing
  app.addHook('onRequest', (request, reply, done) => {
    assertPlain(request, options.headerBytes);
    // Before a body is read, which is nobody's.
    if (request.is404) answerUnrouted(request, reply, methodsAt(request.url));
    else done();
  });
  app.addHook('preValidation', (request, _reply, done) => {
    assertReadable(request);
    done();
  });
  app.addHook('preClose', async () => stopping.abort());
  await beforeRoutes?.(app);
  await app.register(async (operations) => operationsRoutes(operations, health, options.metrics));
  await app.register(
    async (api) => {
      refuseUnknownQueries(api);
      modelRoutes(api, registry);
      aliasRoutes(api, registry);
      versionRoutes(api, registry);
      promotionRoutes(api, registry);
      policyRoutes(api, registry);
      artifactRoutes(api, registry, options.uploadIdleMs);
      metricRoutes(api, registry);
      metricDefinitionRoutes(api, registry);
      evaluationRoutes(api, registry);
      datasetRoutes(api, registry);
      compareRoutes(api, registry);
      liveRoutes(api, registry);
      packRoutes(api, registry, options.uploadIdleMs);
      chartRoutes(api, registry);
      trashRoutes(api, registry);
      runRoutes(api, registry);
      eventRoutes(api, registry, {
        mostStreams: options.eventStreams,
        idleMs: options.uploadIdleMs,
        stopping: stopping.signal,
      });
      ledgerRoutes(api, registry, options.uploadIdleMs);
      await api.register(async (bytes) => {
        // Neither parser nor validator touches these bodies; forms are only marked as such, so their plugin comes after.
        const { validatorCompiler } = bytes;
        bytes.setValidatorCompiler((part) => (part.httpPart === 'body' ? () => true : validatorCompiler!(part)));
        bytes.removeAllContentTypeParsers();
        bytes.addContentTypeParser('*', (_request, _payload, done) => done(null));
        await bytes.register(multipart, {
          // The file name of a part is the whole path; fields are read past, so they may be few and small.
          preservePath: true,
          limits: { files: 1_000, fields: 100, parts: 1_100, fileSize: Number.MAX_SAFE_INTEGER, fieldSize: 65_536 },
        });
        uploadRoutes(bytes, registry, options.uploadIdleMs);
      });
    },
    { prefix: '/api/v1' },
  );
  await app.register((mlflow) => mlflowRoutes(mlflow, registry, { idleMs: options.uploadIdleMs }));
  return app;
}

type Answering = ReturnType<typeof answerWithProblem>;

/** Each door has its own errors, also for what is at no address of it. */
function byDoor(native: Answering, mlflow: Answering): Answering {
  return (error, request, reply) => (isMlflowAddress(request.url) ? mlflow : native)(error, request, reply);
}

function setBelow(): never {
  throw new Error('validators and serializers are set on the app');
}

/** Bytes are taken as they come: not compressed, and whole (RFC 9110, 8.4 and 14.5). */
function assertPlain({ headers, url, method }: FastifyRequest, headerBytes: number): void {
  if (url.length > headerBytes / 2)
    throw new HttpRefused(414, 'too-large', `The address is longer than ${Math.floor(headerBytes / 2)} characters.`);
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue')
    throw new HttpRefused(417, 'expectation-failed', 'Of expectations only 100-continue is known. Leave Expect out.');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new HttpRefused(
      415,
      'unsupported-media-type',
      'Bodies are not decompressed here. Send the bytes without Content-Encoding.',
      {},
      { 'accept-encoding': 'identity' },
    );
  if (method === 'PUT' && headers['content-range'] !== undefined)
    throw new HttpRefused(400, 'malformed', 'PUT takes whole bodies only. Send all of it, without Content-Range.');
}

/** A route that names no query parameters takes none. */
function refuseUnknownQueries(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.schema) route.schema.querystring ??= { type: 'object', properties: {}, additionalProperties: false };
  });
}

/** A JSON body has so long to arrive; the bodies of uploads are watched for stalls instead. */
function cutSlowBody(raw: IncomingMessage, ms: number): void {
  if (!/json/i.test(raw.headers['content-type'] ?? '')) return;
  const timer = setTimeout(() => raw.destroy(), ms);
  raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

/** What does not go into the buffers of the system at once, in characters: its reader is watched. */
const LARGE = 65_536;

const UNREAD_MS = 2_000;

/** What was answered before its body had come, a refusal, is not listened to for long. */
function cutUnreadBody(raw: IncomingMessage): void {
  const timer = setTimeout(() => raw.destroy(), UNREAD_MS);
  raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

/** The query is UTF-8 in whole percent-encodings, and no text of an address holds NUL, which PostgreSQL does not take. */
function assertReadable({ url, params, query }: FastifyRequest): void {
  if (!url.includes('%')) return; // nothing was decoded
  const question = url.indexOf('?');
  if (question !== -1 && !isPercentEncoded(url.slice(question + 1)))
    throw new HttpRefused(400, 'query-invalid', 'The query must be percent-encoded UTF-8, in which a % itself is %25.');
  for (const part of [params, query])
    for (const [key, values] of Object.entries((part ?? {}) as Record<string, unknown>)) {
      const value = [values]
        .flat()
        .find((one) => typeof one === 'string' && (one.includes('\u0000') || !one.isWellFormed()));
      if (typeof value !== 'string') continue;
      const what = value.includes('\u0000') ? 'a NUL character' : 'half a surrogate pair';
      throw new HttpRefused(400, 'query-invalid', `${key} must not hold ${what}.`, { parameter: key });
    }
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
