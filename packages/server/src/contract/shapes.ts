import { type Static, type TSchema, Type } from 'typebox';
import { LIMITS } from './limits.ts';
import { fromTime } from './time.ts';

/** Pieces that several resources share. */

export const Time = Type.String({
  format: 'date-time',
  description: 'RFC 3339 in UTC with milliseconds',
  examples: ['2026-03-31T23:59:59.000Z'],
});

/** Integers beyond this one cannot be kept exactly, and are refused. */
const MOST = Number.MAX_SAFE_INTEGER;
export const AnyInteger = Type.Integer({ minimum: -MOST, maximum: MOST });
export const VersionNumber = Type.Integer({ minimum: 1, maximum: MOST });

export const ModelName = Type.String({
  minLength: 1,
  maxLength: LIMITS.name,
  description: 'No / or :, no control characters, no white space at the ends, not . or ..',
  examples: ['churn'],
});

/**
 * A map whose keys may hold any character. The library's own record has a pattern for its keys that a line break does
 * not match, so that such a key would be neither validated nor answered.
 */
export const MapOf = <T extends TSchema>(values: T, keyLength: number, options: Record<string, unknown> = {}) =>
  Type.Unsafe<Record<string, Static<T>>>({
    type: 'object',
    propertyNames: { minLength: 1, maxLength: keyLength },
    additionalProperties: values,
    ...options,
  });

export const Tags = MapOf(Type.String({ maxLength: LIMITS.tagValue }), LIMITS.tagKey, {
  maxProperties: LIMITS.tags,
  examples: [{ team: 'growth' }],
});
export type Tags = Static<typeof Tags>;

export const Properties = MapOf(Type.Unknown(), LIMITS.tagKey, {
  maxProperties: LIMITS.properties,
  description: 'Typed JSON values; numbers and booleans are searched as such',
  examples: [{ training: { rows: 120_000 } }],
});
export type Properties = Static<typeof Properties>;

/** JSON has no NaN and no infinities: they travel as strings. */
export const MetricValue = Type.Union([Type.Number(), Type.Enum(['NaN', 'Infinity', '-Infinity'])], {
  examples: [0.93],
});
export type MetricValue = Static<typeof MetricValue>;

export const Metrics = MapOf(MetricValue, LIMITS.metricName, {
  maxProperties: LIMITS.metrics,
  examples: [{ auc: 0.93 }],
});
export type Metrics = Static<typeof Metrics>;

export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

/** Merge patches of tags and properties: null removes a key, null for the whole removes all. */
export const TagsPatch = Nullable(MapOf(Nullable(Type.String({ maxLength: LIMITS.tagValue })), LIMITS.tagKey));
export const PropertiesPatch = Nullable(MapOf(Type.Unknown(), LIMITS.tagKey));

export const Description = Type.String({ maxLength: LIMITS.description });
export const Card = Type.String({ maxLength: LIMITS.card, description: 'Markdown with YAML front matter' });
export const Owner = Type.String({ minLength: 1, maxLength: LIMITS.owner });
export const Reason = Type.String({ minLength: 1, maxLength: LIMITS.reason });

export const Deregistered = Type.Object(
  {
    at: Time,
    by: Type.String(),
    reason: Type.String(),
    purge_after: Time,
  },
  {
    title: 'Deregistered',
    additionalProperties: false,
    description: 'When it went to the trash, and until when it can be restored',
  },
);
export type Deregistered = Static<typeof Deregistered>;

/** When it is purged, epoch milliseconds; null for what is not in the trash. */
export function purgeTime(deregistered: Deregistered | null): number | null {
  return deregistered && fromTime(deregistered.purge_after);
}

/** A page of `items`; `next_page_token` is null on the last one. */
export const Page = <T extends Parameters<typeof Type.Array>[0]>(items: T, title: string) =>
  Type.Object(
    { items: Type.Array(items), next_page_token: Nullable(Type.String()) },
    { title, additionalProperties: false },
  );
