import { Type } from 'typebox';
import { LivePage, LiveStatus } from '../../contract/live.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Api, AsOf, moment, PageQuery, responses, sendJson } from './route.ts';

export function liveRoutes(app: Api, { live }: Registry): void {
  app.get(
    '/live',
    {
      schema: {
        operationId: 'listLive',
        summary: 'Every version that is live, or was at a moment, model by model',
        tags: ['Life cycle'],
        querystring: Type.Object(
          { status: Type.Optional(LiveStatus), ...PageQuery, ...AsOf },
          { additionalProperties: false },
        ),
        response: responses({ 200: LivePage }),
      },
    },
    async ({ query: { status = 'production', as_of, ...query } }, reply) =>
      sendJson(reply, await live({ ...query, status, at: moment(as_of) })),
  );
}
