import type { Model } from '../../contract/model.ts';
import { begin } from '../backlog.ts';
import type { Work } from '../batch.ts';
import { assertName } from '../names.ts';
import { refuse } from '../refusals.ts';
import { assertFree, bearName, leaveName, type NameUse } from './name-use.ts';
import { getModel, toModel, updateModel } from './repository.ts';

/** Gives a model another name. The old one answers with the new one until it is registered anew. */
export async function renameModel(work: Work, name: string, to: string): Promise<Model> {
  assertName(to);
  const row = await getModel(work.tx, name);
  assertNumbersUnused(await assertFree(work, to, row.id), row.id, to);
  if (row.name === to) return toModel(row);
  const last_number = await leaveName(work, row);
  const { model, changes } = await updateModel(work, row, { name: to }, { last_number });
  await bearName(work, { id: row.id, last_number }, to);
  work.afterwards((tx) => begin({ tx, dialect: work.db.name }, 'rename', row.id));
  work.record({ type: 'model.renamed', subject: to, details: { from: row.name }, changes });
  return model;
}

/** `churn/3` means one version for ever: a name under which another model gave out numbers cannot be taken over. */
function assertNumbersUnused(use: NameUse, model_id: number, to: string): void {
  if (!use.last_number || use.model_id === model_id) return;
  refuse(
    'name-retired',
    `${to} was the name of another model with versions up to ${use.last_number}, and a number is never used again. Choose another name.`,
    { model: to, last_number: use.last_number },
  );
}
