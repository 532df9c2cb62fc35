import { Signature } from '../../contract/artifact.ts';
import { Lineage, type Version, type VersionPatch } from '../../contract/version.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { assertFits, assertProperties, assertSize, assertTags, mergeMap, mergePatch } from '../metadata.ts';
import { getVersion, toVersion, updateVersion } from './repository.ts';

/** Applies a JSON merge patch (RFC 7396) to a version's metadata: never to its artifacts. */
export async function describeVersion(
  work: Work,
  name: string,
  ref: string,
  patch: VersionPatch,
  ifMatch?: IfMatch,
): Promise<Version> {
  const { model, row } = await getVersion(work.tx, name, ref);
  assertMatches(row.etag, ifMatch);
  const before = toVersion(row, model.name);
  const next: Partial<Version> = {};
  for (const key of ['description', 'card', 'framework'] as const)
    if (patch[key] !== undefined) Object.assign(next, { [key]: patch[key] });
  for (const [key, schema] of [
    ['signature', Signature],
    ['lineage', Lineage],
  ] as const) {
    if (patch[key] === undefined) continue;
    const merged = mergePatch(before[key], patch[key]);
    if (merged !== null) assertFits(`/${key}`, schema, merged);
    Object.assign(next, { [key]: merged });
  }
  if (patch.tags !== undefined) next.tags = mergeMap(before.tags, patch.tags);
  if (patch.properties !== undefined) next.properties = mergeMap(before.properties, patch.properties);
  assertTags(next.tags);
  assertProperties(next.properties);
  assertSize({ ...before, ...next });
  const { version, changes } = await updateVersion(work, model.name, row, next);
  if (changes.length > 0) work.record({ type: 'version.updated', subject: `${model.name}/${row.number}`, changes });
  return version;
}
