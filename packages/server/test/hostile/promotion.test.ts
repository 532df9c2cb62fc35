import { expect, it } from 'vitest';
import type { Event } from '../../src/contract/event.ts';
import { EVENT_TYPES } from '../../src/contract/event.ts';
import { databases } from '../support/databases.ts';
import { type Opened, openRegistry } from '../support/open-registry.ts';
import { keepFiles, METRIC, playSequence, type Tally } from './promotion/calls.ts';
import { Oracle } from './promotion/oracle.ts';

/** How many sequences of calls are made on each database. CI makes a share; `PROMOTION_SEQUENCES=10000` is the whole. */
const WHOLE = process.env.PROMOTION_SEQUENCES;
const SHARE = { sqlite: 300, postgres: 80 };
/** The seed of the first sequence; the next ones follow. `PROMOTION_SEED=n PROMOTION_SEQUENCES=4` makes these four again. */
const SEED = Number(process.env.PROMOTION_SEED ?? 1);
const AT_ONCE = 4;
/** So many that everything has to have happened. */
const LONG = 3_000;
const HOUR_MS = 3_600_000;

/** What has to have happened in a share of a run, and in a long one, so that it shows something. */
const MET = [
  ...EVENT_TYPES.filter((type) => /^(version\.(promoted|rolled-back)|alias\.set|promotion\.|policy\.)/.test(type)),
  ...['forced', 'approved', 'single'],
];
/** Checks that failed where the rule only warns, or was overridden. */
const MET_LONG = ['verdict', 'metric', 'not_worse_than_live', 'signature_compatible', 'has', 'evaluated_on'].map(
  (check) => `failed ${check}`,
);
const expected = (sequences: number) => [
  ...(sequences >= SHARE.postgres ? ['version.promoted', 'alias.set', 'approved', 'single'] : []),
  ...(sequences >= SHARE.sqlite ? MET : []),
  ...(sequences >= LONG ? MET_LONG : []),
];
const ANSWERED = ['native 422 check-failed', 'mlflow 400 INVALID_PARAMETER_VALUE', 'mlflow 409 RESOURCE_CONFLICT'];

for (const [database, open] of Object.entries(databases))
  it(
    `no sequence of calls moves a version into a status or under an alias past the policy of then, on ${database}`,
    async () => {
      const sequences = WHOLE === undefined ? SHARE[database as keyof typeof SHARE] : Number(WHOLE);
      const t = await openRegistry(open);
      t.clock.set('2026-01-01T00:00:00.000Z');
      const oracle = new Oracle([], { [METRIC]: null });
      const tally: Tally = {};
      try {
        const files = await keepFiles(t);
        let judged = 0;
        for (let next = SEED; next < SEED + sequences; next += AT_ONCE) {
          const seeds = Array.from({ length: Math.min(AT_ONCE, SEED + sequences - next) }, (_, i) => next + i);
          await Promise.all(seeds.map((seed) => playSequence(t, files, seed, tally)));
          const wrong: string[] = [];
          for await (const event of eventsAfter(t, judged)) {
            wrong.push(...oracle.take(event));
            judged = event.seq;
          }
          expect(wrong, `PROMOTION_SEED=${next} PROMOTION_SEQUENCES=${AT_ONCE}`).toEqual([]);
        }
        for await (const difference of t.registry.ledger.reconcile()) expect.fail(JSON.stringify(difference));
        for (const what of expected(sequences)) expect(oracle.met, what).toHaveProperty([what]);
        if (sequences >= SHARE.sqlite) for (const what of ANSWERED) expect(tally, what).toHaveProperty([what]);
        console.log(`${database}: ${sequences} sequences, ${judged} events, answers ${JSON.stringify(tally)}`);
      } finally {
        await t.close();
      }
    },
    6 * HOUR_MS,
  );

async function* eventsAfter(t: Opened, after: number): AsyncGenerator<Event> {
  for (let from = after; ; ) {
    const rows = await t.db.read
      .selectFrom('event')
      .select('line')
      .where('seq', '>', from)
      .orderBy('seq')
      .limit(1_000)
      .execute();
    for (const { line } of rows) {
      const event = JSON.parse(line) as Event;
      from = event.seq;
      yield event;
    }
    if (rows.length < 1_000) return;
  }
}
