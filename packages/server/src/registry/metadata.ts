import { LIMITS } from '../contract/limits.ts';
import type { Properties, Tags } from '../contract/shapes.ts';
import { refuseField } from './refusals.ts';

/** JSON merge patch of one map: null removes a key, null for the whole removes all (RFC 7396). Objects merge in depth. */
export function mergeMap<T>(before: Record<string, T>, patch: Record<string, unknown> | null): Record<string, T> {
  if (patch === null) return {};
  const merged = new Map<string, unknown>(Object.entries(before));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else if (isMap(value)) {
      const old = merged.get(key);
      merged.set(key, mergeMap(isMap(old) ? old : {}, value));
    } else merged.set(key, value);
  }
  return Object.fromEntries(merged) as Record<string, T>;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function assertTags(tags: Tags | undefined): void {
  if (!tags) return;
  const entries = Object.entries(tags);
  if (entries.length > LIMITS.tags) refuseField('/tags', `must have at most ${LIMITS.tags} keys`);
  for (const [key, value] of entries) {
    if (key.length === 0) refuseField('/tags', 'must not have an empty key');
    if (key.length > LIMITS.tagKey)
      refuseField(`/tags/${key}`, `must have a key of at most ${LIMITS.tagKey} characters`);
    if (value.length > LIMITS.tagValue) refuseField(`/tags/${key}`, `must have at most ${LIMITS.tagValue} characters`);
  }
}

export function assertProperties(properties: Properties | undefined): void {
  if (!properties) return;
  if (Object.keys(properties).length > LIMITS.properties)
    refuseField('/properties', `must have at most ${LIMITS.properties} keys`);
  for (const [key, value] of Object.entries(properties))
    if (value === null)
      refuseField(`/properties/${key}`, 'must not be null: leave the key out, or remove it with PATCH');
}
