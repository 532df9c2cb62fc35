import { type Static, Type } from 'typebox';
import { LIMITS } from './limits.ts';
import { MapOf, Nullable, Page, Time } from './shapes.ts';

const Text = Type.String({ minLength: 1, maxLength: LIMITS.datasetText });
const MetricName = Type.String({ minLength: 1, maxLength: LIMITS.metricName });

/** Results count on this data set only; without `digest`, on the newest one of the name that the version was evaluated on. */
const OnDataset = Type.Object(
  { name: Text, digest: Type.Optional(Text) },
  { title: 'OnDataset', additionalProperties: false, examples: [{ name: 'holdout' }] },
);

const Sealed = Type.Object(
  { check: Type.Literal('sealed') },
  { title: 'SealedCheck', additionalProperties: false, description: 'The artifacts are frozen' },
);
const VerdictCheck = Type.Object(
  {
    check: Type.Literal('verdict'),
    not_worse_than: Type.Enum(['clean', 'unknown', 'suspicious', 'malformed'], {
      description: 'From the best to the worst: clean, unknown, suspicious, malformed, unsafe',
    }),
  },
  { title: 'VerdictCheck', additionalProperties: false },
);
const MetricCheck = Type.Object(
  {
    check: Type.Literal('metric'),
    metric: MetricName,
    comparator: Type.Enum(['>', '>=', '<', '<=', '=', '!=']),
    value: Type.Number(),
    dataset: Type.Optional(OnDataset),
  },
  {
    title: 'MetricCheck',
    additionalProperties: false,
    description: 'Of the newest evaluation on the data set; without one, the latest value of the version’s metric',
  },
);
const NotWorseThanLive = Type.Object(
  {
    check: Type.Literal('not_worse_than_live'),
    metric: MetricName,
    tolerance: Type.Optional(
      Type.Number({ minimum: 0, description: 'By so much it may be worse, in the unit of the metric. Default: 0' }),
    ),
    direction: Type.Optional(
      Type.Enum(['higher', 'lower'], {
        description: 'Which way is better. Default: what the metric’s definition says',
      }),
    ),
    dataset: Type.Optional(OnDataset),
  },
  {
    title: 'NotWorseThanLiveCheck',
    additionalProperties: false,
    description: 'Held against the version promoted last to the target that is there; passed where there is none',
  },
);
const SignatureCompatible = Type.Object(
  { check: Type.Literal('signature_compatible') },
  {
    title: 'SignatureCompatibleCheck',
    additionalProperties: false,
    description:
      'Callers of the live version can call this one: no input removed or narrowed, no new required one, no output changed',
  },
);
const Has = Type.Object(
  {
    check: Type.Literal('has'),
    fields: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: 512,
        pattern: '^(card|description|framework|signature|(lineage|properties|tags|metrics)\\..+)$',
        examples: ['card', 'lineage.git_commit', 'properties.risk.tier', 'tags.team'],
      }),
      { minItems: 1, maxItems: LIMITS.checks },
    ),
  },
  { title: 'HasCheck', additionalProperties: false, description: 'Each of these is there, and is not empty' },
);
const EvaluatedOn = Type.Object(
  {
    check: Type.Literal('evaluated_on'),
    dataset: OnDataset,
    within_days: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 36_500 })),
  },
  { title: 'EvaluatedOnCheck', additionalProperties: false },
);

export const PolicyCheck = Type.Union(
  [Sealed, VerdictCheck, MetricCheck, NotWorseThanLive, SignatureCompatible, Has, EvaluatedOn],
  { title: 'PolicyCheck' },
);
export type PolicyCheck = Static<typeof PolicyCheck>;

const ruleFields = {
  mode: Type.Optional(
    Type.Enum(['enforce', 'warn'], {
      description: 'Whether a failed check refuses the promotion, or is only told and recorded. Default: enforce',
    }),
  ),
  approvals: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LIMITS.approvals,
      description: 'How many distinct actors other than the author have to approve. Default: 0',
    }),
  ),
  expires_days: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 365,
      description: 'How long a promotion waits for approvals. Default: 14',
    }),
  ),
  force: Type.Optional(
    Type.Boolean({ description: 'Whether failed checks can be overridden with force and a reason. Default: false' }),
  ),
  checks: Type.Optional(Type.Array(PolicyCheck, { maxItems: LIMITS.checks })),
};

export const StatusRule = Type.Object(
  {
    ...ruleFields,
    single: Type.Optional(
      Type.Boolean({
        description:
          'One version at a time: the others are archived by the same promotion. Default: as the server is configured',
      }),
    ),
    rollback: Type.Optional(
      Type.Enum(['free', 'approvals'], {
        description: 'Whether a rollback needs the approvals too; it always has to pass the checks. Default: free',
      }),
    ),
  },
  { title: 'StatusRule', additionalProperties: false },
);
export type StatusRule = Static<typeof StatusRule>;
export const AliasRule = Type.Object(ruleFields, { title: 'AliasRule', additionalProperties: false });
export type AliasRule = Static<typeof AliasRule>;

/** What a promotion has to meet. A target that it does not name follows the default policy, and that the built-in one. */
export const NewPolicy = Type.Object(
  {
    statuses: Type.Optional(
      Type.Object(
        {
          draft: Type.Optional(StatusRule),
          staging: Type.Optional(StatusRule),
          production: Type.Optional(StatusRule),
          archived: Type.Optional(StatusRule),
        },
        { title: 'StatusRules', additionalProperties: false },
      ),
    ),
    aliases: Type.Optional(
      MapOf(AliasRule, LIMITS.alias, {
        maxProperties: LIMITS.protectedAliases,
        description: 'Aliases that are protected: to be set on a version, it has to meet the rule',
      }),
    ),
  },
  { title: 'NewPolicy', additionalProperties: false },
);
export type NewPolicy = Static<typeof NewPolicy>;

export const Policy = Type.Object(
  {
    model: Nullable(Type.String({ description: 'null is the default' })),
    version: Type.Integer({ minimum: 0, description: 'Counts the edits; 0 while nobody has set it' }),
    ...NewPolicy.properties,
    updated_at: Nullable(Time),
    updated_by: Nullable(Type.String()),
    etag: Type.Integer({ minimum: 0, description: 'The version' }),
  },
  { title: 'Policy', additionalProperties: false },
);
export type Policy = Static<typeof Policy>;
export const PolicyPage = Page(Policy, 'PolicyPage');
