import { Type } from 'typebox';
import { badgeSvg } from '../../charts/badge.ts';
import {
  BarsChart,
  type ChartData,
  ConfusionChart,
  CurveChart,
  HistoryChart,
  ParallelChart,
  SlicesChart,
  VersionsChart,
} from '../../contract/chart.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Registry } from '../../registry/registry.ts';
import { answerChart, chartParam, forms, headersOf, LookQuery } from './chart-forms.ts';
import { type Api, IfNoneMatchHeader, isHeld, NameParam, NotModified, responses, VersionParams } from './route.ts';

const tags = ['Charts'];
const MetricName = Type.String({ minLength: 1, maxLength: LIMITS.metricName, examples: ['auc'] });
const Versions = Type.Array(Type.String({ maxLength: LIMITS.name * 4, examples: ['churn/7'] }), {
  minItems: 1,
  maxItems: LIMITS.compared,
  description: 'Given once for each: model/ref, where the ref is a number, latest, @alias or a status',
});
const Names = (description: string) => Type.Optional(Type.Array(MetricName, { maxItems: 20, description }));
const OnDataset = {
  dataset: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: LIMITS.datasetText,
      description: 'Of the newest evaluation on this data set',
    }),
  ),
  digest: Type.Optional(Type.String({ minLength: 1, maxLength: LIMITS.datasetText })),
};
const headers = Type.Object(IfNoneMatchHeader);
const answers = (data: Parameters<typeof forms>[0]) => responses({ 200: forms(data), 304: NotModified });
type EvaluationCharts = 'slices' | 'confusion-matrix' | 'roc' | 'precision-recall';
type CompareCharts = 'metrics' | 'parallel' | 'slices' | 'roc' | 'precision-recall';
const closed = { additionalProperties: false };

export function chartRoutes(app: Api, { charts }: Registry): void {
  app.get(
    '/charts/:chart',
    {
      schema: {
        operationId: 'getChart',
        summary: 'How a metric went in one or several versions',
        tags,
        params: Type.Object({ chart: chartParam('metric-history') }),
        querystring: Type.Object(
          {
            version: Versions,
            metric: MetricName,
            x: Type.Enum(['step', 'time'], { default: 'step' }),
            points: Type.Integer({
              minimum: 10,
              maximum: 2_000,
              default: 500,
              description: 'Of each version, at most',
            }),
            origin: Type.Optional(
              Type.Enum(['version', 'run', 'logged_model'], { description: 'Whose points. Default: all' }),
            ),
            ...LookQuery,
          },
          closed,
        ),
        headers,
        response: answers(HistoryChart),
      },
    },
    async (request, reply) => {
      const { version: versions, metric, x, points, origin, ...look } = request.query;
      return answerChart(request, reply, charts, look, () => charts.history({ versions, metric, x, points, origin }));
    },
  );

  app.get(
    '/models/:name/charts/:chart',
    {
      schema: {
        operationId: 'getModelChart',
        summary: 'One metric over the versions of a model',
        tags,
        params: Type.Object({ ...NameParam.properties, chart: chartParam('metric') }),
        querystring: Type.Object(
          {
            metric: MetricName,
            ...OnDataset,
            versions: Type.Integer({ minimum: 1, maximum: 500, default: 200, description: 'Of the newest, so many' }),
            ...LookQuery,
          },
          closed,
        ),
        headers,
        response: answers(VersionsChart),
      },
    },
    async (request, reply) => {
      const { metric, dataset, digest, versions, ...look } = request.query;
      return answerChart(request, reply, charts, look, () =>
        charts.overVersions(request.params.name, { metric, dataset, digest, versions }),
      );
    },
  );

  app.get(
    '/models/:name/versions/:ref/charts/:chart',
    {
      schema: {
        operationId: 'getVersionChart',
        summary: 'What an evaluation of a version came to: slices, confusion matrix, curves',
        tags,
        params: Type.Object({
          ...VersionParams.properties,
          chart: chartParam('slices', 'confusion-matrix', 'roc', 'precision-recall'),
        }),
        querystring: Type.Object(
          {
            evaluation: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: Number.MAX_SAFE_INTEGER,
                description: 'Its id. Default: the newest that has what is drawn',
              }),
            ),
            ...OnDataset,
            metric: Names('Of slices: these metrics. Default: all'),
            ...LookQuery,
          },
          closed,
        ),
        headers,
        response: answers(Type.Union([SlicesChart, ConfusionChart, CurveChart])),
      },
    },
    async (request, reply) => {
      const { evaluation, dataset, digest, metric: metrics = [], ...look } = request.query;
      const { name, ref } = request.params;
      const asked = { evaluation, dataset, digest };
      return answerChart(request, reply, charts, look, (chart: EvaluationCharts): Promise<ChartData> => {
        if (chart === 'slices') return charts.ofVersion.slices(name, ref, { ...asked, metrics });
        if (chart === 'confusion-matrix') return charts.ofVersion.confusion(name, ref, asked);
        return charts.ofVersion.curve(name, ref, chart, asked);
      });
    },
  );

  app.get(
    '/compare/charts/:chart',
    {
      schema: {
        operationId: 'getCompareChart',
        summary: 'Several versions beside each other: metrics, parallel coordinates, slices of one metric, curves',
        tags,
        params: Type.Object({ chart: chartParam('metrics', 'parallel', 'slices', 'roc', 'precision-recall') }),
        querystring: Type.Object(
          {
            version: Versions,
            metric: Names('Default: those that most of the versions have, or in which they differ'),
            param: Names('Of parallel coordinates: these params. Default: those in which the versions differ'),
            ...OnDataset,
            ...LookQuery,
          },
          closed,
        ),
        headers,
        response: answers(Type.Union([BarsChart, ParallelChart, SlicesChart, CurveChart])),
      },
    },
    async (request, reply) => {
      const { version: versions, metric: metrics = [], param: params = [], dataset, digest, ...look } = request.query;
      const asked = { dataset, digest };
      return answerChart(request, reply, charts, look, (chart: CompareCharts): Promise<ChartData> => {
        if (chart === 'metrics') return charts.bars(versions, metrics);
        if (chart === 'parallel') return charts.parallel(versions, { params, metrics });
        if (chart === 'slices') return charts.slices(versions, { ...asked, metrics });
        return charts.curve(versions, chart, asked);
      });
    },
  );

  app.get(
    '/models/:name/badge.svg',
    {
      schema: {
        operationId: 'getBadge',
        summary: 'Where the model stands, as a badge for a README',
        tags,
        produces: ['image/svg+xml'],
        params: NameParam,
        headers: Type.Object(IfNoneMatchHeader),
        response: responses({ 200: Type.String(), 304: NotModified }),
      },
    },
    async (request, reply) => {
      const svg = badgeSvg(await charts.badge(request.params.name));
      reply.headers(headersOf(svg, 'svg'));
      if (request.method === 'GET' && isHeld(request, String(reply.getHeader('etag')))) return reply.code(304).send();
      return reply.type('image/svg+xml; charset=utf-8').send(svg);
    },
  );
}
