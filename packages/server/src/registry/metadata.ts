import type { TSchema } from 'typebox';
import { misfitOf } from '../contract/fits.ts';
import { LIMITS } from '../contract/limits.ts';
import type { Properties, Tags } from '../contract/shapes.ts';
import { charactersOf } from './names.ts';
import { refuseField } from './refusals.ts';

/** JSON merge patch (RFC 7396): null removes a member, objects merge in depth, all else replaces. */
export function mergePatch(before: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const merged = new Map<string, unknown>(Object.entries(isMap(before) ? before : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

/** The same for a map that is never null: null for the whole removes all. */
export function mergeMap<T>(before: Record<string, T>, patch: Record<string, unknown> | null): Record<string, T> {
  return patch === null ? {} : (mergePatch(before, patch) as Record<string, T>);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Refuses a document that a patch left without what its schema asks for. */
export function assertFits(path: string, schema: TSchema, value: unknown): void {
  const misfit = misfitOf(schema, value);
  if (misfit) refuseField(`${path}${misfit.path}`, misfit.message);
}

export function assertTags(tags: Tags | undefined): void {
  if (!tags) return;
  const entries = Object.entries(tags);
  if (entries.length > LIMITS.tags) refuseField('/tags', `must have at most ${LIMITS.tags} keys`);
  for (const [key, value] of entries) {
    if (key.length === 0) refuseField('/tags', 'must not have an empty key');
    if (charactersOf(key) > LIMITS.tagKey)
      refuseField(`/tags/${key}`, `must have a key of at most ${LIMITS.tagKey} characters`);
    if (charactersOf(value) > LIMITS.tagValue)
      refuseField(`/tags/${key}`, `must have at most ${LIMITS.tagValue} characters`);
  }
}

export function assertProperties(properties: Properties | undefined): void {
  if (!properties) return;
  if (Object.keys(properties).length > LIMITS.properties)
    refuseField('/properties', `must have at most ${LIMITS.properties} keys`);
}

/** Tags, properties and card together have a bound, so that no number of patches makes a subject too large to be read. */
export function assertSize(subject: { tags: Tags; properties: Properties; card: string | null }): void {
  const { tags, properties, card } = subject;
  const bytes = Buffer.byteLength(JSON.stringify(tags) + JSON.stringify(properties) + (card ?? ''));
  if (bytes > LIMITS.metadataBytes)
    refuseField(
      '/properties',
      `must, with tags and card, have at most ${LIMITS.metadataBytes} bytes: keep large documents as artifacts`,
    );
}
