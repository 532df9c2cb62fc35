import { setImmediate } from 'node:timers/promises';
import type { Event, SubjectChange } from '../contract/event.ts';
import type { Model } from '../contract/model.ts';
import type { Reader } from '../db/database.ts';
import { type LentLine, LINE_IF_SHORT, withRead } from '../db/lines.ts';
import type { Doc } from '../events/replay.ts';
import { startRewind } from '../events/rewind.ts';
import { type Known, slim } from '../events/slim.ts';

/** A model as it was after event `seq`: the last state that is kept of it, and the changes since. */
export async function modelDocAt(reader: Reader, model_id: number, seq: number): Promise<Model | undefined> {
  const rewind = startRewind();
  let kept: { etag: number; doc: string } | undefined;
  for await (const { change } of toldBefore(reader, { model_id, number: 0 }, seq, rewind.known)) {
    const etag = change.after.etag as number | undefined;
    if (etag !== undefined) kept ??= await lastState(reader, model_id, etag);
    if (kept && etag !== undefined && etag <= kept.etag) break;
    rewind.take(change);
  }
  return rewind.onto(kept?.doc ? (JSON.parse(kept.doc) as Doc) : undefined) as Model | undefined;
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

/** So many events of a subject are looked up by one query. */
const ROWS_TOGETHER = 64;

/** What one event tells of a subject. */
export interface Told extends Pick<Event, 'type' | 'details'> {
  change: SubjectChange;
}

/** What is told of a subject up to event `seq`, what was told last first; without long values that are known. */
export function toldBefore(reader: Reader, subject: Subject, seq: number, known: Known): AsyncGenerator<Told> {
  return told(reader, subject, seq + 1, 'desc', known);
}

/** What changed of a subject, in order. */
export async function* changesOf(reader: Reader, subject: Subject): AsyncGenerator<SubjectChange> {
  for await (const { change } of told(reader, subject, 0, 'asc')) yield change;
}

async function* told(
  reader: Reader,
  subject: Subject,
  beyond: number,
  order: 'asc' | 'desc',
  known?: Known,
): AsyncGenerator<Told> {
  const { model_id, number } = subject;
  for (let from = beyond; ; ) {
    const page = reader
      .selectFrom('event_subject')
      .select('seq')
      .where('model_id', '=', model_id)
      .where('number', '=', number)
      .where('seq', order === 'asc' ? '>' : '<', from)
      .orderBy('seq', order)
      .limit(ROWS_TOGETHER);
    const rows = await reader
      .selectFrom(page.as('s'))
      .innerJoin('event as e', 'e.seq', 's.seq')
      .select(['e.seq', ...LINE_IF_SHORT])
      .orderBy('e.seq', order)
      .execute();
    const read = (line: LentLine) => JSON.parse(slim(line, subject, known)) as Event;
    for await (const { type, details, changes } of withRead(reader, rows, read)) {
      const own = changes.filter((change) => change.model_id === model_id && change.number === number);
      for (const change of order === 'asc' ? own : own.reverse()) yield { type, details, change };
    }
    const last = rows.at(-1);
    if (!last || rows.length < ROWS_TOGETHER) return;
    from = last.seq;
    await setImmediate();
  }
}

interface Subject {
  model_id: number;
  number: number;
}
