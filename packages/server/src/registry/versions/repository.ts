import type { Insertable, Selectable } from 'kysely';
import type { SubjectChange } from '../../contract/event.ts';
import { type Deregistered, purgeTime } from '../../contract/shapes.ts';
import { toTime } from '../../contract/time.ts';
import type { Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { isSqlite } from '../../db/one-of.ts';
import { prepareLookup, type Write } from '../../db/prepared.ts';
import { updateOf } from '../../db/rows.ts';
import type { VersionTable } from '../../db/tables.ts';
import { insertTogether, writeTogether } from '../../db/write-together.ts';
import { changeBetween } from '../../events/replay.ts';
import { takeBearer, takeModel } from '../ahead.ts';
import type { Work } from '../batch.ts';
import type { Changed } from '../changed.ts';
import { columnsOf, fieldsOf, fieldsThatDiffer } from '../columns.ts';
import { getModel, MODEL_COLUMNS, type ModelRow } from '../models/repository.ts';
import { keyOf } from '../names.ts';
import { parseRef, type Ref } from '../refs.ts';
import { refuse } from '../refusals.ts';
import { facetsOfVersion } from '../search/facets.ts';
import { facetsBetween, type PlacedFacet } from '../search/index-text.ts';
import { liveNumbers, placeOfNew, sinceThen } from './status-order.ts';

export type VersionRow = Selectable<VersionTable>;

/** A row as it looks on the wire, under the name that its model has now. */
export function toVersion(row: VersionRow, model: string): Version {
  return {
    model,
    number: row.number,
    status: row.status,
    state: row.state,
    digest: row.digest,
    size_bytes: row.size_bytes,
    artifact_count: row.artifact_count,
    verdict: row.verdict,
    description: row.description,
    tags: JSON.parse(row.tags),
    properties: JSON.parse(row.properties),
    card: row.card,
    framework: row.framework,
    signature: row.signature === null ? null : JSON.parse(row.signature),
    lineage: row.lineage === null ? null : JSON.parse(row.lineage),
    source: row.source === null ? null : JSON.parse(row.source),
    aliases: JSON.parse(row.aliases),
    metrics: JSON.parse(row.metrics),
    created_at: toTime(row.created_at),
    created_by: row.created_by,
    updated_at: toTime(row.updated_at),
    etag: row.etag,
    deregistered: row.deregistered === null ? null : JSON.parse(row.deregistered),
  };
}

/** The columns that hold a document. */
export function toColumns({ model: _, ...fields }: Partial<Version>): Insertable<VersionTable> {
  return {
    ...columnsOf(fields),
    ...(fields.deregistered !== undefined && { purge_after: purgeTime(fields.deregistered) }),
  } as Insertable<VersionTable>;
}

const byNumber = prepareLookup<{ model_id: number; number: number }, VersionRow>((db, param) =>
  db.selectFrom('version').selectAll().where('model_id', '=', param('model_id')).where('number', '=', param('number')),
);

export async function findNumber(reader: Reader, model_id: number, number: number): Promise<VersionRow | undefined> {
  return takeBearer(reader, model_id, number) ?? (await byNumber(reader, { model_id, number }))[0];
}

/** A model and one of its live versions by ref, or a refusal that says what is missing. */
export async function getVersion(
  reader: Reader,
  name: string,
  text: string,
): Promise<{ model: ModelRow; row: VersionRow }> {
  const ref = parseRef(text);
  const both = ref?.kind === 'number' && !isSqlite(reader) ? await findBoth(reader, name, ref.number) : undefined;
  if (both?.row.deregistered === null) return both;
  const model = await getModel(reader, name);
  const number = ref && (numberOf(model, ref) ?? (await newestIn(reader, model.id, ref)));
  const row = number && (await findNumber(reader, model.id, number));
  if (row && row.deregistered === null) return { model, row };
  return refuseVersion(model, text, ref, row || undefined);
}

/** A version by its number and its model by name, in one statement: PostgreSQL takes a round trip for each. */
async function findBoth(
  reader: Reader,
  name: string,
  number: number,
): Promise<{ model: ModelRow; row: VersionRow } | undefined> {
  const { model, row } = takeModel(reader, name) ?? {};
  if (model && row?.number === number) return { model, row };
  const [found] = await bothByName(reader, { name, name_key: keyOf(name), number });
  return found && { ...versionAndModel(found), row: found };
}

/** The columns of a model beside those of a version. */
export const OF_MODEL = MODEL_COLUMNS.map((column) => ({ column, as: `its_${column}` }) as const);
export type VersionAndModel = VersionRow & Record<(typeof OF_MODEL)[number]['as'], unknown>;

/** The version is undefined where there is none. */
export function versionAndModel(found: VersionAndModel): { model: ModelRow; row: VersionRow | undefined } {
  const model = Object.fromEntries(OF_MODEL.map(({ column, as }) => [column, found[as]]));
  return { model: model as Pick<ModelRow, (typeof MODEL_COLUMNS)[number]>, row: found.id === null ? undefined : found };
}

const bothByName = prepareLookup<Pick<ModelRow, 'name' | 'name_key'> & { number: number }, VersionAndModel>(
  (db, param) =>
    db
      .selectFrom('model')
      .innerJoin('version', 'version.model_id', 'model.id')
      .selectAll('version')
      .select(OF_MODEL.map(({ column, as }) => `model.${column} as ${as}` as const))
      .where('model.name_key', '=', param('name_key'))
      .where('model.name', '=', param('name'))
      .where('model.deregistered', 'is', null)
      .where('version.number', '=', param('number')) as never,
);

/** Draft and archived versions are not listed on the model's row. */
async function newestIn(reader: Reader, model_id: number, ref: Ref): Promise<number | undefined> {
  if (ref.kind !== 'status' || (ref.status !== 'draft' && ref.status !== 'archived')) return undefined;
  return (await liveNumbers(reader, model_id, ref.status, 1))[0];
}

function refuseVersion(model: ModelRow, text: string, ref: Ref | undefined, row: VersionRow | undefined): never {
  const members = { model: model.name, ref: text };
  if (row?.deregistered) {
    const deregistered = JSON.parse(row.deregistered) as Deregistered;
    const until = row.purged_at === null ? `It can be restored until ${deregistered.purge_after}.` : 'It was purged.';
    refuse(
      'version-not-found',
      `Version ${row.number} of ${model.name} was deregistered (${deregistered.reason}). ${until}`,
      {
        ...members,
        deregistered,
        digest: row.digest,
      },
    );
  }
  if (ref?.kind === 'alias')
    refuse(
      'alias-not-found',
      `${model.name} has no alias ${ref.alias}. Set it with PUT /models/{name}/aliases/{alias}.`,
      {
        model: model.name,
        alias: ref.alias,
      },
    );
  const what = {
    number: `${model.name} has no version ${text}; its newest is ${model.latest_version ?? 'none yet'}.`,
    latest: `${model.name} has no version yet. Create one with POST /models/{name}/versions.`,
    status: `No version of ${model.name} is in ${text}.`,
    none: `${text} does not name a version: give a number, latest, @alias or a status (draft, staging, production, archived).`,
  };
  refuse('version-not-found', what[ref?.kind ?? 'none'], members);
}

/** The number a ref stands for, where the model's own row knows it. */
export function numberOf(model: Pick<ModelRow, 'aliases' | 'live' | 'latest_version'>, ref: Ref): number | undefined {
  switch (ref.kind) {
    case 'number':
      return ref.number;
    case 'latest':
      return model.latest_version ?? undefined;
    case 'alias': {
      const aliases = JSON.parse(model.aliases) as Record<string, number>;
      return Object.hasOwn(aliases, ref.alias) ? aliases[ref.alias] : undefined;
    }
    case 'status':
      return (JSON.parse(model.live) as Record<string, number[]>)[ref.status]?.[0];
  }
}

/** Writes a new version, a draft. `formats`: of the artifacts that it is created with; `writes`: what is written together with it. */
export async function insertVersion(
  work: Work,
  model_id: number,
  version: Version,
  { formats = [], writes = [] }: { formats?: readonly string[]; writes?: readonly Write[] } = {},
): Promise<{ id: number; change: SubjectChange }> {
  const row = { ...toColumns(version), model_id, status_since: placeOfNew(version.number), purged_at: null };
  const id = await insertTogether(work.tx, 'version', row, writes);
  const facets = facetsBetween([], placedFacets(model_id, version, formats));
  work.reindex({ noun: 'version', id, entry: 'new', facets, text: textOf(version) });
  return { id, change: changeBetween({ model_id, number: version.number }, null, version) as SubjectChange };
}

interface MoreOfVersion {
  /** Of its artifacts, those that came or went. */
  formats?: { before: string[]; after: string[] };
  /** Whether the time of its last update stays: to MLflow, tags and aliases are none. */
  keepsTime?: boolean | undefined;
  /** Whether it gets a new etag although nothing of it differs. */
  touches?: boolean;
}

/** Writes what `patch` changes of a version, and answers it as it is now and what the event is to say of it. */
export async function updateVersion(
  work: Work,
  model: string,
  row: VersionRow,
  patch: Partial<Version>,
  more: MoreOfVersion = {},
): Promise<{ version: Version; changes: SubjectChange[] }> {
  const { writes, ...changed } = changeVersion(work, model, row, patch, more);
  await writeTogether(work.tx, writes);
  return changed;
}

/** What `patch` changes of a version: the columns, the search index, a new etag and time. Nothing where nothing differs. */
export function changeVersion(
  work: Work,
  model: string,
  row: VersionRow,
  patch: Partial<Version>,
  more: MoreOfVersion = {},
): Changed & { version: Version } {
  const before = toVersion(row, model);
  const differing = fieldsThatDiffer(before, patch);
  if (Object.keys(differing).length === 0 && !more.touches) return { version: before, changes: [], writes: [] };
  const changed = {
    ...differing,
    etag: before.etag + 1,
    ...(!more.keepsTime && { updated_at: toTime(Math.max(work.at, row.updated_at)) }),
  };
  const version: Version = { ...before, ...changed };
  const { formats } = more;
  const facets = facetsBetween(
    placedFacets(row.model_id, before, formats?.before ?? [], differing),
    placedFacets(row.model_id, version, formats?.after ?? [], differing),
  );
  const text = TEXT.some((key) => key in differing) ? textOf(version) : undefined;
  if (facets.length > 0 || text) work.reindex({ noun: 'version', id: row.id, entry: 'there', facets, text });
  const subject = { model_id: row.model_id, number: row.number };
  const change = changeBetween(subject, fieldsOf(before, changed), changed);
  const columns = toColumns(changed);
  const write = differing.status
    ? updateOf('version', row.id, columns, sinceThen(row.model_id, work.at))
    : updateOf('version', row.id, columns);
  return { version, changes: change ? [change] : [], writes: [write] };
}

/** Gives a version a new etag because more is known of it: a promotion that was decided before is stale. It is no update. */
export function touchVersion(work: Work, model: string, row: VersionRow) {
  return updateVersion(work, model, row, {}, { touches: true, keepsTime: true });
}

/** `formats`: of its artifacts. `fields`: those whose facets are asked for; all where none is given. */
export function placedFacets(
  model_id: number,
  version: Version,
  formats: readonly string[],
  fields?: Partial<Version>,
): PlacedFacet[] {
  return facetsOfVersion(version, formats, fields).map((row) => ({ ...row, model_id, number: version.number }));
}

/** The fields whose words are searched, besides the model's name. */
const TEXT = ['description', 'tags', 'card'] as const;
export const textOf = (version: Version) => ({ ...version, name: version.model });

/** The distinct formats of the artifacts of each of these versions, by the version's id. */
export async function formatsOfEach(reader: Reader, version_ids: readonly number[]): Promise<Map<number, string[]>> {
  if (version_ids.length === 0) return new Map();
  const rows = await reader
    .selectFrom('artifact')
    .innerJoin('inspection', 'inspection.sha256', 'artifact.sha256')
    .select(['artifact.version_id', 'inspection.format'])
    .distinct()
    .where('artifact.version_id', 'in', version_ids)
    .orderBy('inspection.format')
    .execute();
  const formats = new Map<number, string[]>();
  for (const { version_id, format } of rows) formats.set(version_id, [...(formats.get(version_id) ?? []), format]);
  return formats;
}
