import type { Model } from '../../contract/model.ts';
import { toTime } from '../../contract/time.ts';
import { begin } from '../backlog.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { closeWaiting } from '../lifecycle/close.ts';
import { refuse } from '../refusals.ts';
import { assertFree, bearName, leaveName } from './name-use.ts';
import { findModel, getModel, type ModelRow, toModel, trashedModels, updateModel } from './repository.ts';

export interface Deregistration {
  reason: string;
  force?: boolean;
}

/** Moves a model to the trash. It can be restored until `purge_after`; its name is free meanwhile. */
export async function deregisterModel(
  work: Work,
  name: string,
  asked: Deregistration,
  trashMs: number,
  ifMatch?: IfMatch,
): Promise<Model> {
  const row = await getModel(work.tx, name);
  assertMatches(row.etag, ifMatch);
  const { production } = toModel(row).live;
  if (production.length > 0 && !asked.force)
    refuse(
      'in-production',
      `Version ${production.join(', ')} of ${name} is in production. Archive it first, or repeat with force=true.`,
      { model: name, versions: production },
    );
  const deregistered = {
    at: toTime(work.at),
    by: work.caller.actor.name,
    reason: asked.reason,
    purge_after: toTime(work.at + trashMs),
  };
  const last_number = await leaveName(work, row);
  const { model, changes } = await updateModel(work, row, { deregistered }, { last_number });
  work.record({ type: 'model.deregistered', subject: row.name, reason: asked.reason, changes });
  await closeWaiting(work, row);
  return model;
}

/** Takes the model deregistered last under this name out of the trash. */
export async function restoreModel(work: Work, name: string): Promise<Model> {
  const row = await getTrashed(work, name);
  await assertFree(work, name);
  const { model, changes } = await updateModel(work, row, { deregistered: null });
  await bearName(work, row, name);
  work.record({ type: 'model.restored', subject: row.name, changes });
  return model;
}

/**
 * Leaves only the tombstone of a model in the trash: its numbers, digests and reason. The metadata and the artifacts of
 * all its versions go, those of many versions bit by bit; their bytes stay in the store, where nothing serves them.
 */
export async function purgeModel(work: Work, name: string): Promise<Model> {
  return purgeModelRow(work, await getTrashed(work, name));
}

export async function purgeModelRow(work: Work, row: ModelRow): Promise<Model> {
  const { model, changes } = await updateModel(work, row, {
    description: null,
    owner: null,
    tags: {},
    properties: {},
    card: null,
    aliases: {},
  });
  await work.tx.updateTable('model').set({ purged_at: work.at }).where('id', '=', row.id).execute();
  removeFromIndex(work, 'model', row.id);
  work.afterwards((tx) => begin({ tx, dialect: work.db.name }, 'purge', row.id));
  work.record({
    type: 'model.purged',
    subject: row.name,
    details: { etag: row.etag },
    changes: changes.length > 0 ? changes : [{ model_id: row.id, number: 0, before: {}, after: {} }],
  });
  return model;
}

/** What is purged is found by nothing any more. */
export function removeFromIndex(work: Work, noun: 'model' | 'version', id: number): void {
  work.reindex({ noun, id, entry: 'gone', facets: [] });
}

async function getTrashed(work: Work, name: string): Promise<ModelRow> {
  const trashed = (await trashedModels(work.tx, name)).find((row) => row.purged_at === null);
  if (trashed) return trashed;
  if (await findModel(work.tx, name))
    refuse('not-in-trash', `The model ${name} is not in the trash. Deregister it first with DELETE /models/{name}.`, {
      model: name,
    });
  await getModel(work.tx, name); // refuses, and says where the model went
  throw new Error('unreachable');
}
