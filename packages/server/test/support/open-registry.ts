import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll } from 'vitest';
import { openLocalStore } from '../../src/blobs/local.ts';
import type { BlobStore } from '../../src/blobs/store.ts';
import { createDrawer } from '../../src/charts/draw.ts';
import type { Caller } from '../../src/contract/actor.ts';
import type { Database } from '../../src/db/database.ts';
import { type Ledger, openLedger } from '../../src/events/ledger.ts';
import type { Inspector } from '../../src/formats/inspector.ts';
import { createHealth } from '../../src/http/operations/health.ts';
import { createLog } from '../../src/http/operations/log.ts';
import { createHttp, type HttpOptions } from '../../src/http/server.ts';
import { prepareStop } from '../../src/http/stop.ts';
import type { BuiltInPolicy } from '../../src/registry/lifecycle/policy.ts';
import { createRegistry, type Registry } from '../../src/registry/registry.ts';
import type { UploadLimits } from '../../src/registry/versions/upload.ts';
import { tellingInspector } from './inspector.ts';

export const DAY_MS = 86_400_000;

/** A clock that stands where it is put, or runs with the wall's. */
export interface Clock {
  now(): number;
  set(time: string | number): void;
  tick(ms: number): number;
  run(): void;
}

export interface Options {
  policy?: BuiltInPolicy;
  limits?: Partial<UploadLimits>;
  trashMs?: number;
  inspector?: Inspector;
  http?: Partial<HttpOptions>;
  /** A folder that is shared with another registry. */
  blobFolder?: string;
}

/** What came back, with the body read as what it says it is. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
  json: any;
  text: string;
  bytes: Buffer;
}

export interface Ask {
  body?: unknown;
  headers?: Record<string, string>;
  actor?: string;
}

/** A registry with its HTTP door, on one database and a temporary folder. */
export interface Opened {
  registry: Registry;
  db: Database;
  ledger: Ledger;
  blobs: BlobStore;
  blobFolder: string;
  http: FastifyInstance;
  clock: Clock;
  /** Calls the native API; `path` follows `/api/v1`, a body that is no Buffer is sent as JSON. */
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  patch(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  del(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Calls the MLflow API; `path` follows `/api/2.0/mlflow`. A GET sends its body as the query. */
  mlflow(
    method: string,
    path: string,
    body?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Listens on a free port of the loopback, once. */
  listen(): Promise<{ host: string; port: number; url: string }>;
  close(): Promise<void>;
}

export const ada: Caller = { actor: { name: 'ada', verified: false }, request_id: 'test' };

export async function openRegistry(open: () => Promise<Database>, options: Options = {}): Promise<Opened> {
  const db = await open();
  const ownFolder = options.blobFolder === undefined;
  const blobFolder = options.blobFolder ?? (await mkdtemp(join(tmpdir(), 'assayer-test-')));
  const clock = settableClock();
  const ledger = await openLedger(db, clock.now);
  const blobs = await openLocalStore(blobFolder, { shared: !ownFolder });
  const inspector = options.inspector ?? tellingInspector();
  const drawer = createDrawer();
  const registry = createRegistry({
    db,
    blobs,
    inspector,
    drawer,
    ledger,
    policy: options.policy ?? { single: [] },
    limits: { artifact_bytes: 2 ** 30, version_bytes: 2 ** 31, reserve_bytes: 0, ...options.limits },
    trashMs: options.trashMs ?? 30 * DAY_MS,
    now: clock.now,
    onDamage: () => {},
  });
  const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent', process.stderr);
  const http = await createHttp(registry, db, createHealth({}, { probeMs: 1_000, log }), {
    hosts: [],
    origins: [],
    jsonBytes: 1_048_576,
    headerBytes: 16_384,
    connections: 1_000,
    headMs: 10_000,
    requestMs: 10_000,
    idleMs: 5_000,
    uploadIdleMs: 5_000,
    eventStreams: 10,
    log,
    logRequests: 'all',
    ...options.http,
  });

  const stop = prepareStop(http);

  async function ask(method: string, path: string, { body, headers = {}, actor }: Ask = {}): Promise<Answer> {
    const isJson = body !== undefined && !Buffer.isBuffer(body);
    const answer = await http.inject({
      method: method as NonNullable<InjectOptions['method']>,
      url: path.startsWith('http') || path.startsWith('//') ? path : `/api/v1${path}`,
      headers: {
        host: 'localhost',
        ...(isJson && { 'content-type': 'application/json' }),
        ...(Buffer.isBuffer(body) && { 'content-type': 'application/octet-stream' }),
        ...(actor !== undefined && { 'x-assayer-actor': actor }),
        ...headers,
      },
      ...(body !== undefined && { payload: isJson ? JSON.stringify(body) : (body as Buffer) }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers as Answer['headers'],
      json: /json$|json;/.test(String(answer.headers['content-type'])) && answer.body ? answer.json() : undefined,
      text: answer.body,
      bytes: answer.rawPayload,
    };
  }

  let listening: Promise<{ host: string; port: number; url: string }> | undefined;
  return {
    registry,
    db,
    ledger,
    blobs,
    blobFolder,
    http,
    clock,
    ask,
    get: (path, headers = {}) => ask('GET', path, { headers }),
    post: (path, body, headers = {}) => ask('POST', path, { body, headers }),
    patch: (path, body, headers = {}) => ask('PATCH', path, { body, headers }),
    put: (path, body, headers = {}) => ask('PUT', path, { body, headers }),
    del: (path, headers = {}) => ask('DELETE', path, { headers }),
    mlflow: (method, path, body, headers = {}) => {
      const url = `http://localhost/api/2.0/mlflow${path}`;
      if (method === 'GET') return ask(method, url + queryOf(body ?? {}), { headers });
      return ask(method, url, { body: body ?? {}, headers });
    },
    listen: () => {
      listening ??= http.listen({ host: '127.0.0.1', port: 0 }).then((url) => {
        const { port } = new URL(url);
        return { host: '127.0.0.1', port: Number(port), url };
      });
      return listening;
    },
    async close() {
      await stop(10_000);
      await registry.idle();
      await inspector.close();
      await drawer.close();
      await blobs.close();
      await db.close();
      if (ownFolder) await rm(blobFolder, { recursive: true, force: true });
    },
  };
}

/** One registry for all tests of a `describe`: opened before, closed after. Its members can be used inside of tests. */
export function useRegistry(open: () => Promise<Database>, options: Options = {}): Opened {
  let opened: Opened | undefined;
  beforeAll(async () => {
    opened = await openRegistry(open, options);
  });
  afterAll(() => opened?.close());
  return new Proxy({} as Opened, {
    get: (_, member) => {
      if (!opened) throw new Error('the registry is open only while tests run');
      return opened[member as keyof Opened];
    },
  });
}

function settableClock(): Clock {
  let at: number | undefined;
  return {
    now: () => at ?? Date.now(),
    set: (time) => {
      at = typeof time === 'number' ? time : Date.parse(time);
    },
    tick: (ms) => {
      at = (at ?? Date.now()) + ms;
      return at;
    },
    run: () => {
      at = undefined;
    },
  };
}

/** Repeated keys are a list, as MLflow's client sends them. */
function queryOf(fields: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(fields))
    for (const one of Array.isArray(value) ? value : [value]) query.append(key, String(one));
  return query.size > 0 ? `?${query}` : '';
}
