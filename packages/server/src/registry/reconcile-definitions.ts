import { setImmediate } from 'node:timers/promises';
import type { Event } from '../contract/event.ts';
import type { Reader } from '../db/database.ts';
import { isNamed } from '../events/named.ts';
import { same } from '../events/replay.ts';
import { toDefinition } from './evidence/definitions.ts';
import type { Difference } from './reconcile-events.ts';

const ROWS_TOGETHER = 500;
const TYPE = 'metric-definition.changed';
const TRIES = 5;

/** Definitions of metrics that are not as the last event of each tells. */
export async function* differingDefinitions(read: Reader): AsyncGenerator<Difference> {
  for (let after = ''; ; ) {
    const rows = await read
      .selectFrom('metric_definition')
      .select('name')
      .where('name', '>', after)
      .orderBy('name')
      .limit(ROWS_TOGETHER)
      .execute();
    for (const { name } of rows) yield* differingDefinition(read, name);
    const last = rows.at(-1);
    if (!last) break;
    after = last.name;
    await setImmediate();
  }
  for (let after = 0; ; ) {
    const events = await read
      .selectFrom('event')
      .select(['seq', 'subject'])
      .where('type', '=', TYPE)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(ROWS_TOGETHER)
      .execute();
    for (const { seq, subject } of events)
      if ((await lastEvent(read, subject))?.seq === seq && !(await rowOf(read, subject.slice('metric:'.length))))
        yield { subject, detail: 'is in the ledger, but not in the database' };
    const last = events.at(-1);
    if (!last) return;
    after = last.seq;
    await setImmediate();
  }
}

/** A row that changes meanwhile is looked at again. */
async function* differingDefinition(read: Reader, name: string): AsyncGenerator<Difference> {
  const subject = `metric:${name}`;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = await rowOf(read, name);
    const event = await lastEvent(read, subject);
    const again = await rowOf(read, name);
    if (!row || row.etag !== again?.etag) continue;
    if (!event) yield { subject, detail: 'is in the database, but no event tells of it' };
    else {
      const line = await read.selectFrom('event').select('line').where('seq', '=', event.seq).executeTakeFirstOrThrow();
      const told = (JSON.parse(line.line) as Event).details?.definition;
      if (!same(told, toDefinition(row))) yield { subject, detail: 'is not as the ledger tells' };
    }
    return;
  }
}

function rowOf(read: Reader, name: string) {
  return read.selectFrom('metric_definition').selectAll().where('name', '=', name).executeTakeFirst();
}

function lastEvent(read: Reader, subject: string) {
  return read
    .selectFrom('event')
    .select('seq')
    .where('subject', '=', subject)
    .where('type', '=', TYPE)
    .where(isNamed())
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}
