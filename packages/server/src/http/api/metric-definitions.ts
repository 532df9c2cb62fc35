import { Type } from 'typebox';
import { LIMITS } from '../../contract/limits.ts';
import { MetricDefinition, MetricDefinitionPage, NewMetricDefinition } from '../../contract/metric.ts';
import { toJsonDocument } from '../../registry/json-document.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import {
  ActorHeader,
  type Api,
  IfMatchHeader,
  IfNoneMatchHeader,
  ifMatchOf,
  NotModified,
  PageQuery,
  responses,
  sendDocument,
  sendTagged,
  WRITES,
} from './route.ts';

const tags = ['Evidence'];
const AT = '/metric-definitions/:name';
const Params = Type.Object({
  name: Type.String({
    minLength: 1,
    maxLength: LIMITS.metricName,
    description: 'Name of the metric, percent-encoded',
    examples: ['auc'],
  }),
});

export function metricDefinitionRoutes(app: Api, { evidence }: Registry): void {
  app.get(
    '/metric-definitions',
    {
      schema: {
        operationId: 'listMetricDefinitions',
        summary: 'What metrics mean: those that were set, and those that are built in',
        tags,
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: responses({ 200: MetricDefinitionPage }),
      },
    },
    ({ query }) => evidence.definitions.page(query),
  );

  app.get(
    AT,
    {
      schema: {
        operationId: 'getMetricDefinition',
        summary: 'What a metric means',
        tags,
        params: Params,
        headers: Type.Object(IfNoneMatchHeader),
        response: responses({ 200: MetricDefinition, 304: NotModified }),
      },
    },
    async (request, reply) =>
      sendDocument(request, reply, toJsonDocument(await evidence.definitions.get(request.params.name))),
  );

  app.put(
    AT,
    {
      schema: {
        operationId: 'defineMetric',
        summary: 'Say what a metric means',
        tags,
        params: Params,
        body: NewMetricDefinition,
        headers: Type.Object({ ...ActorHeader, ...IfMatchHeader }),
        response: responses({ 200: MetricDefinition }, ...WRITES),
      },
    },
    async (request, reply) =>
      sendTagged(
        reply,
        await evidence.definitions.set(callerOf(request), request.params.name, request.body, ifMatchOf(request)),
      ),
  );
}
