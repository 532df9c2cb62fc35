import { type Static, Type } from 'typebox';
import { LIMITS } from './limits.ts';
import { AnyInteger, MetricValue, Nullable, Page, Time } from './shapes.ts';

const MetricName = Type.String({ minLength: 1, maxLength: LIMITS.metricName, examples: ['auc'] });

const NewMetricPoint = Type.Object(
  {
    name: MetricName,
    value: MetricValue,
    step: Type.Optional(AnyInteger),
    at: Type.Optional(Time),
  },
  { title: 'NewMetricPoint', additionalProperties: false },
);

export const NewMetrics = Type.Object(
  { metrics: Type.Array(NewMetricPoint, { minItems: 1, maxItems: LIMITS.pointsTogether }) },
  { title: 'NewMetrics', additionalProperties: false },
);
export type NewMetrics = Static<typeof NewMetrics>;

export const MetricOrigin = Type.Object(
  {
    of: Type.Enum(['version', 'run', 'logged_model']),
    id: Type.Optional(Type.String({ description: 'Of the run or the logged model' })),
  },
  {
    title: 'MetricOrigin',
    additionalProperties: false,
    description:
      'Whether the version has the metric itself, or what it was made from has it: then it is linked, as it is now',
  },
);
export type MetricOrigin = Static<typeof MetricOrigin>;

/** One point of a metric. The latest is the greatest by step, time and value, as in MLflow. */
export const Metric = Type.Object(
  {
    name: MetricName,
    value: MetricValue,
    step: Type.Integer(),
    at: Time,
    origin: MetricOrigin,
  },
  { title: 'Metric', additionalProperties: false },
);
export type Metric = Static<typeof Metric>;

/** The latest points of the metrics that were written. */
export const LoggedMetrics = Type.Object(
  { metrics: Type.Array(Metric) },
  { title: 'LoggedMetrics', additionalProperties: false },
);
export type LoggedMetrics = Static<typeof LoggedMetrics>;
export const MetricPage = Page(Metric, 'MetricPage');

export const DIRECTIONS = ['higher', 'lower'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export const NewMetricDefinition = Type.Object(
  {
    unit: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 64, examples: ['ms'] }))),
    direction: Type.Optional(Nullable(Type.Enum([...DIRECTIONS], { description: 'Which way is better' }))),
    description: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 1_000 }))),
  },
  { title: 'NewMetricDefinition', additionalProperties: false },
);
export type NewMetricDefinition = Static<typeof NewMetricDefinition>;

export const MetricDefinition = Type.Object(
  {
    name: MetricName,
    unit: Nullable(Type.String()),
    direction: Nullable(Type.Enum([...DIRECTIONS])),
    description: Nullable(Type.String()),
    built_in: Type.Boolean({ description: 'Nobody has set it: it is what the name means in the field' }),
    updated_at: Nullable(Time),
    updated_by: Nullable(Type.String()),
    etag: Type.Integer({ description: '0 while nobody has set it' }),
  },
  { title: 'MetricDefinition', additionalProperties: false },
);
export type MetricDefinition = Static<typeof MetricDefinition>;
export const MetricDefinitionPage = Page(MetricDefinition, 'MetricDefinitionPage');
