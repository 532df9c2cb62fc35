import { type Static, Type } from 'typebox';
import { Nullable, Page, Reason, Time } from './shapes.ts';
import { Status, Version } from './version.ts';

/** What a check looked at, so that anyone can look again. */
export const Fact = Type.Object(
  {
    what: Type.String({ examples: ['auc of churn/7 on holdout'] }),
    value: Type.Unknown(),
    href: Type.Optional(Type.String({ examples: ['/api/v1/evaluations/12'] })),
  },
  { title: 'Fact', additionalProperties: false },
);
export type Fact = Static<typeof Fact>;

/** One rule's outcome for one version, with the fact that it looked at. */
export const Check = Type.Object(
  {
    check: Type.String({ examples: ['verdict'] }),
    outcome: Type.Enum(['passed', 'failed']),
    detail: Type.String({ description: 'The fact that was looked at', examples: ['the verdict is clean'] }),
    remedy: Type.Optional(Type.String({ description: 'What would make it pass' })),
    mode: Type.Optional(
      Type.Enum(['enforce', 'warn'], { description: 'Whether its failure refuses. Left out: it does' }),
    ),
    evidence: Type.Optional(Type.Array(Fact, { maxItems: 100 })),
  },
  { title: 'Check', additionalProperties: false },
);
export type Check = Static<typeof Check>;

export const NewPromotion = Type.Object(
  {
    to: Status,
    reason: Type.Optional(Reason),
    force: Type.Optional(
      Type.Boolean({
        description:
          'Go on although a check failed; needs a reason, and is recorded. A seal cannot be forced, and no rule of a policy that does not allow it',
      }),
    ),
  },
  { title: 'NewPromotion', additionalProperties: false },
);
export type NewPromotion = Static<typeof NewPromotion>;

export const NewRollback = Type.Object(
  {
    status: Type.Optional(Type.Enum(['production', 'staging'], { description: 'Default: production' })),
    reason: Reason,
    force: Type.Optional(Type.Boolean()),
  },
  { title: 'NewRollback', additionalProperties: false },
);
export type NewRollback = Static<typeof NewRollback>;

export const Approval = Type.Object(
  { by: Type.String(), at: Time, reason: Nullable(Type.String()) },
  { title: 'Approval', additionalProperties: false },
);
export type Approval = Static<typeof Approval>;

/** Which policies gave the rule: the version of the model's own and of the default; 0 where nobody has set it. */
export const PolicyInForce = Type.Object(
  {
    of: Type.Enum(['model', 'default', 'built-in'], { description: 'Whose rule it is' }),
    version: Type.Integer({ minimum: 0 }),
  },
  { title: 'PolicyInForce', additionalProperties: false },
);
export type PolicyInForce = Static<typeof PolicyInForce>;

export const PROMOTION_STATES = ['waiting', 'executed', 'rejected', 'cancelled', 'expired', 'refused'] as const;
export type PromotionState = (typeof PROMOTION_STATES)[number];

/** A promotion or a rollback that was asked for, and what it came to. */
export const Promotion = Type.Object(
  {
    id: Nullable(
      Type.Integer({ minimum: 1, description: 'null where nothing had to change, so that nothing was recorded' }),
    ),
    model: Type.String(),
    number: Type.Integer(),
    action: Type.Enum(['promotion', 'rollback', 'alias']),
    from: Nullable(Status),
    to: Nullable(Status),
    alias: Nullable(Type.String({ description: 'The alias that is to be set, if it is not about a status' })),
    state: Type.Enum([...PROMOTION_STATES], {
      description: 'refused: a check failed at the last approval, after it had passed',
    }),
    reason: Nullable(Type.String()),
    forced: Type.Boolean({ description: 'A failed check was overridden' }),
    policy: PolicyInForce,
    checks: Type.Array(Check, { description: 'As they came out last' }),
    approvals_needed: Type.Integer({ minimum: 0 }),
    approvals: Type.Array(Approval),
    superseded: Type.Array(Type.Integer(), {
      description: 'Versions that left the status, or gave up the alias, for this one',
    }),
    at: Time,
    by: Type.String(),
    expires_at: Nullable(Time),
    closed: Nullable(
      Type.Object(
        { at: Time, by: Type.String(), reason: Nullable(Type.String()) },
        { title: 'Closed', additionalProperties: false, description: 'Who ended it, and when; null while it waits' },
      ),
    ),
    etag: Type.Integer({ minimum: 0, description: '0 where nothing was recorded' }),
    version: Type.Optional(Version),
  },
  { title: 'Promotion', additionalProperties: false },
);
export type Promotion = Static<typeof Promotion>;
export type PromotionAction = Promotion['action'];
export const PromotionPage = Page(Promotion, 'PromotionPage');

/** What a reviewer says. */
export const NewDecision = Type.Object(
  { reason: Type.Optional(Reason) },
  { title: 'NewDecision', additionalProperties: false },
);
export type NewDecision = Static<typeof NewDecision>;
export const NewRejection = Type.Object({ reason: Reason }, { title: 'NewRejection', additionalProperties: false });
export type NewRejection = Static<typeof NewRejection>;

/** What would become of a promotion, were it asked for now. */
export const DryRun = Type.Object(
  {
    model: Type.String(),
    number: Type.Integer(),
    to: Nullable(Status),
    alias: Nullable(Type.String()),
    outcome: Type.Enum(['allowed', 'waiting', 'refused'], {
      description: 'waiting: it would wait for approvals',
    }),
    policy: PolicyInForce,
    approvals_needed: Type.Integer({ minimum: 0 }),
    can_force: Type.Boolean(),
    checks: Type.Array(Check),
    superseded: Type.Array(Type.Integer(), { description: 'Versions that would leave the status for this one' }),
  },
  { title: 'DryRun', additionalProperties: false },
);
export type DryRun = Static<typeof DryRun>;
