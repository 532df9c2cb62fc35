import { Type } from 'typebox';
import { Comparison } from '../../contract/comparison.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Api, AsOf, moment, responses, sendJson } from './route.ts';

export function compareRoutes(app: Api, { compare }: Registry): void {
  app.get(
    '/compare',
    {
      schema: {
        operationId: 'compareVersions',
        summary: 'Versions of any models, side by side',
        tags: ['Evidence'],
        querystring: Type.Object(
          {
            version: Type.Array(Type.String({ maxLength: LIMITS.name * 4, examples: ['churn/7'] }), {
              minItems: 2,
              maxItems: LIMITS.compared,
              description: 'Given once for each: model/ref, where the ref is a number, latest, @alias or a status',
            }),
            base: Type.Integer({
              minimum: 0,
              maximum: LIMITS.compared - 1,
              default: 0,
              description: 'Place of the one that the others are held against, counted from 0',
            }),
            ...AsOf,
          },
          { additionalProperties: false },
        ),
        response: responses({ 200: Comparison }),
      },
    },
    async ({ query: { version, base, as_of } }, reply) =>
      sendJson(reply, JSON.stringify(await compare({ versions: version, base, at: moment(as_of) }))),
  );
}
