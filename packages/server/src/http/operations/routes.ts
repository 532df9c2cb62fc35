import { Type } from 'typebox';
import type { Api } from '../api/route.ts';
import type { Exposition } from './exposition.ts';
import type { Health } from './health.ts';

const Asked = Type.Object({ for: Type.Optional(Type.Enum(['reads'])) }, { additionalProperties: false });

/**
 * `/healthz`: the process lives. `/readyz`: every part works, and those that do not are named; with `?for=reads` what only
 * stops changes is no reason to be sent nothing. `/metrics`: for Prometheus.
 */
export function operationsRoutes(app: Api, health: Health, metrics: Exposition | undefined): void {
  const hidden = { hide: true };
  app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));

  app.get('/healthz', { schema: hidden }, async () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { ...hidden, querystring: Asked } }, async (request, reply) => {
    const report = await health.report();
    const forReads = request.query.for === 'reads';
    const serves = Object.values(report.parts).every((part) => part.state === 'ok' || (forReads && part.reads));
    return reply.code(report.status !== 'stopping' && serves ? 200 : 503).send(report);
  });

  if (!metrics) return;
  app.get('/metrics', { schema: hidden }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.text()),
  );
}
