import { Type } from 'typebox';
import type { Registry } from '../../registry/registry.ts';
import { ActorHeader, type Api, assertNoBody, responses } from './route.ts';

/** Runs are kept through MLflow's API; what it has no call for is here. */
export function runRoutes(app: Api, { tracking }: Registry): void {
  app.post(
    '/runs/:run_id/purge',
    {
      schema: {
        operationId: 'purgeRun',
        summary: 'Remove a deleted run for good, with its files and all that was logged of it',
        tags: ['Runs'],
        params: Type.Object({
          run_id: Type.String({ description: 'Id of the run', examples: ['0af7651916cd43dd8448eb211c80319c'] }),
        }),
        headers: Type.Object(ActorHeader),
        response: responses({ 204: Type.Null({ description: 'It is gone' }) }, 409, 507),
      },
    },
    async (request, reply) => {
      assertNoBody(request);
      await tracking.runs.purge(request.params.run_id);
      return reply.code(204).send();
    },
  );
}
