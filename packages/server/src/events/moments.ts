import type { Reader, Writer } from '../db/database.ts';

/** So many events, or spans of the level below, have their times summed up in one row. */
export const SPAN = 256;

/** Sums up the spans that became whole when the ledger grew, and the spans of these. */
export async function keepSpans(tx: Writer, before: number, size: number): Promise<void> {
  for (let [level, from, to] = [1, before, size]; ; level += 1) {
    [from, to] = [Math.floor(from / SPAN), Math.floor(to / SPAN)];
    if (from === to) return;
    for (let span = from; span < to; span += 1) {
      const times = await timesIn(tx, level - 1, span);
      await tx
        .insertInto('event_span')
        .values({ level, span, ...times })
        .execute();
    }
  }
}

function timesIn(reader: Reader, level: number, span: number): Promise<{ least_at: number; greatest_at: number }> {
  if (level > 0)
    return reader
      .selectFrom('event_span')
      .select((eb) => [eb.fn.min('least_at').as('least_at'), eb.fn.max('greatest_at').as('greatest_at')])
      .where('level', '=', level)
      .where('span', '>=', span * SPAN)
      .where('span', '<', (span + 1) * SPAN)
      .executeTakeFirstOrThrow();
  return reader
    .selectFrom('event')
    .select((eb) => [eb.fn.min('at').as('least_at'), eb.fn.max('at').as('greatest_at')])
    .where('seq', '>', span * SPAN)
    .where('seq', '<=', (span + 1) * SPAN)
    .executeTakeFirstOrThrow();
}

/**
 * The last event that is not later than `at`; 0 where there is none. A moment means the whole ledger up to it, so it is
 * always a state that existed, whatever the clock did.
 */
export async function seqAt(reader: Reader, at: number): Promise<number> {
  const newest = await reader
    .selectFrom('event')
    .select(['seq', 'at'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!newest || newest.at <= at) return newest?.seq ?? 0;
  // From the newest events upwards, what is not in a whole span of the next level; then down into the span that was found.
  for (let [level, count] = [0, newest.seq]; count > 0; level += 1, count = Math.floor(count / SPAN)) {
    let found = await lastIn(reader, level, Math.floor(count / SPAN), at);
    for (let down = level - 1; found !== undefined && down >= 0; down -= 1)
      found = await lastIn(reader, down, found, at);
    if (found !== undefined) return found + 1;
  }
  return 0;
}

/** Within a span, the last event (counted from 0), or span of the level, in which something is not later than `at`. */
async function lastIn(reader: Reader, level: number, span: number, at: number): Promise<number | undefined> {
  if (level > 0) {
    const row = await reader
      .selectFrom('event_span')
      .select('span')
      .where('level', '=', level)
      .where('span', '>=', span * SPAN)
      .where('span', '<', (span + 1) * SPAN)
      .where('least_at', '<=', at)
      .orderBy('span', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.span;
  }
  const row = await reader
    .selectFrom('event')
    .select('seq')
    .where('seq', '>', span * SPAN)
    .where('seq', '<=', (span + 1) * SPAN)
    .where('at', '<=', at)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && row.seq - 1;
}

/** An event before which all are earlier than `at`: the first of its span. */
export async function seqFrom(reader: Reader, at: number): Promise<number> {
  const newest = await reader.selectFrom('event').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  const counts = [newest?.seq ?? 0];
  while (counts.at(-1)! > 0) counts.push(Math.floor(counts.at(-1)! / SPAN));
  for (let level = counts.length - 2; level > 0; level -= 1) {
    let found = await firstIn(reader, level, counts[level + 1]!, at);
    for (let down = level - 1; found !== undefined && down > 0; down -= 1)
      found = await firstIn(reader, down, found, at);
    if (found !== undefined) return found * SPAN + 1;
  }
  return (counts[1] ?? 0) * SPAN + 1;
}

/** Within a span, the first span of the level in which something is not earlier than `at`. */
async function firstIn(reader: Reader, level: number, span: number, at: number): Promise<number | undefined> {
  const row = await reader
    .selectFrom('event_span')
    .select('span')
    .where('level', '=', level)
    .where('span', '>=', span * SPAN)
    .where('span', '<', (span + 1) * SPAN)
    .where('greatest_at', '>=', at)
    .orderBy('span')
    .limit(1)
    .executeTakeFirst();
  return row?.span;
}
