import { setImmediate } from 'node:timers/promises';
import type { Event, SubjectChange } from '../contract/event.ts';
import type { Model } from '../contract/model.ts';
import type { Reader } from '../db/database.ts';
import { LINE_IF_SHORT, withLines } from '../db/lines.ts';
import { applyChange, type Doc } from '../events/replay.ts';

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

/** So many events of a subject are looked up by one query. */
const ROWS_TOGETHER = 64;

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
      .limit(ROWS_TOGETHER);
    const rows = await reader
      .selectFrom(page.as('s'))
      .innerJoin('event as e', 'e.seq', 's.seq')
      .select(['e.seq', ...LINE_IF_SHORT])
      .orderBy('e.seq', order)
      .execute();
    for await (const { line } of withLines(reader, rows)) {
      const { changes } = JSON.parse(line) as Event;
      const own = changes.filter((change) => change.model_id === model_id && change.number === number);
      yield* order === 'asc' ? own : own.reverse();
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
