import { type Static, type TSchema, Type } from 'typebox';
import { DatasetRef, EvaluationMetrics } from './evaluation.ts';
import { DIRECTIONS, MetricOrigin } from './metric.ts';
import { MetricValue, Nullable, Time } from './shapes.ts';
import { SignatureDifference } from './signature-difference.ts';
import { Version } from './version.ts';

/** Lists of one entry for each version stand in the order in which the versions were asked for. */

const Place = Type.Integer({ minimum: 0, description: 'Of a version, counted from 0' });
const count = (description: string) => Type.Integer({ minimum: 0, description });

/** So many of a list as are shown, those that differ first. */
const Listed = <T extends TSchema>(item: T, title: string) =>
  Type.Object(
    { total: count('How many there are'), different: count('How many differ'), items: Type.Array(item) },
    { title, additionalProperties: false },
  );

const { model, number, status, state, digest, size_bytes, artifact_count, verdict, framework, aliases } =
  Version.properties;

export const ComparedVersion = Type.Object(
  {
    asked: Type.String({ examples: ['churn/@champion'] }),
    ...{ model, number, status, state, digest, size_bytes, artifact_count, verdict, framework, aliases },
    formats: Type.Array(Type.String(), { description: 'Of its artifacts' }),
    run_id: Nullable(Type.String()),
    git_commit: Nullable(Type.String()),
    created_at: Time,
    created_by: Type.String(),
    updated_at: Time,
    etag: Type.Integer(),
  },
  { title: 'ComparedVersion', additionalProperties: false },
);
export type ComparedVersion = Static<typeof ComparedVersion>;

export const ComparedValue = Type.Object(
  {
    name: Type.String(),
    values: Type.Array(Type.Unknown(), {
      description: 'null where a version has none; a text that ends with … where the value is long',
    }),
    same: Type.Boolean(),
  },
  { title: 'ComparedValue', additionalProperties: false },
);
export type ComparedValue = Static<typeof ComparedValue>;
export const ComparedValues = Listed(ComparedValue, 'ComparedValues');
export type ComparedValues = Static<typeof ComparedValues>;

export const OUTCOMES = ['base', 'better', 'worse', 'equal', 'different', 'not_comparable'] as const;

export const ComparedMetricValue = Type.Object(
  {
    value: MetricValue,
    /** Where it is linked; what the version or the evaluation has itself says none. */
    origin: Type.Optional(MetricOrigin),
    outcome: Type.Enum([...OUTCOMES], {
      description:
        'Against the base. different: nobody said which way is better. not_comparable: the base has none, or one is NaN',
    }),
    difference: Nullable(MetricValue),
    percent: Nullable(Type.Number({ description: 'The difference in hundredths of what the base has' })),
  },
  { title: 'ComparedMetricValue', additionalProperties: false },
);
export type ComparedMetricValue = Static<typeof ComparedMetricValue>;

export const ComparedMetric = Type.Object(
  {
    name: Type.String(),
    unit: Nullable(Type.String()),
    direction: Nullable(Type.Enum([...DIRECTIONS])),
    values: Type.Array(Nullable(ComparedMetricValue), { description: 'null where a version has none' }),
    best: Type.Array(Place, { description: 'Where the best value is; empty where there is no direction' }),
    same: Type.Boolean(),
  },
  { title: 'ComparedMetric', additionalProperties: false },
);
export type ComparedMetric = Static<typeof ComparedMetric>;
export const ComparedMetrics = Listed(ComparedMetric, 'ComparedMetrics');
export type ComparedMetrics = Static<typeof ComparedMetrics>;

export const ComparedEvaluation = Type.Object(
  {
    id: Type.Integer({ minimum: 1 }),
    at: Time,
    n: Nullable(Type.Integer()),
    evaluator: Nullable(Type.String()),
    of_these_bytes: Type.Boolean({ description: 'Whether the version had the digest then that it has now' }),
  },
  { title: 'ComparedEvaluation', additionalProperties: false },
);
export type ComparedEvaluation = Static<typeof ComparedEvaluation>;

export const ComparedSlice = Type.Object(
  { slice: Type.String(), n: Type.Array(Nullable(Type.Integer())), metrics: ComparedMetrics },
  { title: 'ComparedSlice', additionalProperties: false },
);
export type ComparedSlice = Static<typeof ComparedSlice>;

