import type { Event, EventType } from '../contract/event.ts';

/** Files of a pack that tell what certain events say, one item for each. Whoever has the events can write them anew. */
export const TOLD = {
  'evaluations.json': { types: ['evaluation.recorded'], itemOf: (event: Event) => event.details?.evaluation },
  'promotions.json': {
    types: [
      'promotion.requested',
      'promotion.approved',
      'promotion.rejected',
      'promotion.cancelled',
      'promotion.expired',
      'promotion.refused',
      'version.promoted',
      'version.rolled-back',
      'alias.set',
    ],
    itemOf: toStep,
  },
  'policy.json': { types: ['policy.changed'], itemOf: toEdit },
} as const satisfies Record<string, { types: readonly EventType[]; itemOf(event: Event): unknown }>;

export type ToldName = keyof typeof TOLD;
export const TOLD_NAMES = Object.keys(TOLD) as ToldName[];

/** What one event did to a promotion: asked for it, decided on it, carried it out. `promotion` is its id, where it has one. */
export interface Step {
  seq: number;
  at: string;
  type: EventType;
  subject: string;
  by: string;
  verified: boolean;
  promotion: number | null;
  reason: string | null;
  details: Record<string, unknown>;
}

function toStep({ seq, at, type, subject, actor, verified, reason, details = {} }: Event): Step | undefined {
  const { promotion } = details;
  // An alias that is set freely is none of a promotion's steps.
  if (type === 'alias.set' && promotion === undefined && details.checks === undefined) return undefined;
  return {
    seq,
    at,
    type,
    subject,
    by: actor,
    verified,
    promotion: typeof promotion === 'number' ? promotion : null,
    reason: reason ?? null,
    details,
  };
}

/** A policy as it was written. It was in force until the next one of the same. */
export interface Edit {
  seq: number;
  at: string;
  of: 'default' | 'model';
  subject: string;
  by: string;
  verified: boolean;
  policy: unknown;
}

function toEdit({ seq, at, subject, actor, verified, details }: Event): Edit {
  const of = subject === DEFAULT_POLICY ? 'default' : 'model';
  return { seq, at, of, subject, by: actor, verified, policy: details?.policy ?? null };
}

export const DEFAULT_POLICY = 'policy:default';

/** The item that an event is worth in a file; undefined where it is none of that file's. */
export function itemFor(name: ToldName, event: Event): string | undefined {
  const { types, itemOf } = TOLD[name];
  if (!(types as readonly EventType[]).includes(event.type)) return undefined;
  const item = itemOf(event);
  return item === undefined ? undefined : JSON.stringify(item);
}
