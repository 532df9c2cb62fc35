import type { Insertable, Selectable } from 'kysely';
import type { SubjectChange } from '../../contract/event.ts';
import type { Model } from '../../contract/model.ts';
import { type Deregistered, purgeTime } from '../../contract/shapes.ts';
import { toTime } from '../../contract/time.ts';
import type { Reader } from '../../db/database.ts';
import { prepareLookup } from '../../db/prepared.ts';
import { insertRows, updateOf } from '../../db/rows.ts';
import type { ModelTable } from '../../db/tables.ts';
import { insertTogether, writeTogether } from '../../db/write-together.ts';
import { changeBetween } from '../../events/replay.ts';
import { takeModel } from '../ahead.ts';
import type { Work } from '../batch.ts';
import type { Changed } from '../changed.ts';
import { columnsOf, fieldsOf, fieldsThatDiffer } from '../columns.ts';
import { keyOf } from '../names.ts';
import { Refused } from '../refusals.ts';
import { facetsOfModel } from '../search/facets.ts';
import { facetsBetween, type PlacedFacet } from '../search/index-text.ts';

export type ModelRow = Selectable<ModelTable>;

export const MODEL_COLUMNS = [
  'id',
  'name',
  'name_key',
  'description',
  'owner',
  'tags',
  'properties',
  'card',
  'aliases',
  'latest_version',
  'version_count',
  'live',
  'last_number',
  'created_at',
  'created_by',
  'updated_at',
  'etag',
  'deregistered',
  'purge_after',
  'purged_at',
] as const satisfies readonly (keyof ModelRow)[];

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
export function toColumns(fields: Partial<Model>): Insertable<ModelTable> {
  return {
    ...columnsOf(fields),
    ...(fields.name !== undefined && { name_key: keyOf(fields.name) }),
    ...(fields.deregistered !== undefined && { purge_after: purgeTime(fields.deregistered) }),
  } as Insertable<ModelTable>;
}

/** The live model of this very name, byte for byte. */
export async function findModel(reader: Reader, name: string): Promise<ModelRow | undefined> {
  return takeModel(reader, name)?.model ?? (await byName(reader, { name, name_key: keyOf(name) }))[0];
}

const byName = prepareLookup<Pick<ModelRow, 'name' | 'name_key'>, ModelRow>((db, param) =>
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

/** `last_number`: the highest that was ever given under its name. */
export async function insertModel(
  work: Work,
  model: Model,
  last_number: number,
): Promise<{ id: number; change: SubjectChange }> {
  const id = await insertTogether(work.tx, 'model', { ...toColumns(model), last_number, purged_at: null });
  work.reindex({ noun: 'model', id, entry: 'new', facets: facetsBetween([], placedFacets(model)), text: model });
  return { id, change: changeBetween({ model_id: id, number: 0 }, null, model) as SubjectChange };
}

/** `keepsTime`: whether the time of its last update stays, since to MLflow tags and aliases are none. */
type MoreOfModel = Partial<Pick<ModelRow, 'last_number'>> & { keepsTime?: boolean | undefined };

/** Writes what `patch` changes of a model, and answers it as it is now and what the event is to say of it. */
export async function updateModel(
  work: Work,
  row: ModelRow,
  patch: Partial<Model>,
  more: MoreOfModel = {},
): Promise<{ model: Model; changes: SubjectChange[] }> {
  const { writes, ...changed } = changeModel(work, row, patch, more);
  await writeTogether(work.tx, writes);
  return changed;
}

/** What `patch` changes of a model: the columns, the search index, a new etag and time. Nothing where nothing differs. */
export function changeModel(
  work: Work,
  row: ModelRow,
  patch: Partial<Model>,
  more: MoreOfModel = {},
): Changed & { model: Model } {
  const before = toModel(row);
  const differing = fieldsThatDiffer(before, patch);
  if (Object.keys(differing).length === 0) return { model: before, changes: [], writes: [] };
  const { keepsTime, ...columns } = more;
  const changed = {
    ...differing,
    etag: before.etag + 1,
    ...(!keepsTime && { updated_at: toTime(Math.max(work.at, row.updated_at)) }),
  };
  const model: Model = { ...before, ...changed };
  // Every facet of a model stands under its name.
  const fields = 'name' in differing ? undefined : differing;
  const facets = facetsBetween(placedFacets(before, fields), placedFacets(model, fields));
  const text = TEXT.some((key) => key in differing) ? model : undefined;
  if (facets.length > 0 || text) work.reindex({ noun: 'model', id: row.id, entry: 'there', facets, text });
  keepState(work, row.id, model);
  const change = changeBetween({ model_id: row.id, number: 0 }, fieldsOf(before, changed), changed);
  const write = updateOf('model', row.id, { ...toColumns(changed), ...columns });
  return { model, changes: change ? [change] : [], writes: [write] };
}

/** `fields`: those whose facets are asked for; all where none is given. */
export function placedFacets(model: Model, fields?: Partial<Model>): PlacedFacet[] {
  return facetsOfModel(model, fields).map((row) => ({ ...row, name: model.name }));
}

/** How many changes of a model lie between two states that are kept of it, at least, and how many bytes of these a change may cost. */
const KEPT_EVERY = 64;
const BYTES_A_CHANGE = 512;

/** Keeps every so many changes what the model is now: its versions change it too, and there may be 100,000 of them. */
function keepState(work: Work, model_id: number, model: Model): void {
  if (model.etag % KEPT_EVERY !== 0) return;
  const doc = JSON.stringify(model);
  const every = 2 ** Math.ceil(Math.log2(Math.max(KEPT_EVERY, doc.length / BYTES_A_CHANGE)));
  if (model.etag % every === 0)
    work.afterwards((tx) => insertRows(tx, 'model_state', [{ model_id, etag: model.etag, doc }]));
}

/** The fields whose words are searched. */
const TEXT = ['name', 'description', 'tags', 'card'] as const;