/** The newest evaluations of two or more of the versions on one data set. */
export const ComparedDataset = Type.Object(
  {
    dataset: DatasetRef,
    evaluations: Type.Array(Nullable(ComparedEvaluation)),
    metrics: ComparedMetrics,
    slices: Type.Object(
      { total: count('How many there are'), items: Type.Array(ComparedSlice) },
      { title: 'ComparedSlices', additionalProperties: false },
    ),
  },
  { title: 'ComparedDataset', additionalProperties: false },
);
export type ComparedDataset = Static<typeof ComparedDataset>;

export const ApartEvaluation = Type.Object(
  {
    version: Place,
    dataset: DatasetRef,
    evaluation: ComparedEvaluation,
    metrics: EvaluationMetrics,
    reason: Type.Enum(['other_digest', 'only_one']),
    detail: Type.String({ examples: ['no other of the versions was evaluated on holdout'] }),
  },
  {
    title: 'ApartEvaluation',
    additionalProperties: false,
    description: 'An evaluation that is not comparable, as no other version has one on this very data set',
  },
);
export type ApartEvaluation = Static<typeof ApartEvaluation>;

export const ComparedEvaluations = Type.Object(
  {
    total: count('Data sets on which two or more were evaluated'),
    datasets: Type.Array(ComparedDataset),
    apart_total: count('Evaluations that are not comparable'),
    apart: Type.Array(ApartEvaluation),
  },
  { title: 'ComparedEvaluations', additionalProperties: false },
);
export type ComparedEvaluations = Static<typeof ComparedEvaluations>;

export const ComparedSignature = Type.Object(
  {
    breaking: Type.Boolean({ description: 'Whether what calls the base can fail with this version' }),
    total: count('How many differences there are'),
    items: Type.Array(SignatureDifference, { description: 'From the base, breaking ones first' }),
  },
  { title: 'ComparedSignature', additionalProperties: false },
);
export type ComparedSignature = Static<typeof ComparedSignature>;

export const FileDifference = Type.Object(
  {
    path: Type.String(),
    change: Type.Enum(['changed', 'added', 'removed'], { description: 'From the base to this version' }),
    sha256: Nullable(Type.String()),
    base_sha256: Nullable(Type.String()),
    size_bytes: Nullable(Type.Integer()),
    base_size_bytes: Nullable(Type.Integer()),
  },
  { title: 'FileDifference', additionalProperties: false },
);
export type FileDifference = Static<typeof FileDifference>;

export const ComparedFiles = Type.Object(
  {
    same: count('Paths at which both have the same bytes'),
    changed: count('Paths at which they have others'),
    added: count('Paths that the base has not'),
    removed: count('Paths that only the base has'),
    complete: Type.Boolean({ description: 'false: it took too long, and only the first paths were counted' }),
    items: Type.Array(FileDifference, { description: 'The first differences in order of path' }),
  },
  { title: 'ComparedFiles', additionalProperties: false },
);
export type ComparedFiles = Static<typeof ComparedFiles>;

const IDENTICAL = [
  'version',
  'digest',
  'signature',
  'run',
  'commit',
  'params',
  'metrics',
  'tags',
  'properties',
] as const;
export const Identical = Type.Object(
  {
    what: Type.Enum([...IDENTICAL], { description: 'version: asked for twice; digest: the same bytes' }),
    versions: Type.Array(Place, { minItems: 2 }),
  },
  { title: 'Identical', additionalProperties: false },
);
export type Identical = Static<typeof Identical>;

/** `params`: of the run and the logged model that they come from; `facts`: read from their files, by path and name. */
export const Comparison = Type.Object(
  {
    as_of: Nullable(Time),
    base: Place,
    versions: Type.Array(ComparedVersion),
    identical: Type.Array(Identical, { description: 'What two or more of them have in common, if they have it' }),
    params: ComparedValues,
    facts: ComparedValues,
    metrics: ComparedMetrics,
    evaluations: ComparedEvaluations,
    signatures: Type.Array(ComparedSignature),
    files: Type.Array(Nullable(ComparedFiles), {
      description: 'null where a version was still open at that moment: what files it had then is not kept',
    }),
    tags: ComparedValues,
    properties: ComparedValues,
  },
  { title: 'Comparison', additionalProperties: false },
);
export type Comparison = Static<typeof Comparison>;
