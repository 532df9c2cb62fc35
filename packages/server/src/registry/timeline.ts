import { setImmediate } from 'node:timers/promises';
import type { Event } from '../contract/event.ts';
import type { Reader } from '../db/database.ts';
import { LINE_IF_SHORT, withLines } from '../db/lines.ts';
import { applyChange, type Doc } from '../events/replay.ts';

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
    for await (const row of withLines(reader, rows)) {
      if (subject && (subject.model_id !== row.model_id || subject.number !== row.number)) {
        if (state) yield { ...subject, doc: whole(subject, state), formats: distinct(formats) };
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
  if (subject && state) yield { ...subject, doc: whole(subject, state), formats: distinct(formats) };
}

/** What versions did not have when the first of them were created. */
function whole({ number }: { number: number }, doc: Doc): Doc {
  return number > 0 && doc.source === undefined ? { ...doc, source: null } : doc;
}

/** The format of each path of a version: what the document itself does not say. */
function noteFormat(formats: Map<string, string>, { type, details }: Event): void {
  if (type === 'artifact.attached') formats.set(String(details?.path), String(details?.format));
  if (type === 'artifact.detached') formats.delete(String(details?.path));
  // A version that was created with its files is sealed: none comes or goes.
  if (type === 'version.created')
    for (const format of (details?.formats ?? []) as string[]) formats.set(format, format);
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
    .select(['s.model_id', 's.number', 's.seq', ...LINE_IF_SHORT])
    .orderBy('s.model_id')
    .orderBy('s.number')
    .orderBy('s.seq')
    .execute();
}
