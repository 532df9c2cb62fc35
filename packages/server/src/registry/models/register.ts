import type { Model, NewModel } from '../../contract/model.ts';
import { toTime } from '../../contract/time.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { Work } from '../batch.ts';
import { assertProperties, assertSize, assertTags, mergeMap } from '../metadata.ts';
import { assertName, keyOf } from '../names.ts';
import { refuse } from '../refusals.ts';
import { bearName } from './name-use.ts';
import { insertModel } from './repository.ts';

/** Registers a model. A name may be registered anew after deregistration; its numbers then go on where they ended. */
export async function registerModel(work: Work, asked: NewModel): Promise<Model> {
  assertName(asked.name);
  assertTags(asked.tags);
  assertProperties(asked.properties);
  await assertFree(work, asked.name);
  const at = toTime(work.at);
  const model: Model = {
    name: asked.name,
    description: asked.description ?? null,
    owner: asked.owner ?? null,
    tags: asked.tags ?? {},
    properties: mergeMap({}, asked.properties ?? {}),
    card: asked.card ?? null,
    aliases: {},
    latest_version: null,
    version_count: 0,
    live: { production: [], staging: [] },
    created_at: at,
    created_by: work.caller.actor.name,
    updated_at: at,
    etag: 1,
    deregistered: null,
  };
  assertSize(model);
  const { id, change } = await insertModel(work, model);
  await bearName(work, { id, last_number: 0 }, model.name);
  work.record({ type: 'model.registered', subject: model.name, changes: [change] });
  return model;
}

/** Refuses a name that a live model has, or one that a client could take for it. */
export async function assertFree(work: Work, name: string, except?: number): Promise<void> {
  const [holder] = await holderOf(work.tx, { name_key: keyOf(name) });
  if (!holder || holder.id === except) return;
  const same =
    holder.name === name ? 'already exists' : `differs from ${holder.name} only in Unicode form or percent-encoding`;
  refuse('name-taken', `The model ${name} ${same}. Choose another name.`, { model: holder.name });
}

const holderOf = prepareRead<{ name_key: string }, { id: number; name: string }>((db, param) =>
  db
    .selectFrom('model')
    .select(['id', 'name'])
    .where('name_key', '=', param('name_key'))
    .where('deregistered', 'is', null),
);
