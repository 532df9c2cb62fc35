import { setImmediate } from 'node:timers/promises';
import type { Event } from '../contract/event.ts';
import type { Reader } from '../db/database.ts';
import { LINE_IF_SHORT, withLines } from '../db/lines.ts';
import { applyChange, type Doc } from '../events/replay.ts';
import { startRewind } from '../events/rewind.ts';
import { slim } from '../events/slim.ts';
import { ANY_NUMBER } from '../events/subjects.ts';
import { type Told, toldBefore } from './timeline-model.ts';

interface Subject {
  model_id: number;
  number: number;
}

/** One subject as replaying its events up to `seq` gives it; undefined where it was not there yet. */
export async function subjectAt(reader: Reader, subject: Subject, seq: number): Promise<Doc | undefined> {
  return (await subjectWithFormatsAt(reader, subject, seq))?.doc;
}

/** The same, and the distinct formats of the artifacts that it had: what the document itself does not say. */
export async function subjectWithFormatsAt(
  reader: Reader,
  subject: Subject,
  seq: number,
): Promise<{ doc: Doc; formats: string[] } | undefined> {
  const rewind = startRewind();
  const formats = new Map<string, string | undefined>();
  for await (const told of toldBefore(reader, subject, seq, rewind.known)) {
    for (const [path, format] of formatsIn(told)) if (!formats.has(path)) formats.set(path, format);
    rewind.take(told.change);
  }
  const doc = rewind.onto(undefined);
  const there = [...formats.values()].filter((format) => format !== undefined);
  return doc && { doc: whole(subject, doc), formats: [...new Set(there)].sort() };
}

/** The formats at paths that came with an event; undefined at one from which an artifact went. */
function formatsIn({ type, details }: Told): [path: string, format: string | undefined][] {
  if (type === 'artifact.attached') return [[textIn(details, 'path'), textIn(details, 'format')]];
  if (type === 'artifact.detached') return [[textIn(details, 'path'), undefined]];
  // A version that was created with its files is sealed: none comes or goes.
  if (type === 'version.created') return ((details?.formats ?? []) as string[]).map((format) => [format, format]);
  return [];
}

/** An event without it was written by no registry, or read without it: an answer would be wrong. */
function textIn(details: Told['details'], member: string): string {
  const text = details?.[member];
  if (typeof text !== 'string') throw new TypeError(`An event of an artifact does not say its ${member}`);
  return text;
}

const ROWS_TOGETHER = 200;

/** All subjects as they were after event `seq`, in order of model and number, one in memory at a time. */
export async function* subjectsAt(reader: Reader, seq: number): AsyncGenerator<Subject & { doc: Doc }> {
  let at = { model_id: 0, number: -1, seq: 0 };
  let state: Doc | undefined;
  let subject: Subject | undefined;
  for (;;) {
    // SQLite answers at once: without a pause nothing else would be served.
    await setImmediate();
    const rows = await changesAfter(reader, at, seq);
    for await (const row of withLines(reader, rows)) {
      if (subject && (subject.model_id !== row.model_id || subject.number !== row.number)) {
        if (state) yield { ...subject, doc: whole(subject, state) };
        state = undefined;
      }
      subject = { model_id: row.model_id, number: row.number };
      for (const change of (JSON.parse(slim(row.line, subject)) as Event).changes)
        if (change.model_id === row.model_id && change.number === row.number) state = applyChange(state, change);
    }
    const last = rows.at(-1);
    if (!last || rows.length < ROWS_TOGETHER) break;
    at = last;
  }
  if (subject && state) yield { ...subject, doc: whole(subject, state) };
}

/** What versions did not have when the first of them were created. */
function whole({ number }: { number: number }, doc: Doc): Doc {
  return number > 0 && doc.source === undefined ? { ...doc, source: null } : doc;
}

function changesAfter(reader: Reader, at: Subject & { seq: number }, seq: number) {
  const places = reader
    .selectFrom('event_subject')
    .select(['model_id', 'number', 'seq'])
    .where('seq', '<=', seq)
    .where('number', '>', ANY_NUMBER)
    .where((eb) => eb(eb.refTuple('model_id', 'number', 'seq'), '>', eb.tuple(at.model_id, at.number, at.seq)));
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
