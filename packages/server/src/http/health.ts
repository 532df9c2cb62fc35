import type { FastifyInstance } from 'fastify';

/** What must work for the server to be of use; each part throws where it does not. */
export type Health = Record<string, () => Promise<void>>;

/** `/healthz`: the process lives. `/readyz`: every part works; the ones that do not are named. */
export function healthRoutes(app: FastifyInstance, health: Health): void {
  app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { hide: true } }, async (request, reply) => {
    const parts: Record<string, 'ok' | 'failing'> = {};
    for (const [name, check] of Object.entries(health))
      parts[name] = await check().then(
        () => 'ok' as const,
        (error: unknown) => {
          request.log.error({ err: error, part: name }, 'not ready');
          return 'failing' as const;
        },
      );
    const ready = Object.values(parts).every((state) => state === 'ok');
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'failing', parts });
  });
}
