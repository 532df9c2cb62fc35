import { toTime } from '../../contract/time.ts';
import type { Version } from '../../contract/version.ts';
import { writeTogether } from '../../db/write-together.ts';
import { leaveEvidence } from '../backlog-evidence.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { closeWaiting } from '../lifecycle/close.ts';
import { endTenure } from '../lifecycle/move.ts';
import { type Deregistration, removeFromIndex } from '../models/deregister.ts';
import { getModel, type ModelRow, toModel, updateModel } from '../models/repository.ts';
import { parseRef } from '../refs.ts';
import { refuse } from '../refusals.ts';
import { EMPTIED_FIELDS } from './emptied.ts';
import { findNumber, getVersion, toVersion, updateVersion, type VersionRow } from './repository.ts';
import { liveLists } from './status-order.ts';

/** Moves a version to the trash. Its number is never used again; aliases that named it are gone with it. */
export async function deregisterVersion(
  work: Work,
  name: string,
  ref: string,
  asked: Deregistration,
  trashMs: number,
  ifMatch?: IfMatch,
): Promise<Version> {
  const { model, row } = await getVersion(work.tx, name, ref);
  assertMatches(row.etag, ifMatch);
  if (row.status === 'production' && !asked.force)
    refuse(
      'in-production',
      `Version ${row.number} of ${name} is in production. Archive it first, or repeat with force=true.`,
      { model: name, versions: [row.number] },
    );
  await writeTogether(work.tx, [endTenure(work, row, 'deregistration')]);
  const deregistered = {
    at: toTime(work.at),
    by: work.caller.actor.name,
    reason: asked.reason,
    purge_after: toTime(work.at + trashMs),
  };
  const { version, changes } = await updateVersion(work, model.name, row, { deregistered, aliases: [] });
  const counted = await recount(work, model, row.number, -1);
  work.record({
    type: 'version.deregistered',
    subject: `${model.name}/${row.number}`,
    reason: asked.reason,
    changes: [...changes, ...counted],
  });
  await closeWaiting(work, model, row.number);
  return version;
}

/** Takes a version out of the trash. One that was live comes back archived: it is promoted again on purpose. */
export async function restoreVersion(work: Work, name: string, ref: string): Promise<Version> {
  const { model, row } = await getTrashed(work, name, ref);
  const status = row.status === 'production' || row.status === 'staging' ? 'archived' : row.status;
  const { version, changes } = await updateVersion(work, model.name, row, { deregistered: null, status });
  const counted = await recount(work, model, row.number, 1);
  work.record({ type: 'version.restored', subject: `${model.name}/${row.number}`, changes: [...changes, ...counted] });
  return version;
}

/** Leaves only the tombstone of a version in the trash: number, digest and reason. */
export async function purgeVersion(work: Work, name: string, ref: string): Promise<Version> {
  const { model, row } = await getTrashed(work, name, ref);
  return purgeVersionRow(work, model, row);
}

export async function purgeVersionRow(work: Work, model: ModelRow, row: VersionRow): Promise<Version> {
  await work.tx.deleteFrom('artifact').where('version_id', '=', row.id).execute();
  const before = toVersion(row, model.name);
  const { version, changes } = await updateVersion(work, model.name, row, EMPTIED_FIELDS);
  await work.tx.updateTable('version').set({ purged_at: work.at }).where('id', '=', row.id).execute();
  removeFromIndex(work, 'version', row.id);
  await leaveEvidence(work.tx, [row.id]);
  work.record({
    type: 'version.purged',
    subject: `${model.name}/${row.number}`,
    details: { digest: before.digest },
    changes: changes.length > 0 ? changes : [{ model_id: model.id, number: row.number, before: {}, after: {} }],
  });
  return version;
}

/** What the model says of its versions, after one came (1) or went (-1). */
async function recount(work: Work, model: ModelRow, number: number, by: 1 | -1) {
  const highest = await work.tx
    .selectFrom('version')
    .select('number')
    .where('model_id', '=', model.id)
    .where('deregistered', 'is', null)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  const before = toModel(model);
  const named = Object.entries(before.aliases).filter(([, of]) => of !== number);
  const counted = {
    latest_version: highest?.number ?? null,
    version_count: before.version_count + by,
    live: await liveLists(work.tx, model.id),
    aliases: Object.fromEntries(named),
  };
  return (await updateModel(work, model, counted)).changes;
}

async function getTrashed(work: Work, name: string, text: string): Promise<{ model: ModelRow; row: VersionRow }> {
  const model = await getModel(work.tx, name);
  const ref = parseRef(text);
  const row = ref?.kind === 'number' ? await findNumber(work.tx, model.id, ref.number) : undefined;
  if (row?.deregistered && row.purged_at === null) return { model, row };
  if (row && row.deregistered === null)
    refuse('not-in-trash', `Version ${row.number} of ${name} is not in the trash.`, {
      model: name,
      number: row.number,
    });
  await getVersion(work.tx, name, text); // refuses, and says why
  return refuse('not-in-trash', `Name the version by its number.`, { model: name });
}
