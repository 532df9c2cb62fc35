import { setImmediate } from 'node:timers/promises';
import type { Event } from '../contract/event.ts';
import type { Model } from '../contract/model.ts';
import type { Version } from '../contract/version.ts';
import type { Reader } from '../db/database.ts';
import { applyChange, type Doc } from '../events/replay.ts';
import { parseRef, type Ref } from './refs.ts';
import { Refused, refuse } from './refusals.ts';
import type { ModelSubject, VersionSubject } from './search/subject.ts';
import { numberOf } from './versions/repository.ts';

/**
 * The past: the state that replaying the ledger gives. A moment means the whole ledger up to its last event that is
 * not later, so it is always a state that existed, whatever the clock did.
 */
export async function seqAt(reader: Reader, at: number): Promise<number> {
  const newest = await reader
    .selectFrom('event')
    .select(['seq', 'at'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!newest || newest.at <= at) return newest?.seq ?? 0;
  // The sum keeps planners to the index of times: else they walk back from the newest event, line by line.
  const row = await reader
    .selectFrom('event')
    .select((eb) => eb.fn.max(eb('seq', '+', 0)).as('seq'))
    .where('at', '<=', at)
    .executeTakeFirst();
  return Number(row?.seq ?? 0);
}

/** One subject as it was after event `seq`; undefined where it was not there yet. */
export async function subjectAt(
  reader: Reader,
  subject: { model_id: number; number: number },
  seq: number,
): Promise<Doc | undefined> {
  let state: Doc | undefined;
  for await (const { doc } of subjectsAt(reader, seq, subject)) state = doc;
  return state;
}

/** Lines may be as long as what they tell of: few are held at a time. */
const ROWS_TOGETHER = 200;

/** Subjects as they were after event `seq`, in order of model and number, one in memory at a time. */
export async function* subjectsAt(
  reader: Reader,
  seq: number,
  only: { model_id?: number; number?: number; models?: boolean },
): AsyncGenerator<{ model_id: number; number: number; doc: Doc; formats: string[]; since: number }> {
  let at = { model_id: 0, number: -1, seq: 0 };
  let state: Doc | undefined;
  let formats = new Map<string, string>();
  let since = 0; // the event that brought it into its status
  let subject: { model_id: number; number: number } | undefined;
  for (;;) {
    // SQLite answers at once: without a pause nothing else would be served.
    await setImmediate();
    const rows = await changesAfter(reader, at, seq, only);
    for (const row of rows) {
      if (subject && (subject.model_id !== row.model_id || subject.number !== row.number)) {
        if (state) yield { ...subject, doc: state, formats: distinct(formats), since };
        state = undefined;
        formats = new Map();
      }
      subject = { model_id: row.model_id, number: row.number };
      const event = JSON.parse(row.line) as Event;
      noteFormat(formats, event);
      for (const change of event.changes)
        if (change.model_id === row.model_id && change.number === row.number) {
          state = applyChange(state, change);
          if ('status' in change.after) since = row.seq;
        }
    }
    const last = rows.at(-1);
    if (!last || rows.length < ROWS_TOGETHER) break;
    at = last;
  }
  if (subject && state) yield { ...subject, doc: state, formats: distinct(formats), since };
}

/** The format of each path of a version: what the document itself does not say. */
function noteFormat(formats: Map<string, string>, { type, details }: Event): void {
  if (type === 'artifact.attached') formats.set(String(details?.path), String(details?.format));
  if (type === 'artifact.detached') formats.delete(String(details?.path));
}

function distinct(formats: ReadonlyMap<string, string>): string[] {
  return [...new Set(formats.values())].sort();
}

function changesAfter(
  reader: Reader,
  at: { model_id: number; number: number; seq: number },
  seq: number,
  only: { model_id?: number; number?: number; models?: boolean },
) {
  let places = reader
    .selectFrom('event_subject')
    .select(['model_id', 'number', 'seq'])
    .where('seq', '<=', seq)
    .where((eb) => eb(eb.refTuple('model_id', 'number', 'seq'), '>', eb.tuple(at.model_id, at.number, at.seq)));
  if (only.model_id !== undefined) places = places.where('model_id', '=', only.model_id);
  if (only.number !== undefined) places = places.where('number', '=', only.number);
  if (only.models) places = places.where('number', '=', 0);
  // The page is cut before the lines are joined, so that no planner sorts all lines for it.
  const page = places.orderBy('model_id').orderBy('number').orderBy('seq').limit(ROWS_TOGETHER);
  return reader
    .selectFrom(page.as('s'))
    .innerJoin('event as e', 'e.seq', 's.seq')
    .select(['s.model_id', 's.number', 's.seq', 'e.line'])
    .orderBy('s.model_id')
    .orderBy('s.number')
    .orderBy('s.seq')
    .execute();
}

/** The model that bore a name at a moment, as it was then. */
export async function modelAt(reader: Reader, name: string, seq: number): Promise<{ id: number; model: Model }> {
  const named = await reader
    .selectFrom('event')
    .select('line')
    .where('subject', '=', name)
    .where('type', 'in', ['model.registered', 'model.renamed', 'model.restored'])
    .where('seq', '<=', seq)
    .orderBy('seq', 'desc')
    .execute();
  const candidates = named.flatMap(({ line }) =>
    (JSON.parse(line) as Event).changes.filter((change) => change.number === 0),
  );
  for (const model_id of new Set(candidates.map((change) => change.model_id))) {
    const model = (await subjectAt(reader, { model_id, number: 0 }, seq)) as Model | undefined;
    if (model && model.name === name && model.deregistered === null) return { id: model_id, model };
  }
  throw new Refused('model-not-found', `There was no model ${name} at that time.`, { model: name });
}

/** A version by ref as it was at a moment, under the name that its model had then. */
export async function versionAt(reader: Reader, name: string, text: string, seq: number): Promise<Version> {
  const { id, model } = await modelAt(reader, name, seq);
  const ref = parseRef(text);
  const lists = { aliases: JSON.stringify(model.aliases), live: JSON.stringify(model.live) };
  const number =
    ref &&
    (numberOf({ ...lists, latest_version: model.latest_version }, ref) ?? (await newestAt(reader, id, ref, seq)));
  const doc = number ? ((await subjectAt(reader, { model_id: id, number }, seq)) as Version | undefined) : undefined;
  if (doc && doc.deregistered === null) return { ...doc, model: model.name };
  return refuse('version-not-found', `${name} had no version ${text} at that time.`, { model: name, ref: text });
}

/** Draft and archived versions are not listed on the model: the one that came into the status last. */
async function newestAt(reader: Reader, model_id: number, ref: Ref, seq: number): Promise<number | undefined> {
  if (ref.kind !== 'status' || ref.status === 'production' || ref.status === 'staging') return undefined;
  let newest = { number: 0, since: 0 };
  for await (const { number, doc, since } of subjectsAt(reader, seq, { model_id })) {
    const { status, deregistered } = doc as Partial<Version>;
    if (status === ref.status && deregistered === null && since >= newest.since) newest = { number, since };
  }
  return newest.number || undefined;
}

/** Live versions at a moment, of one model or of all, as a search sees them. */
export async function* versionsAt(
  reader: Reader,
  seq: number,
  model_id?: number,
): AsyncGenerator<VersionSubject & { id: number; model_id: number }> {
  let model: Model | undefined;
  let ids = new Map<number, number>();
  for await (const found of subjectsAt(reader, seq, model_id === undefined ? {} : { model_id })) {
    if (found.number === 0) {
      model = found.doc as Model;
      const rows = reader.selectFrom('version').select(['id', 'number']).where('model_id', '=', found.model_id);
      ids = new Map((await rows.execute()).map(({ id, number }) => [number, id]));
      continue;
    }
    const version = found.doc as Version;
    if (!model || model.deregistered !== null || version.deregistered !== null) continue;
    const { name, owner } = model;
    const id = ids.get(found.number) as number;
    yield { version: { ...version, model: name }, formats: found.formats, owner, id, model_id: found.model_id };
  }
}

/** Live models at a moment, as a search sees them; with their versions where a filter asks for those. */
export async function* modelsAt(
  reader: Reader,
  seq: number,
  withVersions: boolean,
): AsyncGenerator<ModelSubject & { id: number }> {
  for await (const { model_id, doc } of subjectsAt(reader, seq, { models: true })) {
    const model = doc as Model;
    if (model.deregistered !== null) continue;
    const versions: VersionSubject[] = [];
    if (withVersions) for await (const version of versionsAt(reader, seq, model_id)) versions.push(version);
    yield { model, versions: () => versions, id: model_id };
  }
}
