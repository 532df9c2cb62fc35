import type { Selectable } from 'kysely';
import type { SubjectChange } from '../../contract/event.ts';
import type { Model } from '../../contract/model.ts';
import type { Deregistered } from '../../contract/shapes.ts';
import { fromTime, toTime } from '../../contract/time.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { insertRow, updateRow } from '../../db/rows.ts';
import type { ModelTable } from '../../db/tables.ts';
import { changeBetween, same } from '../../events/replay.ts';
import type { Work } from '../change.ts';
import { changedColumns } from '../columns.ts';
import { keyOf } from '../names.ts';
import { Refused } from '../refusals.ts';
import { facetsOfModel } from '../search/facets.ts';
import { facetsBetween } from '../search/index-text.ts';

export type ModelRow = Selectable<ModelTable>;

/** A row as it looks on the wire. */
export function toModel(row: ModelRow): Model {
  return {
    name: row.name,
    description: row.description,
    owner: row.owner,
    tags: JSON.parse(row.tags),
    properties: JSON.parse(row.properties),
    card: row.card,
    aliases: JSON.parse(row.aliases),
    latest_version: row.latest_version,
    version_count: row.version_count,
    live: JSON.parse(row.live),
    created_at: toTime(row.created_at),
    created_by: row.created_by,
    updated_at: toTime(row.updated_at),
    etag: row.etag,
    deregistered: row.deregistered === null ? null : JSON.parse(row.deregistered),
  };
}

/** The columns that hold a document. */
export function toColumns(model: Model) {
  return {
    name: model.name,
    name_key: keyOf(model.name),
    description: model.description,
    owner: model.owner,
    tags: JSON.stringify(model.tags),
    properties: JSON.stringify(model.properties),
    card: model.card,
    aliases: JSON.stringify(model.aliases),
    latest_version: model.latest_version,
    version_count: model.version_count,
    live: JSON.stringify(model.live),
    created_at: fromTime(model.created_at),
    created_by: model.created_by,
    updated_at: fromTime(model.updated_at),
    etag: model.etag,
    deregistered: model.deregistered && JSON.stringify(model.deregistered),
    purge_after: model.deregistered && fromTime(model.deregistered.purge_after),
  };
}

/** The live model of this very name, byte for byte. */
export async function findModel(reader: Reader, name: string): Promise<ModelRow | undefined> {
  return (await byName(reader, { name, name_key: keyOf(name) }))[0];
}

const byName = prepareRead<Pick<ModelRow, 'name' | 'name_key'>, ModelRow>((db, param) =>
  db
    .selectFrom('model')
    .selectAll()
    .where('name_key', '=', param('name_key'))
    .where('name', '=', param('name'))
    .where('deregistered', 'is', null),
);

/** The live model, or a refusal that says where it went. */
export async function getModel(reader: Reader, name: string): Promise<ModelRow> {
  return (await findModel(reader, name)) ?? (await whereItWent(reader, name));
}

async function whereItWent(reader: Reader, name: string): Promise<never> {
  const renamed = await reader
    .selectFrom('name_use')
    .innerJoin('model', 'model.id', 'name_use.model_id')
    .select('model.name')
    .where('name_use.name_key', '=', keyOf(name))
    .where('model.deregistered', 'is', null)
    .where('model.name', '!=', name)
    .executeTakeFirst();
  if (renamed)
    throw new Refused('model-not-found', `The model ${name} is now called ${renamed.name}. Ask for it by that name.`, {
      model: name,
      renamed_to: renamed.name,
    });
  const [trashed] = await trashedModels(reader, name);
  if (trashed?.deregistered) {
    const deregistered = JSON.parse(trashed.deregistered) as Deregistered;
    const gone =
      trashed.purged_at === null
        ? `Restore it with POST /models/{name}/restore until ${deregistered.purge_after}.`
        : 'It was purged.';
    throw new Refused('model-not-found', `The model ${name} was deregistered (${deregistered.reason}). ${gone}`, {
      model: name,
      deregistered,
    });
  }
  throw new Refused(
    'model-not-found',
    `There is no model ${name}. Register it with POST /models, or search for its name.`,
    {
      model: name,
    },
  );
}

/** Deregistered models of this name, the one deregistered last first. */
export function trashedModels(reader: Reader, name: string): Promise<ModelRow[]> {
  return (
    reader
      .selectFrom('model')
      .selectAll()
      .where('name', '=', name)
      .where('deregistered', 'is not', null)
      // In the order of the ledger: clocks step, and the time that the trash is kept may change.
      .orderBy(
        (eb) =>
          eb
            .selectFrom('event_subject')
            .select((of) => of.fn.max('event_subject.seq').as('seq'))
            .whereRef('event_subject.model_id', '=', 'model.id')
            .where('event_subject.number', '=', 0),
        'desc',
      )
      .limit(100)
      .execute()
  );
}

export async function insertModel(work: Work, model: Model): Promise<{ id: number; change: SubjectChange }> {
  const id = await insertRow(work.tx, 'model', { ...toColumns(model), last_number: 0, purged_at: null });
  work.reindex({ noun: 'model', id, entry: 'new', facets: facetsBetween([], facetsOfModel(model)), text: model });
  return { id, change: changeBetween({ model_id: id, number: 0 }, null, model) as SubjectChange };
}

/**
 * Writes what `patch` changes of a model: the columns, the search index, a new etag and time. Answers the model as it
 * is now and what the event is to say of it; no change where nothing differs.
 */
export async function updateModel(
  work: Work,
  row: ModelRow,
  patch: Partial<Model>,
  columns: Partial<Pick<ModelRow, 'last_number'>> = {},
): Promise<{ model: Model; changes: SubjectChange[] }> {
  const before = toModel(row);
  const differs = Object.entries(patch).some(([key, value]) => !same(before[key as keyof Model], value));
  if (!differs) return { model: before, changes: [] };
  const model: Model = {
    ...before,
    ...patch,
    etag: before.etag + 1,
    updated_at: toTime(Math.max(work.at, row.updated_at)),
  };
  await updateRow(work.tx, 'model', row.id, { ...changedColumns(toColumns(before), toColumns(model)), ...columns });
  const facets = facetsBetween(facetsOfModel(before), facetsOfModel(model));
  const text = TEXT.some((key) => !same(before[key], model[key])) ? model : undefined;
  if (facets.size > 0 || text) work.reindex({ noun: 'model', id: row.id, entry: 'there', facets, text });
  const change = changeBetween({ model_id: row.id, number: 0 }, before, model);
  return { model, changes: change ? [change] : [] };
}

/** The fields whose words are searched. */
const TEXT = ['name', 'description', 'tags', 'card'] as const;
