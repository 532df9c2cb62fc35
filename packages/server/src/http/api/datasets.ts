import { Type } from 'typebox';
import { Dataset, DatasetPage, Leaderboard } from '../../contract/evaluation.ts';
import { LIMITS } from '../../contract/limits.ts';
import { DIRECTIONS, type Direction } from '../../contract/metric.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Api, PageQuery, responses } from './route.ts';

const tags = ['Evidence'];
const Params = Type.Object({
  name: Type.String({
    minLength: 1,
    maxLength: LIMITS.datasetText,
    description: 'Name of the data set, percent-encoded',
    examples: ['holdout'],
  }),
});

const LeaderboardQuery = Type.Object(
  {
    metric: Type.String({ minLength: 1, maxLength: LIMITS.metricName, examples: ['accuracy'] }),
    digest: Type.Optional(
      Type.String({
        maxLength: LIMITS.datasetText,
        description: 'Of the data set. Default: the one of the name that an evaluation was recorded on last',
      }),
    ),
    model: Type.Optional(Type.String({ maxLength: LIMITS.name, description: 'Only versions of this model' })),
    direction: Type.Optional(
      Type.Enum([...DIRECTIONS], { description: 'Which way is better. Default: what the metric’s definition says' }),
    ),
    ...PageQuery,
  },
  { additionalProperties: false },
);

export function datasetRoutes(app: Api, { evidence }: Registry): void {
  app.get(
    '/datasets',
    {
      schema: {
        operationId: 'listDatasets',
        summary: 'The data sets that versions were evaluated on, by name',
        tags,
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: responses({ 200: DatasetPage }),
      },
    },
    ({ query }) => evidence.datasets.page(query),
  );

  app.get(
    '/datasets/:name',
    {
      schema: {
        operationId: 'getDataset',
        summary: 'One data set: what was evaluated on each of its digests',
        tags,
        params: Params,
        response: responses({ 200: Dataset }),
      },
    },
    ({ params }) => evidence.datasets.get(params.name),
  );

  app.get(
    '/datasets/:name/leaderboard',
    {
      schema: {
        operationId: 'leaderboard',
        summary: 'Versions by what they came to on a data set, the best first',
        tags,
        params: Params,
        querystring: LeaderboardQuery,
        response: responses({ 200: Leaderboard }),
      },
    },
    ({ params, query }) =>
      evidence.datasets.leaderboard(params.name, { ...query, direction: query.direction as Direction | undefined }),
  );
}
