import type { Model, ModelPatch } from '../../contract/model.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { assertProperties, assertSize, assertTags, mergeMap } from '../metadata.ts';
import { getModel, toModel, updateModel } from './repository.ts';

/** Applies a JSON merge patch (RFC 7396) to a model's metadata. A patch that changes nothing records nothing. */
export async function describeModel(work: Work, name: string, patch: ModelPatch, ifMatch?: IfMatch): Promise<Model> {
  const row = await getModel(work.tx, name);
  assertMatches(row.etag, ifMatch);
  const before = toModel(row);
  const next: Partial<Model> = {};
  if (patch.description !== undefined) next.description = patch.description;
  if (patch.owner !== undefined) next.owner = patch.owner;
  if (patch.card !== undefined) next.card = patch.card;
  if (patch.tags !== undefined) next.tags = mergeMap(before.tags, patch.tags);
  if (patch.properties !== undefined) next.properties = mergeMap(before.properties, patch.properties);
  assertTags(next.tags);
  assertProperties(next.properties);
  assertSize({ ...before, ...next });
  const { model, changes } = await updateModel(work, row, next);
  if (changes.length > 0) work.record({ type: 'model.updated', subject: row.name, changes });
  return model;
}
