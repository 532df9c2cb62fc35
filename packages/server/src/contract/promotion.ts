import { type Static, Type } from 'typebox';
import { Nullable, Reason, Time } from './shapes.ts';
import { Status, Version } from './version.ts';

/** One rule's outcome for one version, with the fact that it looked at. */
export const Check = Type.Object(
  {
    check: Type.String({ examples: ['verdict'] }),
    outcome: Type.Enum(['passed', 'failed']),
    detail: Type.String({ description: 'The fact that was looked at', examples: ['the verdict is clean'] }),
    remedy: Type.Optional(Type.String({ description: 'What would make it pass' })),
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
        description: 'Go on although a check failed; needs a reason, and is recorded. A seal cannot be forced',
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

/** What a promotion or a rollback came to. */
export const Promotion = Type.Object(
  {
    model: Type.String(),
    number: Type.Integer(),
    from: Status,
    to: Status,
    state: Type.Enum(['executed']),
    reason: Nullable(Type.String()),
    forced: Type.Boolean({ description: 'A failed check was overridden' }),
    checks: Type.Array(Check),
    superseded: Type.Array(Type.Integer(), { description: 'Versions that left the status for this one' }),
    at: Time,
    by: Type.String(),
    version: Version,
  },
  { title: 'Promotion', additionalProperties: false },
);
export type Promotion = Static<typeof Promotion>;
