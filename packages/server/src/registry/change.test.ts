import { sql } from 'kysely';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Caller } from '../contract/actor.ts';
import type { Happening } from '../contract/event.ts';
import type { Database } from '../db/database.ts';
import { insertRows } from '../db/rows.ts';
import { openLedger } from '../events/ledger.ts';
import type { Work } from './batch.ts';
import { type Batch, type Change, createChange } from './change.ts';
import { Refused } from './refusals.ts';

const ada: Caller = { actor: { name: 'ada', verified: false }, request_id: 'r' };
const happening = (subject: string): Happening => ({
  type: 'model.updated',
  subject,
  changes: [{ model_id: 1, number: 0, before: {}, after: { subject } }],
});

for (const [name, open] of Object.entries(databases))
  describe(`change on ${name}`, () => {
    let db: Database;
    let commits: number[];
    let change: Change & { idle(): Promise<void> };

    /** Opens it over a database whose parts a test may bend. */
    async function start(bend: (real: Database) => Partial<Database> = () => ({})) {
      const real = await open();
      db = real;
      const ledger = await openLedger(real, Date.now);
      commits = [];
      const bent = { ...real, ...bend(real) };
      change = createChange({
        db: bent,
        now: Date.now,
        append: ledger.append,
        onCommit: (events) => commits.push(events),
      });
      return ledger;
    }
    afterEach(() => db.close());

    /** Writes a row that can be counted, and an event. */
    const write = (key: string) => async (work: Work) => {
      await work.tx
        .insertInto('ledger_checkpoint')
        .values({ size: Number(key), note: key, at: 0 })
        .execute();
      work.record(happening(key));
      return { key };
    };
    const written = async () =>
      (await db.read.selectFrom('ledger_checkpoint').select('note').orderBy('size').execute()).map((row) => row.note);
    const subjects = async () =>
      (await db.read.selectFrom('event').select('subject').orderBy('seq').execute()).map((row) => row.subject);

    it('changes that arrive together share a commit, in order', async () => {
      await start();
      const keys = Array.from({ length: 50 }, (_, i) => `${i + 10}`);
      expect(await Promise.all(keys.map((key) => change(ada, write(key))))).toEqual(keys.map((key) => ({ key })));
      expect(await subjects()).toEqual(keys);
      expect(commits.length).toBeLessThan(5);
      expect(commits.reduce((sum, events) => sum + events, 0)).toBe(50);
    });

    it('one that fails rolls back alone: refused, thrown at once, thrown by the database', async () => {
      await start();
      const failures = [
        async (work: Work) => {
          await write('20')(work);
          throw new Refused('overloaded', 'no', {});
        },
        () => {
          throw new Error('at once');
        },
        async (work: Work) => {
          await write('21')(work);
          await write('21')(work); // the row is there already: the statement fails inside the savepoint
        },
        async (work: Work) => {
          await write('22')(work);
          await sql`select * from no_such_table`.execute(work.tx);
        },
        (work: Work) => write('1')(work).then(() => Promise.reject(new Error('later'))),
      ];
      const outcomes = await Promise.allSettled([
        change(ada, write('1')),
        ...failures.map((body) => change(ada, body as never)),
        change(ada, write('2')),
        ...failures.map((body) => change(ada, body as never)),
        change(ada, write('3')),
      ]);
      expect(outcomes.map((outcome) => outcome.status === 'fulfilled')).toEqual([
        true,
        ...failures.map(() => false),
        true,
        ...failures.map(() => false),
        true,
      ]);
      expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(Refused);
      expect((outcomes[2] as PromiseRejectedResult).reason.message).toBe('at once');
      expect(db.isDuplicate((outcomes[3] as PromiseRejectedResult).reason)).toBe(true);
      expect(await written()).toEqual(['1', '2', '3']);
      expect(await subjects()).toEqual(['1', '2', '3']);
    });

    it('one whose write fails when nobody waits for it any more fails alone, wherever it stands', async () => {
      await start();
      /** What it writes is not waited for on PostgreSQL. */
      const send = (key: string) => async (work: Work) => {
        await insertRows(work.tx, 'ledger_checkpoint', [{ size: Number(key), note: key, at: 0 }]);
        work.record(happening(key));
        return { key };
      };
      const keys = ['1', '1', '2', '3', '2', '4', '4'];
      const outcomes = await Promise.allSettled(keys.map((key) => change(ada, send(key))));
      const failed = (outcome: PromiseSettledResult<unknown>) =>
        outcome.status === 'rejected' && db.isDuplicate(outcome.reason);
      expect(outcomes.map(failed)).toEqual([false, true, false, false, true, false, true]);
      expect(await written()).toEqual(['1', '2', '3', '4']);
      expect(await subjects()).toEqual(['1', '2', '3', '4']);
    });

    it('is not answered where what is written last fails', async () => {
      const ledger = await start();
      const failing = createChange({
        db,
        now: Date.now,
        append: async (tx, entries) => {
          await ledger.append(tx, entries);
          for (const note of ['a', 'b']) await insertRows(tx, 'ledger_checkpoint', [{ size: 9, note, at: 0 }]);
        },
        onCommit: (events) => commits.push(events),
      });
      const outcomes = await Promise.allSettled([failing(ada, write('1')), failing(ada, write('2'))]);
      for (const outcome of outcomes) expect(db.isDuplicate((outcome as PromiseRejectedResult).reason)).toBe(true);
      expect([await written(), await subjects(), commits]).toEqual([[], [], []]);
    });

    it('one whose write deadlocks when nobody waits for it any more runs again with those that share its commit', async () => {
      await start((real) => ({ isRetryable: real.isDuplicate }));
      let runs = 0;
      const taken = async (work: Work) => {
        runs += 1;
        // It is there already, which counts as a deadlock here.
        const size = runs === 1 ? 1 : 2;
        await insertRows(work.tx, 'ledger_checkpoint', [{ size, note: `${size}`, at: 0 }]);
        work.record(happening('second'));
      };
      await change(ada, write('1'));
      await Promise.all([change(ada, taken), change(ada, write('3'))]);
      expect(runs).toBe(2);
      expect(await written()).toEqual(['1', '2', '3']);
      expect(await subjects()).toEqual(['1', 'second', '3']);
    });

    it('one whose write is cut off ends all that share its commit at once: nothing runs again', async () => {
      await start((real) => ({ isAway: real.isDuplicate }));
      let runs = 0;
      const cut = async (work: Work) => {
        runs += 1;
        await insertRows(work.tx, 'ledger_checkpoint', [{ size: 1, note: '1', at: 0 }]);
        work.record(happening('cut'));
      };
      await change(ada, write('1'));
      const outcomes = await Promise.allSettled([change(ada, cut), change(ada, write('2'))]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(runs).toBe(1);
      expect(await written()).toEqual(['1']);
    });

    it('one that records nothing leaves nothing', async () => {
      await start();
      const silent = async (work: Work) => {
        await work.tx.insertInto('ledger_checkpoint').values({ size: 7, note: '7', at: 0 }).execute();
        return 'answered';
      };
      const answers = await Promise.all([
        change(ada, write('1')),
        change(ada, silent),
        change(ada, write('2')),
        change(ada, silent),
      ]);
      expect(answers).toEqual([{ key: '1' }, 'answered', { key: '2' }, 'answered']);
      expect(await written()).toEqual(['1', '2']);
      expect(commits.reduce((sum, events) => sum + events, 0)).toBe(2);
    });

    it('whoever watches is told what each commit came to, and what waits', async () => {
      const seen: Batch[] = [];
      let fails = 0;
      const ledger = await start();
      const watched = createChange({
        db: { ...db, isRetryable: (error) => (error as Error).message === 'deadlock' },
        now: Date.now,
        append: async (tx, entries) => {
          fails -= 1;
          if (fails === 1) throw new Error('deadlock');
          if (fails === 0) throw new Error('the disk');
          await ledger.append(tx, entries);
        },
        onCommit: () => {},
        onBatch: (batch) => seen.push(batch),
      });
      const refused = async () => {
        throw new Refused('invalid', 'no', { errors: [] });
      };
      const first = watched(ada, write('1'));
      expect(watched.pending()).toEqual({ waiting: 1, since: undefined });
      await Promise.allSettled([first, watched(ada, refused)]);
      await watched.idle();
      fails = 2;
      await Promise.allSettled([
        watched(ada, async (work) => {
          expect(watched.pending()).toEqual({ waiting: 0, since: expect.any(Number) });
          return write('2')(work);
        }),
      ]);
      await watched.idle();
      expect(watched.pending()).toEqual({ waiting: 0, since: undefined });
      expect(seen).toEqual([
        { changes: 2, refused: 1, events: 1, retries: 0, ms: expect.any(Number) },
        { changes: 1, refused: 0, events: 0, retries: 1, ms: expect.any(Number), error: new Error('the disk') },
      ]);
    });

    it('those who were answered together share the next commit, though they do not ask at one moment', async () => {
      await start();
      // The clock stands still: as long as they keep coming, none is late.
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      onTestFinished(() => void vi.useRealTimers());
      const first = Array.from({ length: 8 }, (_, i) => change(ada, write(`${i + 10}`)));
      const next = first.map(async (answered, i) => {
        await answered;
        for (let turn = 0; turn < 3 * i; turn += 1) await new Promise(setImmediate);
        return change(ada, write(`${i + 20}`));
      });
      await Promise.all(next);
      expect(commits[0]).toBe(8);
      // On SQLite nobody can ask while it commits: whoever is late by turns of the loop comes to another.
      if (name === 'postgres') expect(commits).toEqual([8, 8]);
      expect(commits.reduce((sum, events) => sum + events)).toBe(16);
    });

    it('who was alone waits for nobody, and those who do not come again are not waited for', async () => {
      await start();
      await Promise.all([change(ada, write('1')), change(ada, write('2'))]);
      await change(ada, write('3'));
      await change(ada, write('4'));
      expect(commits).toEqual([2, 1, 1]);
    });

    it('a change inside a change is refused at once', async () => {
      await start();
      await expect(change(ada, () => change(ada, write('1')))).rejects.toThrow('pass the work on');
      await expect(change(ada, write('1'))).resolves.toEqual({ key: '1' });
    });

    it('busy and deadlock are tried again, and in the end are an answer of their own', async () => {
      let fails = 3;
      await start((real) => ({
        isRetryable: (error) => (error as Error).message === 'deadlock' || real.isRetryable(error),
        lockLedger: async (tx) => {
          fails -= 1;
          if (fails >= 0) throw new Error('deadlock');
          await real.lockLedger(tx);
        },
      }));
      expect(await Promise.all([change(ada, write('1')), change(ada, write('2'))])).toEqual([
        { key: '1' },
        { key: '2' },
      ]);
      expect(await subjects()).toEqual(['1', '2']);
      fails = 1_000;
      await expect(change(ada, write('3'))).rejects.toMatchObject({ kind: 'overloaded' });
      fails = 0;
      await expect(change(ada, write('4'))).resolves.toEqual({ key: '4' });
      expect(await written()).toEqual(['1', '2', '4']);
    });

    it('a body that fails for the database’s sake runs again with the whole batch', async () => {
      let runs = 0;
      await start((real) => ({
        isRetryable: (error) => (error as Error).message === 'serialization' || real.isRetryable(error),
      }));
      const flaky = async (work: Work) => {
        await write('2')(work);
        runs += 1;
        if (runs < 3) throw new Error('serialization');
        return runs;
      };
      expect(await Promise.all([change(ada, write('1')), change(ada, flaky), change(ada, write('3'))])).toEqual([
        { key: '1' },
        3,
        { key: '3' },
      ]);
      expect(await subjects()).toEqual(['1', '2', '3']);
    });

    it('a commit that fails is told to all who shared it, and leaves nothing', async () => {
      let broken = true;
      const ledger = await start();
      const breaking = createChange({
        db,
        now: Date.now,
        append: async (tx, entries) => {
          await ledger.append(tx, entries);
          if (broken) throw new Error('the disk');
        },
        onCommit: () => {},
      });
      const outcomes = await Promise.allSettled([breaking(ada, write('1')), breaking(ada, write('2'))]);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'the disk' } });
      expect([await written(), await subjects(), await ledger.size()]).toEqual([[], [], 0]);
      broken = false;
      await breaking(ada, write('1'));
      expect([await written(), await subjects(), await ledger.size()]).toEqual([['1'], ['1'], 1]);
    });

    it('D6 what ends the whole transaction is told as what it is', async () => {
      await start((real) => ({ isFull: (error) => (error as Error).message === 'full' || real.isFull(error) }));
      const full = async ({ tx }: Work) => {
        // as SQLite does when the disk is full: the transaction is gone, and its savepoints with it
        await sql`rollback`.execute(tx);
        throw new Error('full');
      };
      const outcomes = await Promise.allSettled([change(ada, write('1')), change(ada, full)]);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'full' } });
      await change(ada, write('2'));
      expect(await written()).toEqual(['2']);
    });

    it('R8 when too many wait, more are refused at once', async () => {
      await start();
      const waiting = Array.from({ length: 6_000 }, (_, i) => change(ada, async () => i).catch((error) => error));
      const outcomes = await Promise.all(waiting);
      const refused = outcomes.filter((outcome) => outcome instanceof Refused);
      expect(refused.length).toBeGreaterThan(500);
      for (const one of refused) expect(one.kind).toBe('overloaded');
      expect(outcomes.filter((outcome) => typeof outcome === 'number').length + refused.length).toBe(6_000);
    });

    it('is idle once all are answered', async () => {
      await start();
      const answers: string[] = [];
      const all = [write('1'), write('2')].map((body) => change(ada, body).then(({ key }) => answers.push(key)));
      await change.idle();
      expect(answers.length).toBe(2);
      await Promise.all(all);
      await change.idle();
    });
  });

