import type { FastifyInstance } from 'fastify';
import { MlflowRefused } from './refused.ts';

/**
 * What MLflow's server has besides, by the first part of its addresses under `/mlflow`, and by release of the API. The
 * client takes 501 for an answer at once. It repeats every other 5xx for minutes, and after a 404 it tries older
 * addresses for the same (`mlflow/store/tracking/rest_store.py`, `start_trace`).
 */
const FEATURES: Record<'2.0' | '3.0', Record<string, string>> = {
  '2.0': {
    traces: 'traces',
    'unified-traces': 'traces',
    'get-online-trace-details': 'traces',
    webhooks: 'webhooks',
  },
  '3.0': {
    traces: 'traces',
    datasets: 'evaluation datasets',
    gateway: 'the AI gateway',
    issues: 'issues of traces',
    'label-schemas': 'label schemas',
    'prompt-optimization': 'prompt optimisation',
    'review-queues': 'review queues',
    scorers: 'scorers',
  },
};

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Says of what is not here that it is not, in a way that lets a training script go on. Bodies are not read. */
export function unsupportedRoutes(app: FastifyInstance): void {
  const refuse = (url: string, feature: string) =>
    app.route({
      method: [...METHODS],
      url,
      exposeHeadRoute: false,
      schema: { hide: true },
      onRequest: async () => {
        throw notImplemented(feature);
      },
      handler: async () => {
        throw notImplemented(feature);
      },
    });

  for (const [release, features] of Object.entries(FEATURES))
    for (const [part, feature] of Object.entries(features))
      for (const api of ['api', 'ajax-api'])
        for (const rest of ['', '/*']) refuse(`/${api}/${release}/mlflow/${part}${rest}`, feature);
  // Where spans go: the client asks once, and then keeps them to itself.
  refuse('/v1/traces', 'traces');
  refuse('/graphql', 'GraphQL');
}

function notImplemented(feature: string): MlflowRefused {
  return new MlflowRefused(
    'NOT_IMPLEMENTED',
    `Assayer keeps experiments, runs and models, but not ${feature}. docs/mlflow.md says what of MLflow's API is here.`,
  );
}
