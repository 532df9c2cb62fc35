import { Type } from 'typebox';
import { Evaluation, EvaluationPage, NewEvaluation } from '../../contract/evaluation.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import { type Api, IdempotencyHeader, PageQuery, responses, VersionParams, WRITES } from './route.ts';

const tags = ['Evidence'];
const AT = '/models/:name/versions/:ref/evaluations';

export function evaluationRoutes(app: Api, { evidence }: Registry): void {
  app.post(
    AT,
    {
      schema: {
        operationId: 'recordEvaluation',
        summary: 'Record what a version came to on a data set',
        tags,
        params: VersionParams,
        body: NewEvaluation,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 201: Evaluation }, ...WRITES),
      },
    },
    async (request, reply) => {
      const { name, ref } = request.params;
      const evaluation = await evidence.evaluations.record(callerOf(request), name, ref, request.body as NewEvaluation);
      reply.code(201).header('location', `/api/v1/evaluations/${evaluation.id}`);
      return evaluation;
    },
  );

  app.get(
    AT,
    {
      schema: {
        operationId: 'listEvaluationsOfVersion',
        summary: 'The evaluations of a version, the one recorded last first',
        tags,
        params: VersionParams,
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: responses({ 200: EvaluationPage }),
      },
    },
    ({ params, query }) => evidence.evaluations.pageOfVersion(params.name, params.ref, query),
  );

  app.get(
    '/evaluations',
    {
      schema: {
        operationId: 'listEvaluations',
        summary: 'List and search evaluations over all models, the one recorded last first',
        tags,
        querystring: Type.Object(
          {
            filter: Type.Optional(
              Type.String({
                maxLength: LIMITS.filter,
                description:
                  'Keys: model, number, version_digest, dataset.name, dataset.digest, evaluator, n, at, recorded_at, recorded_by, run_id, tags.k, metrics.k',
                examples: ["model = 'churn' AND dataset.name = 'holdout' AND metrics.accuracy > 0.9"],
              }),
            ),
            ...PageQuery,
          },
          { additionalProperties: false },
        ),
        response: responses({ 200: EvaluationPage }),
      },
    },
    ({ query }) => evidence.evaluations.search(query),
  );

  app.get(
    '/evaluations/:id',
    {
      schema: {
        operationId: 'getEvaluation',
        summary: 'One evaluation',
        tags,
        params: Type.Object({
          id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }),
        }),
        response: responses({ 200: Evaluation }),
      },
    },
    ({ params }) => evidence.evaluations.get(params.id),
  );
}
