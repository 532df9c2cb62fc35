import { expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { prepareWrite } from './prepared.ts';
import { insertTogether, writeTogether } from './write-together.ts';

const insertTile = prepareWrite<{ position: number; hash: Buffer }, never>(
  (db, param) =>
    db.insertInto('ledger_tile').values({ level: 0, position: param('position'), hash: param('hash') }) as never,
);
const tile = (position: number) => insertTile.with({ position, hash: Buffer.alloc(32, position) });
const model = (name: string) => ({
  ...{ name, name_key: name, tags: '{}', properties: '{}', aliases: '{}', live: '{}' },
  ...{ version_count: 0, last_number: 0, created_at: 0, created_by: 'ada', updated_at: 0, etag: 1 },
});

for (const [name, open] of Object.entries(databases))
  it(`what is written together has each its own parameters, and is undone together, on ${name}`, async () => {
    const db = await open();
    try {
      const tiles = async () => {
        const rows = await db.read.selectFrom('ledger_tile').selectAll().orderBy('position').execute();
        return rows.map(({ position, hash }) => [position, hash[0]]);
      };
      const write = (first: number, second: number, name: string) =>
        db.write.transaction().execute((tx) => insertTogether(tx, 'model', model(name), [tile(first), tile(second)]));
      const id = await write(1, 2, 'churn');
      expect(await db.read.selectFrom('model').select(['id', 'name']).execute()).toEqual([{ id, name: 'churn' }]);
      const before = [
        [1, 1],
        [2, 2],
      ];
      expect(await tiles()).toEqual(before);
      const failed = await write(3, 1, 'fraud').catch((error: unknown) => error);
      expect(db.isDuplicate(failed)).toBe(true);
      expect(await tiles()).toEqual(before);
    } finally {
      await db.close();
    }
  });

for (const [name, open] of Object.entries(databases))
  it(`what was written together is known to have been written, on ${name}`, async () => {
    const db = await open();
    try {
      const refused = db.write.transaction().execute(async (tx) => {
        const savepoint = db.savepoint(tx, true);
        await savepoint.set();
        await writeTogether(tx, [tile(1), tile(2)]);
        await savepoint.rollBack();
      });
      await expect(refused).rejects.toThrow('cannot be undone alone');
    } finally {
      await db.close();
    }
  });
