import type { Socket } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { RequestMeters, RouteMeter } from './meters.ts';
import type { RequestLog, Trouble } from './request-log.ts';

const troubles = new WeakMap<FastifyRequest, Trouble>();

/** Notes what goes into the one line of the log that the request gets when it is over. */
export function noteTrouble(request: FastifyRequest, trouble: Trouble): void {
  troubles.set(request, { ...troubles.get(request), ...trouble });
}

/** How many bytes of a connection belong to requests before this one. */
interface Counted extends Socket {
  counted?: { received: number; sent: number };
}

/**
 * Sees every request once, when its answer is over or its connection gone: measures it, and writes it to the log. It is
 * the framework's own place for such lines, so it is asked for requests too that are refused before any hook runs.
 */
export class Watch extends LogController {
  readonly #meters: RequestMeters | undefined;
  readonly #log: RequestLog;

  constructor(meters: RequestMeters | undefined, log: RequestLog) {
    super();
    this.#meters = meters;
    this.#log = log;
  }

  /** Gives every route that is registered from now on its meter, so that none is looked up while serving. */
  prepare(app: FastifyInstance): void {
    app.addHook('onRoute', (route) => {
      const meter = this.#meters?.of([route.method].flat().join(' '), route.url);
      route.config = { ...route.config, meter } as typeof route.config;
    });
  }

  override incomingRequest(request: FastifyRequest, reply: FastifyReply): void {
    const began = performance.now();
    const { config, url } = request.routeOptions;
    const meter = (config as { meter?: RouteMeter } | undefined)?.meter ?? this.#meters?.unrouted;
    if (meter) meter.open += 1;
    reply.raw.on('close', () => {
      const ms = performance.now() - began;
      const cut = !reply.raw.writableFinished;
      const { received, sent } = transferred(request.raw.socket);
      const status = reply.raw.statusCode;
      meter?.done(status, ms, received, sent);
      this.#log({ request, route: url, status, ms, received, sent, cut, trouble: troubles.get(request) });
    });
  }

  override streamError(error: NodeJS.ErrnoException, request: FastifyRequest): void {
    // Told of both ends. Where the connection is gone nothing failed here: what was to be sent is only cut.
    if (!request.raw.socket.destroyed) noteTrouble(request, { error });
  }

  override serializerError(error: Error, request: FastifyRequest): void {
    noteTrouble(request, { error });
  }

  override writeHeadError(error: Error, request: FastifyRequest): void {
    noteTrouble(request, { error });
  }

  override requestCompleted(): void {}
  override defaultErrorLog(): void {}
  override routeNotFound(): void {}
  override serviceUnavailable(): void {}
}

/** Bytes that went over the connection since its last request, heads among them. */
function transferred(socket: Counted): { received: number; sent: number } {
  const { bytesRead = 0, bytesWritten = 0 } = socket;
  socket.counted ??= { received: 0, sent: 0 };
  const { counted } = socket;
  const more = { received: bytesRead - counted.received, sent: bytesWritten - counted.sent };
  counted.received = bytesRead;
  counted.sent = bytesWritten;
  return more;
}
