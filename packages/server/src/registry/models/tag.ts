import type { Tags } from '../../contract/shapes.ts';
import type { Work } from '../batch.ts';
import { assertSize, assertTags, mergeMap } from '../metadata.ts';
import { getModel, toModel, updateModel } from './repository.ts';

/** Sets or takes away (null) one tag of a model. To MLflow this is no update: the time of the last one stays. */
export async function tagModel(work: Work, name: string, key: string, value: string | null): Promise<void> {
  const row = await getModel(work.tx, name);
  const before = toModel(row);
  const tags = tagged(before.tags, key, value);
  assertTags(tags);
  assertSize({ ...before, tags });
  const { changes } = await updateModel(work, row, { tags }, { keepsTime: true });
  if (changes.length > 0) work.record({ type: 'model.updated', subject: row.name, changes });
}

export function tagged(before: Tags, key: string, value: string | null): Tags {
  return mergeMap(before, Object.fromEntries([[key, value]]));
}