describe('change on a database that goes away', () => {
  it('D14 answers that it is away, and goes on when it is back', async () => {
    const db = await databases.postgres();
    const ledger = await openLedger(db, Date.now);
    const change = createChange({ db, now: Date.now, append: ledger.append, onCommit: () => {} });
    const body = (key: string) => async (work: Work) => {
      work.record(happening(key));
      return key;
    };
    expect(await change(ada, body('1'))).toBe('1');
    const cut = async (work: Work) => {
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(work.tx);
      work.record(happening('cut'));
    };
    const outcomes = await Promise.allSettled([change(ada, body('2')), change(ada, cut), change(ada, body('3'))]);
    for (const outcome of outcomes) {
      expect(outcome.status).toBe('rejected');
      expect(db.isAway((outcome as PromiseRejectedResult).reason)).toBe(true);
    }
    expect(await change(ada, body('4'))).toBe('4');
    expect(await ledger.size()).toBe(2);
    await db.close();
  });
});

describe('change on a database that is full', () => {
  it('D6 is refused as such, reads go on, and it resumes when there is space', async () => {
    const db = await databases.sqlite();
    const ledger = await openLedger(db, Date.now);
    const change = createChange({ db, now: Date.now, append: ledger.append, onCommit: () => {} });
    const body = (key: string, reason: string) => async (work: Work) => {
      work.record({ ...happening(key), reason });
      return key;
    };
    const bound = (pages: number) => sql.raw(`pragma max_page_count = ${pages}`).execute(db.write);
    await change(ada, body('1', 'small'));
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db.write);
    await bound((rows[0]?.page_count ?? 0) + 2);
    const outcomes = await Promise.allSettled([
      change(ada, body('2', 'small')),
      change(ada, body('3', 'x'.repeat(1_000_000))),
    ]);
    for (const outcome of outcomes) expect(db.isFull((outcome as PromiseRejectedResult).reason)).toBe(true);
    expect(await ledger.size()).toBe(1);
    await bound(1_000_000);
    expect(await change(ada, body('4', 'x'.repeat(1_000_000)))).toBe('4');
    expect(await ledger.size()).toBe(2);
    await db.close();
  });
});
