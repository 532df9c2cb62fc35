import { type Static, Type } from 'typebox';
import { LIMITS } from './limits.ts';
import { MapOf, Nullable, Page, Time } from './shapes.ts';

const Members = MapOf(Type.Unknown(), LIMITS.tagKey);

/** What one event changed of one subject. Maps (tags, properties, aliases, metrics) name only the keys that changed; null means absent. */
export const SubjectChange = Type.Object(
  {
    model_id: Type.Integer(),
    number: Type.Integer({ description: '0 is the model itself' }),
    before: Nullable(Members),
    after: Members,
  },
  { title: 'SubjectChange', additionalProperties: false },
);
export type SubjectChange = Static<typeof SubjectChange>;

export const EVENT_TYPES = [
  'model.registered',
  'model.updated',
  'model.renamed',
  'model.deregistered',
  'model.restored',
  'model.purged',
  'version.created',
  'version.updated',
  'version.sealed',
  'version.promoted',
  'version.rolled-back',
  'version.deregistered',
  'version.restored',
  'version.purged',
  'artifact.attached',
  'artifact.detached',
  'alias.set',
  'alias.removed',
  'metrics.logged',
  'metric-definition.changed',
  'evaluation.recorded',
  'policy.changed',
  'promotion.requested',
  'promotion.approved',
  'promotion.rejected',
  'promotion.cancelled',
  'promotion.expired',
  'promotion.refused',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** One change, as it stands in the ledger. */
export const Event = Type.Object(
  {
    seq: Type.Integer({ minimum: 1, description: 'Place in the ledger, without a gap' }),
    prev: Type.String({ description: 'Leaf hash of the event before, in hex' }),
    at: Time,
    actor: Type.String(),
    verified: Type.Boolean({ description: 'Whether the actor proved its name' }),
    type: Type.Enum([...EVENT_TYPES]),
    subject: Type.String({
      description: 'model, model/number, policy:default, or metric: and the name of a metric that is defined',
      examples: ['churn/7'],
    }),
    reason: Type.Optional(Type.String()),
    details: Type.Optional(Members),
    changes: Type.Array(SubjectChange),
    request_id: Type.String(),
  },
  { title: 'Event', additionalProperties: false },
);
export type Event = Static<typeof Event>;

/** What a verb says of a change; the ledger adds sequence, time, actor and request. */
export interface Happening {
  type: EventType;
  subject: string;
  reason?: string | undefined;
  details?: Record<string, unknown>;
  changes: SubjectChange[];
}

export const EventPage = Page(Event, 'EventPage');
