import { setImmediate } from 'node:timers/promises';
import type { Event, SubjectChange } from '../contract/event.ts';
import type { Model } from '../contract/model.ts';
import type { Version } from '../contract/version.ts';
import type { Reader } from '../db/database.ts';
import { applyChange, type Doc } from '../events/replay.ts';
import { parseRef, type Ref } from './refs.ts';
import { Refused, refuse } from './refusals.ts';
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

/** One subject as replaying its events up to `seq` gives it; undefined where it was not there yet. */
export async function subjectAt(
  reader: Reader,
  subject: { model_id: number; number: number },
  seq: number,
): Promise<Doc | undefined> {
  let state: Doc | undefined;
  for await (const { doc } of subjectsAt(reader, seq, subject)) state = doc;
  return state;
}

/** A model as it was after event `seq`: the last state that is kept of it, and the changes since. */
export async function modelDocAt(reader: Reader, model_id: number, seq: number): Promise<Model | undefined> {
  const changes: SubjectChange[] = [];
  let kept: { etag: number; doc: string } | undefined;
  for await (const change of changesBefore(reader, { model_id, number: 0 }, seq)) {
    const etag = change.after.etag as number | undefined;
    if (etag !== undefined) kept ??= await lastState(reader, model_id, etag);
    if (kept && etag !== undefined && etag <= kept.etag) break;
    changes.push(change);
  }
  const state = kept?.doc ? (JSON.parse(kept.doc) as Doc) : undefined;
  return changes.reduceRight<Doc | undefined>(applyChange, state) as Model | undefined;
}

/** The state with the highest etag up to `etag`; one of etag 0, and no document, stands for the beginning. */
async function lastState(reader: Reader, model_id: number, etag: number): Promise<{ etag: number; doc: string }> {
  const row = await reader
    .selectFrom('model_state')
    .select(['etag', 'doc'])
    .where('model_id', '=', model_id)
    .where('etag', '<=', etag)
    .orderBy('etag', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? { etag: 0, doc: '' };
}

/** What one query reads of a subject's lines. */
const LINES_TOGETHER = 64;

/** What changed of a subject up to event `seq`, the last change first. */
function changesBefore(reader: Reader, subject: Subject, seq: number): AsyncGenerator<SubjectChange> {
  return changesFrom(reader, subject, seq + 1, 'desc');
}

/** What changed of a subject, in order, beyond an event. */
export async function* changesFrom(
  reader: Reader,
  { model_id, number }: Subject,
  beyond: number,
  order: 'asc' | 'desc',
): AsyncGenerator<SubjectChange> {
  for (let from = beyond; ; ) {
    const page = reader
      .selectFrom('event_subject')
      .select('seq')
      .where('model_id', '=', model_id)
      .where('number', '=', number)
      .where('seq', order === 'asc' ? '>' : '<', from)
      .orderBy('seq', order)
      .limit(LINES_TOGETHER);
    const rows = await reader
      .selectFrom(page.as('s'))
      .innerJoin('event as e', 'e.seq', 's.seq')
      .select(['e.seq', 'e.line'])
      .orderBy('e.seq', order)
      .execute();
    for (const { line } of rows) {
      const { changes } = JSON.parse(line) as Event;
      const own = changes.filter((change) => change.model_id === model_id && change.number === number);
      yield* order === 'asc' ? own : own.reverse();
    }
    const last = rows.at(-1);
    if (!last || rows.length < LINES_TOGETHER) return;
    from = last.seq;
    await setImmediate();
  }
}

interface Subject {
  model_id: number;
  number: number;
}

/** Lines may be as long as what they tell of: few are held at a time. */
const ROWS_TOGETHER = 200;

/** Subjects as they were after event `seq`, in order of model and number, one in memory at a time. */
export async function* subjectsAt(
  reader: Reader,
  seq: number,
  only: { model_id?: number; number?: number; models?: boolean },
): AsyncGenerator<{ model_id: number; number: number; doc: Doc; formats: string[] }> {
  let at = { model_id: 0, number: -1, seq: 0 };
  let state: Doc | undefined;
  let formats = new Map<string, string>();
  let subject: { model_id: number; number: number } | undefined;
  for (;;) {
    // SQLite answers at once: without a pause nothing else would be served.
    await setImmediate();
    const rows = await changesAfter(reader, at, seq, only);
    for (const row of rows) {
      if (subject && (subject.model_id !== row.model_id || subject.number !== row.number)) {
        if (state) yield { ...subject, doc: state, formats: distinct(formats) };
        state = undefined;
        formats = new Map();
      }
      subject = { model_id: row.model_id, number: row.number };
      const event = JSON.parse(row.line) as Event;
      noteFormat(formats, event);
      for (const change of event.changes)
        if (change.model_id === row.model_id && change.number === row.number) state = applyChange(state, change);
    }
    const last = rows.at(-1);
    if (!last || rows.length < ROWS_TOGETHER) break;
    at = last;
  }
  if (subject && state) yield { ...subject, doc: state, formats: distinct(formats) };
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
    const model = await modelDocAt(reader, model_id, seq);
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

/**
 * Draft and archived versions are not listed on the model: the one that came into the status last. That is the first
 * one, going back from the moment, that came into it and was in it still.
 */
async function newestAt(reader: Reader, model_id: number, ref: Ref, seq: number): Promise<number | undefined> {
  if (ref.kind !== 'status' || ref.status === 'production' || ref.status === 'staging') return undefined;
  const seen = new Set<number>();
  for await (const { number, after } of movesBefore(reader, model_id, seq)) {
    if (seen.has(number)) continue;
    seen.add(number);
    if (after.status !== ref.status) continue;
    const doc = (await subjectAt(reader, { model_id, number }, seq)) as Version | undefined;
    if (doc?.deregistered === null) return number;
  }
  return undefined;
}

const MOVES = ['version.created', 'version.promoted', 'version.rolled-back', 'version.restored'];

/** Changes of status of a model's versions up to event `seq`, the last one first. */
async function* movesBefore(reader: Reader, model_id: number, seq: number): AsyncGenerator<SubjectChange> {
  for (let before = seq + 1; ; ) {
    const page = reader
      .selectFrom('event_subject')
      .select(['seq', 'number'])
      .where('model_id', '=', model_id)
      .where('seq', '<', before)
      .orderBy('seq', 'desc')
      .limit(ROWS_TOGETHER);
    const rows = await reader
      .selectFrom(page.as('s'))
      .innerJoin('event as e', 'e.seq', 's.seq')
      .select(['e.seq', 'e.type', 'e.line'])
      .orderBy('e.seq', 'desc')
      .execute();
    for (const [i, { seq: at, type, line }] of rows.entries()) {
      if (!MOVES.includes(type) || rows[i - 1]?.seq === at) continue;
      const { changes } = JSON.parse(line) as Event;
      const moved = changes.filter((one) => one.model_id === model_id && one.number > 0 && 'status' in one.after);
      yield* moved.sort((a, b) => b.number - a.number);
    }
    const last = rows.at(-1);
    if (!last) return;
    before = last.seq;
    await setImmediate();
  }
}
