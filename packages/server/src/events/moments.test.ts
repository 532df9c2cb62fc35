import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../db/database.ts';
import { insertRows } from '../db/rows.ts';
import { keepSpans, seqAt, seqFrom } from './moments.ts';

/** Clocks that go on, step back by much and by little, and stand still. */
function times(count: number): number[] {
  let at = 1_000_000;
  return Array.from({ length: count }, (_, i) => {
    if (i % 97 === 0) at -= 5_000;
    else if (i % 13 === 0) at -= 3;
    else if (i === 400) at += 100_000;
    else if (i === 430) at -= 100_000;
    else at += (i * 7) % 50;
    return at;
  });
}

describe.each(Object.keys(databases) as (keyof typeof databases)[])('moments on %s', (name) => {
  // On SQLite there are spans of spans too.
  const ats = times(name === 'sqlite' ? 66_000 : 1_100);
  let db: Database;
  beforeAll(async () => {
    db = await databases[name]();
    expect([await seqAt(db.read, Date.now()), await seqFrom(db.read, 0)]).toEqual([0, 1]);
    // Commits of all sizes: none, one or several spans become whole.
    for (let before = 0, size = 1; before < ats.length; size = (size * 3) % 601)
      await db.write.transaction().execute(async (tx) => {
        const some = ats.slice(before, before + size);
        const event = { type: 't', actor: 'a', subject: 's', request_id: 'r', line: '{}', leaf: Buffer.alloc(32) };
        await insertRows(
          tx,
          'event',
          some.map((at, i) => ({ ...event, seq: before + i + 1, at })),
        );
        await keepSpans(tx, before, before + some.length);
        before += some.length;
      });
  });
  afterAll(() => db?.close());

  const every = Math.ceil(ats.length / 200);
  const moments = ats.filter((_, i) => i % every === 0).flatMap((at) => [at - 1, at, at + 1]);

  it('A7 a moment is the ledger up to its last event that is not later, whatever the clock did', async () => {
    for (const moment of [...moments, 0, 2 ** 45])
      expect(await seqAt(db.read, moment), String(moment)).toBe(ats.findLastIndex((at) => at <= moment) + 1);
  });

  it('knows events before which all are earlier', async () => {
    for (const moment of [...moments, 0, 2 ** 45]) {
      const first = ats.findIndex((at) => at >= moment);
      const due = first < 0 ? ats.length : first;
      const from = await seqFrom(db.read, moment);
      expect(from - 1, String(moment)).toBeLessThanOrEqual(due);
      expect(from, String(moment)).toBeGreaterThan(due - 256);
    }
  });
});
