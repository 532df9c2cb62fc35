import { setImmediate } from 'node:timers/promises';
import type { Selectable } from 'kysely';
import type { Event } from '../contract/event.ts';
import { fromTime } from '../contract/time.ts';
import type { Reader } from '../db/database.ts';
import type { EventTable } from '../db/tables.ts';
import { countTogether } from '../db/together.ts';
import { equalHashes, leafHash } from '../events/merkle.ts';
import { SPAN } from '../events/moments.ts';
import { same } from '../events/replay.ts';
import { subjectsOf } from '../events/subjects.ts';

/** What the ledger says otherwise than the database. `subject` is a model, `model/number`, `event 7` or `ledger`. */
export interface Difference {
  subject: string;
  field?: string;
  detail: string;
}

const ROWS_TOGETHER = 500;

/** What else is held against the events, while all of them are read anyway. */
export interface Beside {
  /** Takes the next one; throws where it cannot be read. */
  take(event: Event): void;
  /** What differs by the events so far; by all of them, at last. */
  compare(isLast: boolean): AsyncGenerator<Difference>;
}

/** Events 1 to `newest` of which a column does not say what the line says: lists and searches of events read columns. */
export async function* differingEvents(read: Reader, newest: number, beside?: Beside): AsyncGenerator<Difference> {
  let [subjects, unread] = [0, 0];
  const times = spanTimes();
  for (let after = 0; after < newest; ) {
    const count = await countTogether(read, { table: 'event', key: ['seq'], after: [after] }, ROWS_TOGETHER);
    const rows = await read
      .selectFrom('event')
      .selectAll()
      .where('seq', '>', after)
      .where('seq', '<=', newest)
      .orderBy('seq')
      .limit(count)
      .execute();
    for (const row of rows) {
      const subject = `event ${row.seq}`;
      const event = readEvent(row.line, beside);
      if (event) subjects += subjectsOf(row.seq, event.changes).length;
      times.add(row);
      if (event) for (const found of differingColumns(row, event)) yield { subject, ...found };
      else yield { subject, field: 'line', detail: 'cannot be read' };
      if (!event) unread += 1;
    }
    if (beside && unread === 0) yield* beside.compare(false);
    await setImmediate();
    after = rows.at(-1)?.seq ?? newest;
  }
  if (beside && unread === 0) yield* beside.compare(true);
  yield* differingSpans(read, times.spans, newest);
  const { kept } = await read
    .selectFrom('event_subject')
    .select((eb) => eb.fn.countAll<number>().as('kept'))
    .where('seq', '<=', newest)
    .executeTakeFirstOrThrow();
  if (kept !== subjects)
    yield {
      subject: 'ledger',
      field: 'event_subject',
      detail: `the index has ${kept} subjects of events, the events say ${subjects}`,
    };
}

interface Times {
  least_at: number;
  greatest_at: number;
}

/** Sums up the times of events, which come in order. */
function spanTimes() {
  const spans: Times[] = [];
  return {
    spans,
    add({ seq, at }: { seq: number; at: number }) {
      const span = Math.floor((seq - 1) / SPAN);
      spans[span] = timesOf([...(spans[span] ? [spans[span]] : []), { least_at: at, greatest_at: at }]);
    },
  };
}

function timesOf(parts: readonly Times[]): Times {
  return {
    least_at: Math.min(...parts.map(({ least_at }) => least_at)),
    greatest_at: Math.max(...parts.map(({ greatest_at }) => greatest_at)),
  };
}

/** Moments of the past are found by these: all spans that are whole at the newest event have their times. */
async function* differingSpans(read: Reader, told: readonly Times[], newest: number): AsyncGenerator<Difference> {
  let due = told.slice(0, Math.floor(newest / SPAN));
  for (let level = 1; due.length > 0; level += 1) {
    const rows = await read.selectFrom('event_span').selectAll().where('level', '=', level).orderBy('span').execute();
    for (const [span, times] of due.entries()) {
      const row = rows[span];
      if (row?.span !== span || !same(timesOf([row]), times))
        yield {
          subject: 'ledger',
          field: 'event_span',
          detail: `differs from the events at level ${level}, span ${span}`,
        };
    }
    const below = due;
    due = Array.from({ length: Math.floor(below.length / SPAN) }, (_, i) =>
      timesOf(below.slice(i * SPAN, (i + 1) * SPAN)),
    );
  }
}

function* differingColumns(row: Selectable<EventTable>, event: Event): Generator<{ field: string; detail: string }> {
  const { seq, type, actor, subject, request_id } = event;
  const ought = { seq, at: fromTime(event.at), type, actor, subject, request_id };
  for (const [field, value] of Object.entries(ought)) {
    const is = row[field as keyof typeof ought];
    if (is !== value) yield { field, detail: `the column says ${quote(is)}, the line ${quote(value)}` };
  }
  if (!(row.leaf instanceof Uint8Array && equalHashes(row.leaf, leafHash(row.line))))
    yield { field: 'leaf', detail: 'is not the hash of the line' };
}

function readEvent(line: unknown, beside: Beside | undefined): Event | undefined {
  try {
    const event = JSON.parse(line as string) as Event;
    const isWhole = event.changes.every(({ after }) => typeof after === 'object' && after !== null);
    if (typeof line !== 'string' || !isWhole) return undefined;
    beside?.take(event);
    return event;
  } catch {
    return undefined;
  }
}

const LONGEST = 100;

/** A value as it is told: in one line, and not all of a card. */
export function quote(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
