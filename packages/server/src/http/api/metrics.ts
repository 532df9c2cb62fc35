import { Type } from 'typebox';
import { LIMITS } from '../../contract/limits.ts';
import { LoggedMetrics, MetricPage, NewMetrics } from '../../contract/metric.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import { type Api, IdempotencyHeader, PageQuery, responses, VersionParams, WRITES } from './route.ts';

const tags = ['Evidence'];
const AT = '/models/:name/versions/:ref/metrics';

const HistoryQuery = Type.Object(
  {
    origin: Type.Optional(
      Type.Enum(['version', 'run', 'logged_model'], {
        description: 'Whose points. Default: the version’s own, where any were logged for it, else the linked ones',
      }),
    ),
    ...PageQuery,
  },
  { additionalProperties: false },
);

const MetricParams = Type.Object({
  ...VersionParams.properties,
  metric: Type.String({
    minLength: 1,
    maxLength: LIMITS.metricName,
    description: 'Name of the metric, percent-encoded',
    examples: ['auc'],
  }),
});

export function metricRoutes(app: Api, { evidence }: Registry): void {
  app.post(
    AT,
    {
      schema: {
        operationId: 'logMetrics',
        summary: 'Add points to metrics of a version, sealed or not',
        tags,
        params: VersionParams,
        body: NewMetrics,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 200: LoggedMetrics, 201: LoggedMetrics }, ...WRITES),
      },
    },
    async (request, reply) => {
      const { name, ref } = request.params;
      const { added, metrics: latest } = await evidence.metrics.log(callerOf(request), name, ref, request.body);
      reply.code(added > 0 ? 201 : 200);
      return { metrics: latest };
    },
  );

  app.get(
    AT,
    {
      schema: {
        operationId: 'listMetrics',
        summary: 'The latest point of each metric of a version, own and linked',
        tags,
        params: VersionParams,
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: responses({ 200: MetricPage }),
      },
    },
    ({ params, query }) => evidence.metrics.page(params.name, params.ref, query),
  );

  app.get(
    `${AT}/:metric`,
    {
      schema: {
        operationId: 'listMetricPoints',
        summary: 'All points of a metric, in order of step, time and value (linked ones: of time, step and value)',
        tags,
        params: MetricParams,
        querystring: HistoryQuery,
        response: responses({ 200: MetricPage }),
      },
    },
    ({ params, query }) => evidence.metrics.points(params.name, params.ref, params.metric, query),
  );
}
