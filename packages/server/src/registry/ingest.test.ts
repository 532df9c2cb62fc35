import { afterEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { ada } from '../../test/support/open-registry.ts';
import type { Database, Writer } from '../db/database.ts';
import { openLedger } from '../events/ledger.ts';
import { createChange } from './change.ts';
import { createIngest } from './ingest.ts';

for (const [name, open] of Object.entries(databases))
  describe(`ingest on ${name}`, () => {
    let db: Database;
    let commits = 0;
    afterEach(() => db.close());

    /** Opens it over a database whose parts a test may bend. */
    async function start(bend: (real: Database) => Partial<Database> = () => ({}), options = {}) {
      const real = await open();
      db = real;
      commits = 0;
      const counted = {
        ...real,
        lockIngest: async (tx: Writer) => {
          commits += 1;
          await real.lockIngest(tx);
        },
      };
      return createIngest({ ...counted, ...bend(counted) }, options);
    }

    /** Writes a row that can be counted, and that there can be only one of. */
    const write = (key: number) => async (tx: Writer) => {
      await tx
        .insertInto('ledger_checkpoint')
        .values({ size: key, note: `${key}`, at: 0 })
        .execute();
      return key;
    };
    const written = async () =>
      (await db.read.selectFrom('ledger_checkpoint').select('size').orderBy('size').execute()).map((row) => row.size);
    const keys = Array.from({ length: 40 }, (_, i) => i + 1);

    it('bodies that arrive together share a commit, and are answered when it is there', async () => {
      const ingest = await start();
      const asked = Promise.all(
        keys.map(async (key) => {
          expect(await ingest(write(key))).toBe(key);
          expect(await written()).toEqual(keys);
        }),
      );
      expect(ingest.pending().waiting).toBe(keys.length);
      await asked;
      expect(commits).toBe(1);
      expect(ingest.pending()).toEqual({ waiting: 0, since: undefined });
    });

    it('one that throws, or that the database refuses, is undone alone', async () => {
      const ingest = await start();
      const answers = await Promise.allSettled(
        keys.map((key) =>
          ingest(async (tx) => {
            await write(key)(tx);
            if (key % 10 === 3) throw new Error(`not ${key}`);
            if (key % 10 === 7) await write(key)(tx);
          }),
        ),
      );
      const fine = keys.filter((key) => key % 10 !== 3 && key % 10 !== 7);
      expect(answers.flatMap(({ status }, i) => (status === 'fulfilled' ? [keys[i]] : []))).toEqual(fine);
      expect(await written()).toEqual(fine);
      expect(commits).toBe(2); // the second time with a savepoint before each
    });

    it('one that refuses before it writes costs the others nothing', async () => {
      const ingest = await start();
      const answers = await Promise.allSettled([
        ingest(write(1)),
        ingest(() => Promise.reject(new Error('no'))),
        ingest(write(2)),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect([await written(), commits]).toEqual([[1, 2], 1]);
    });

    it('is tried again while the database is busy, and in the end says so', async () => {
      let busy = 2;
      const bend = (real: Database): Partial<Database> => ({
        isRetryable: (error) => (error as Error).message === 'busy',
        lockIngest: async (tx) => {
          await real.lockIngest(tx);
          if (busy-- > 0) throw new Error('busy');
        },
      });
      const ingest = await start(bend);
      expect(await ingest(write(1))).toBe(1);
      busy = 100;
      await expect(ingest(write(2))).rejects.toMatchObject({ kind: 'overloaded' });
      expect(await written()).toEqual([1]);
    });

    it('R8 when too many wait, more are refused at once', async () => {
      const ingest = await start(undefined, { mostWaiting: 10 });
      const answers = await Promise.allSettled(keys.map((key) => ingest(write(key))));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
      for (const answer of answers)
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ kind: 'overloaded' });
      expect(await ingest(write(99))).toBe(99);
    });

    it('one within another, or within a change, is a fault and not a wait without end', async () => {
      const ingest = await start();
      const ledger = await openLedger(db, Date.now);
      const change = createChange({ db, now: Date.now, append: ledger.append, onCommit: () => {} });
      await expect(ingest(() => ingest(write(1)))).rejects.toThrow('inside a change');
      await expect(ingest(() => change(ada, async () => 1))).rejects.toThrow('inside a change');
      await expect(change(ada, () => ingest(write(1)))).rejects.toThrow('inside a change');
      expect(await ingest(write(2))).toBe(2);
    });

    it('goes on beside changes', async () => {
      const ingest = await start();
      const ledger = await openLedger(db, Date.now);
      const change = createChange({ db, now: Date.now, append: ledger.append, onCommit: () => {} });
      const changed = (key: number) =>
        change(ada, async (work) => {
          work.record({
            type: 'model.updated',
            subject: `${key}`,
            changes: [{ model_id: 1, number: 0, before: {}, after: { key } }],
          });
          return key;
        });
      const all = keys.flatMap((key) => [ingest(write(key)), changed(key)]);
      await Promise.all(all);
      expect(await written()).toEqual(keys);
      expect(await ledger.size()).toBe(keys.length);
    });
  });
