import type { Work } from '../batch.ts';
import { assertSize, assertTags } from '../metadata.ts';
import { tagged } from '../models/tag.ts';
import { getVersion, toVersion, updateVersion } from './repository.ts';

/** Sets or takes away (null) one tag of a version. To MLflow this is no update: the time of the last one stays. */
export async function tagVersion(
  work: Work,
  name: string,
  ref: string,
  key: string,
  value: string | null,
): Promise<void> {
  const { model, row } = await getVersion(work.tx, name, ref);
  const before = toVersion(row, model.name);
  const tags = tagged(before.tags, key, value);
  assertTags(tags);
  assertSize({ ...before, tags });
  const { changes } = await updateVersion(work, model.name, row, { tags }, { keepsTime: true });
  if (changes.length > 0) work.record({ type: 'version.updated', subject: `${model.name}/${row.number}`, changes });
}
