import { type Static, Type } from 'typebox';
import { LIMITS } from './limits.ts';
import { MapOf, MetricValue, ModelName, Nullable, Page, Tags, Time } from './shapes.ts';

const Text = Type.String({ minLength: 1, maxLength: LIMITS.datasetText });
const Count = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

export const EvaluationMetrics = MapOf(MetricValue, LIMITS.metricName, {
  minProperties: 1,
  maxProperties: LIMITS.evaluationMetrics,
  examples: [{ accuracy: 0.93, auc: 0.97 }],
});

export const DatasetRef = Type.Object(
  { name: Text, digest: Text },
  {
    title: 'DatasetRef',
    additionalProperties: false,
    description: 'Results are compared on the same name and digest only',
    examples: [{ name: 'holdout', digest: 'sha256:9f86d081' }],
  },
);
export type DatasetRef = Static<typeof DatasetRef>;

const Slice = Type.Object(
  { slice: Text, n: Type.Optional(Count), metrics: EvaluationMetrics },
  {
    title: 'Slice',
    additionalProperties: false,
    examples: [{ slice: 'country=DE', n: 412, metrics: { accuracy: 0.91 } }],
  },
);
export type Slice = Static<typeof Slice>;

const Rate = Type.Number({ minimum: 0, maximum: 1 });
/** Points of a curve from its beginning to its end. */
const Curve = (x: string, y: string) =>
  Type.Array(Type.Object({ [x]: Rate, [y]: Rate }, { additionalProperties: false }), {
    minItems: 2,
    maxItems: LIMITS.curvePoints,
  });

/** What a chart can be drawn of besides, where it was given. */
export const Curves = Type.Object(
  {
    roc: Type.Optional(Curve('fpr', 'tpr')),
    precision_recall: Type.Optional(Curve('recall', 'precision')),
    confusion: Type.Optional(
      Type.Object(
        {
          labels: Type.Array(Text, { minItems: 2, maxItems: LIMITS.confusionLabels }),
          counts: Type.Array(
            Type.Array(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), {
              minItems: 2,
              maxItems: LIMITS.confusionLabels,
            }),
            {
              minItems: 2,
              maxItems: LIMITS.confusionLabels,
              description: 'One row for each actual label, one column for each predicted one',
            },
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { title: 'Curves', additionalProperties: false },
);
export type Curves = {
  roc?: { fpr: number; tpr: number }[];
  precision_recall?: { recall: number; precision: number }[];
  confusion?: { labels: string[]; counts: number[][] };
};

export const NewEvaluation = Type.Object(
  {
    dataset: DatasetRef,
    metrics: EvaluationMetrics,
    slices: Type.Optional(Type.Array(Slice, { maxItems: LIMITS.slices })),
    n: Type.Optional(Count),
    evaluator: Type.Optional(Text),
    at: Type.Optional(Time),
    curves: Type.Optional(Curves),
    tags: Type.Optional(Tags),
  },
  { title: 'NewEvaluation', additionalProperties: false },
);
export type NewEvaluation = Omit<Static<typeof NewEvaluation>, 'curves'> & { curves?: Curves };

export const Interval = Type.Object(
  {
    low: Type.Number(),
    high: Type.Number(),
    level: Type.Number({ description: 'Of confidence', examples: [0.95] }),
    method: Type.Enum(['wilson']),
  },
  { title: 'Interval', additionalProperties: false },
);
export type Interval = Static<typeof Interval>;

/** Of those metrics that are shares of n. */
const Intervals = MapOf(Interval, LIMITS.metricName, {
  description: 'Of those metrics that are shares of n: Wilson score intervals',
});

const EvaluatedSlice = Type.Object(
  { slice: Text, n: Type.Optional(Count), metrics: EvaluationMetrics, intervals: Intervals },
  { title: 'EvaluatedSlice', additionalProperties: false },
);
export type EvaluatedSlice = Static<typeof EvaluatedSlice>;

/** What one version came to on one data set. It is never changed. */
export const Evaluation = Type.Object(
  {
    id: Type.Integer({ minimum: 1 }),
    model: ModelName,
    number: Type.Integer({ minimum: 1 }),
    version_digest: Nullable(
      Type.String({ description: 'Of the version as it was evaluated; null while it was open' }),
    ),
    dataset: DatasetRef,
    metrics: EvaluationMetrics,
    intervals: Intervals,
    slices: Type.Array(EvaluatedSlice),
    n: Nullable(Type.Integer()),
    evaluator: Nullable(Type.String()),
    at: Time,
    curves: Nullable(Curves),
    tags: Tags,
    source: Nullable(
      Type.Object(
        { run_id: Type.String() },
        { title: 'EvaluationSource', additionalProperties: false, description: 'The run that it was read from' },
      ),
    ),
    recorded_at: Time,
    recorded_by: Type.String(),
  },
  { title: 'Evaluation', additionalProperties: false },
);
export type Evaluation = Omit<Static<typeof Evaluation>, 'curves'> & { curves: Curves | null };
export const EvaluationPage = Page(Evaluation, 'EvaluationPage');

export const Dataset = Type.Object(
  {
    name: Text,
    digests: Type.Array(
      Type.Object(
        {
          digest: Text,
          evaluation_count: Type.Integer(),
          version_count: Type.Integer({ description: 'Versions that were evaluated on it' }),
          metrics: Type.Array(Type.String(), { description: 'Those that have a leaderboard, at most 100' }),
          first_at: Time,
          last_at: Time,
        },
        { title: 'DatasetDigest', additionalProperties: false },
      ),
      { description: 'The one that an evaluation was recorded on last first, at most 100; in a list at most 10' },
    ),
  },
  { title: 'Dataset', additionalProperties: false },
);
export type Dataset = Static<typeof Dataset>;
export const DatasetPage = Page(Dataset, 'DatasetPage');

/** One version's place on a data set by one metric. Equal values share a rank, and the next one counts them all. */
export const Standing = Type.Object(
  {
    rank: Type.Integer({ minimum: 1 }),
    model: ModelName,
    number: Type.Integer(),
    status: Type.String(),
    value: MetricValue,
    interval: Nullable(Interval),
    n: Nullable(Type.Integer()),
    evaluation: Type.Integer({ description: 'Id of the evaluation' }),
    of_these_bytes: Type.Boolean({
      description:
        'Whether the version had the digest then that it has now: no check counts what was evaluated before the seal',
    }),
    at: Time,
  },
  { title: 'Standing', additionalProperties: false },
);
export type Standing = Static<typeof Standing>;

export const Leaderboard = Type.Object(
  {
    dataset: DatasetRef,
    metric: Type.String(),
    direction: Type.Enum(['higher', 'lower']),
    unit: Nullable(Type.String()),
    items: Type.Array(Standing),
    next_page_token: Nullable(Type.String()),
  },
  { title: 'Leaderboard', additionalProperties: false },
);
export type Leaderboard = Static<typeof Leaderboard>;
