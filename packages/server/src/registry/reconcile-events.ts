import { setImmediate } from 'node:timers/promises';
import type { Selectable } from 'kysely';
import type { Event } from '../contract/event.ts';
import { fromTime } from '../contract/time.ts';
import type { Reader } from '../db/database.ts';
import type { EventTable } from '../db/tables.ts';
import { equalHashes, leafHash } from '../events/merkle.ts';

/** What the ledger says otherwise than the database. `subject` is a model, `model/number`, `event 7` or `ledger`. */
export interface Difference {
  subject: string;
  field?: string;
  detail: string;
}

const ROWS_TOGETHER = 500;

/** Events 1 to `newest` of which a column does not say what the line says: lists and searches of events read columns. */
export async function* differingEvents(read: Reader, newest: number): AsyncGenerator<Difference> {
  let subjects = 0;
  for (let after = 0; after < newest; ) {
    const rows = await read
      .selectFrom('event')
      .selectAll()
      .where('seq', '>', after)
      .where('seq', '<=', newest)
      .orderBy('seq')
      .limit(ROWS_TOGETHER)
      .execute();
    for (const row of rows) {
      const subject = `event ${row.seq}`;
      const event = readEvent(row.line);
      subjects += event?.changes.length ?? 0;
      if (event) for (const found of differingColumns(row, event)) yield { subject, ...found };
      else yield { subject, field: 'line', detail: 'cannot be read' };
    }
    await setImmediate();
    after = rows.at(-1)?.seq ?? newest;
  }
  const { kept } = await read
    .selectFrom('event_subject')
    .select((eb) => eb.fn.countAll<number>().as('kept'))
    .where('seq', '<=', newest)
    .executeTakeFirstOrThrow();
  if (kept !== subjects)
    yield {
      subject: 'ledger',
      field: 'event_subject',
      detail: `the index says that events changed ${kept} subjects, the events say ${subjects}`,
    };
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

function readEvent(line: unknown): Event | undefined {
  try {
    const event = JSON.parse(line as string) as Event;
    const isWhole = event.changes.every(({ after }) => typeof after === 'object' && after !== null);
    return typeof line === 'string' && isWhole ? event : undefined;
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
