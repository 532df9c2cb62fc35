import { type Static, Type } from 'typebox';
import { DatasetRef } from './evaluation.ts';
import { LIMITS } from './limits.ts';
import { DIRECTIONS, MetricOrigin } from './metric.ts';
import { MetricValue, ModelName, Nullable, Time } from './shapes.ts';
import { Status } from './version.ts';

/** What each chart is drawn of: the same facts whether they are asked for as data, as a Vega-Lite spec or as a picture. */

const titles = {
  title: Type.String({ description: 'What the picture is called' }),
  summary: Type.String({ description: 'What is to be seen in it, in words: the description of the picture' }),
};

const ChartVersion = { model: ModelName, number: Type.Integer({ minimum: 1 }) };
export interface ChartVersion {
  model: string;
  number: number;
}

const ChartMetric = Type.Object(
  { name: Type.String(), unit: Nullable(Type.String()), direction: Nullable(Type.Enum([...DIRECTIONS])) },
  { title: 'ChartMetric', additionalProperties: false },
);
export type ChartMetric = Static<typeof ChartMetric>;

const ChartEvaluation = Type.Object(
  { id: Type.Integer(), ...ChartVersion, dataset: DatasetRef, at: Time },
  { title: 'ChartEvaluation', additionalProperties: false, description: 'The evaluation that it was read from' },
);
export type ChartEvaluation = Static<typeof ChartEvaluation>;

const HistorySeries = Type.Object(
  {
    ...ChartVersion,
    origin: MetricOrigin,
    count: Type.Integer({ description: 'Points that there are' }),
    thinned: Type.Boolean({
      description: 'Whether these are fewer: chosen so that the shape, the ends and the extremes are kept',
    }),
    points: Type.Array(
      Type.Object(
        { step: Type.Integer(), at: Time, value: MetricValue },
        { title: 'ChartPoint', additionalProperties: false },
      ),
    ),
  },
  { title: 'HistorySeries', additionalProperties: false },
);
export type HistorySeries = Static<typeof HistorySeries>;

export const HistoryChart = Type.Object(
  {
    chart: Type.Literal('metric-history'),
    ...titles,
    metric: ChartMetric,
    x: Type.Enum(['step', 'time']),
    series: Type.Array(HistorySeries),
  },
  { title: 'HistoryChart', additionalProperties: false },
);
export type HistoryChart = Static<typeof HistoryChart>;

const VersionPoint = Type.Object(
  {
    number: Type.Integer(),
    status: Status,
    aliases: Type.Array(Type.String()),
    value: MetricValue,
    interval: Nullable(
      Type.Object(
        { low: Type.Number(), high: Type.Number(), level: Type.Number() },
        { title: 'ChartInterval', additionalProperties: false },
      ),
    ),
  },
  { title: 'VersionPoint', additionalProperties: false },
);
export type VersionPoint = Static<typeof VersionPoint>;

export const VersionsChart = Type.Object(
  {
    chart: Type.Literal('metric'),
    ...titles,
    model: ModelName,
    metric: ChartMetric,
    dataset: Nullable(
      Type.Object({ name: Type.String(), digest: Nullable(Type.String()) }, { additionalProperties: false }),
    ),
    version_count: Type.Integer({ description: 'Live versions of the model; the newest of them are looked at' }),
    points: Type.Array(VersionPoint),
  },
  { title: 'VersionsChart', additionalProperties: false },
);
export type VersionsChart = Static<typeof VersionsChart>;

export const BarsChart = Type.Object(
  {
    chart: Type.Literal('metrics'),
    ...titles,
    metrics: Type.Array(
      Type.Object(
        {
          metric: ChartMetric,
          bars: Type.Array(
            Type.Object(
              { ...ChartVersion, value: Nullable(MetricValue), best: Type.Boolean() },
              { title: 'ChartBar', additionalProperties: false },
            ),
          ),
        },
        { title: 'MetricBars', additionalProperties: false },
      ),
    ),
  },
  { title: 'BarsChart', additionalProperties: false },
);
export type BarsChart = Static<typeof BarsChart>;

export const ParallelChart = Type.Object(
  {
    chart: Type.Literal('parallel'),
    ...titles,
    versions: Type.Array(Type.Object(ChartVersion, { title: 'ChartVersion', additionalProperties: false })),
    axes: Type.Array(
      Type.Object(
        {
          of: Type.Enum(['param', 'metric']),
          name: Type.String(),
          unit: Nullable(Type.String()),
          direction: Nullable(Type.Enum([...DIRECTIONS])),
          values: Type.Array(Nullable(Type.Union([Type.Number(), Type.String()])), {
            description: 'One for each version, in the same order',
          }),
        },
        { title: 'ParallelAxis', additionalProperties: false },
      ),
    ),
  },
  { title: 'ParallelChart', additionalProperties: false },
);
export type ParallelChart = Static<typeof ParallelChart>;

export const SlicesChart = Type.Object(
  {
    chart: Type.Literal('slices'),
    ...titles,
    evaluations: Type.Array(ChartEvaluation),
    slice_count: Type.Integer({ description: 'Slices that there are; the largest of them are shown' }),
    slices: Type.Array(
      Type.Object(
        { slice: Type.String(), n: Nullable(Type.Integer()) },
        { title: 'ChartSlice', additionalProperties: false },
      ),
    ),
    columns: Type.Array(
      Type.Object(
        { metric: ChartMetric, evaluation: Type.Integer({ description: 'Id' }), ...ChartVersion },
        { title: 'SlicesColumn', additionalProperties: false },
      ),
    ),
    values: Type.Array(Type.Array(Nullable(MetricValue)), { description: 'One row for each slice' }),
  },
  { title: 'SlicesChart', additionalProperties: false },
);
export type SlicesChart = Static<typeof SlicesChart>;

export const ConfusionChart = Type.Object(
  {
    chart: Type.Literal('confusion-matrix'),
    ...titles,
    evaluation: Nullable(ChartEvaluation),
    labels: Type.Array(Type.String(), { maxItems: LIMITS.confusionLabels }),
    counts: Type.Array(Type.Array(Type.Integer()), { description: 'One row for each actual label' }),
  },
  { title: 'ConfusionChart', additionalProperties: false },
);
export type ConfusionChart = Static<typeof ConfusionChart>;

export const CurveChart = Type.Object(
  {
    chart: Type.Enum(['roc', 'precision-recall']),
    ...titles,
    series: Type.Array(
      Type.Object(
        {
          evaluation: ChartEvaluation,
          count: Type.Integer({ description: 'Points that there are' }),
          points: Type.Array(
            Type.Object(
              {
                x: Type.Number({ description: 'False positive rate, or recall' }),
                y: Type.Number({ description: 'True positive rate, or precision' }),
              },
              { title: 'CurvePoint', additionalProperties: false },
            ),
          ),
        },
        { title: 'CurveSeries', additionalProperties: false },
      ),
    ),
  },
  { title: 'CurveChart', additionalProperties: false },
);
export type CurveChart = Static<typeof CurveChart>;

export type ChartData =
  | HistoryChart
  | VersionsChart
  | BarsChart
  | ParallelChart
  | SlicesChart
  | ConfusionChart
  | CurveChart;
