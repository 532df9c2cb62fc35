import type { Model, NewModel } from '../../contract/model.ts';
import { toTime } from '../../contract/time.ts';
import type { Work } from '../batch.ts';
import { assertProperties, assertSize, assertTags, mergeMap } from '../metadata.ts';
import { assertName, keyOf } from '../names.ts';
import { assertFree, noteName } from './name-use.ts';
import { insertModel } from './repository.ts';

/** Registers a model. A name may be registered anew after deregistration; its numbers then go on where they ended. */
export async function registerModel(work: Work, asked: NewModel): Promise<Model> {
  assertName(asked.name);
  assertTags(asked.tags);
  assertProperties(asked.properties);
  const used = await assertFree(work, asked.name);
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
  const last_number = used.last_number ?? 0;
  const { id, change } = await insertModel(work, model, last_number);
  await noteName(work, { id, name_key: keyOf(model.name), last_number });
  work.record({ type: 'model.registered', subject: model.name, changes: [change] });
  return model;
}
