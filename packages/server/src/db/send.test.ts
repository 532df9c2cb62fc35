import { afterEach, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database, Writer } from './database.ts';
import { insertRows } from './rows.ts';
import { allArrived, failureOf, sendAhead } from './send.ts';
import { BYTES_TOGETHER } from './together.ts';

let db: Database;
afterEach(() => db.close());

const put = (tx: Writer, size: number, note = 'noted') => insertRows(tx, 'ledger_checkpoint', [{ size, note, at: 0 }]);
const sizes = async (tx: Pick<Writer, 'selectFrom'>) =>
  (await tx.selectFrom('ledger_checkpoint').select('size').orderBy('size').execute()).map(({ size }) => size);

/** A transaction that holds the ledger's lock, as changes do. */
const inOne = (body: (tx: Writer) => Promise<void>) =>
  db.write.transaction().execute(async (tx) => {
    await db.lockLedger(tx);
    await body(tx);
  });

/** The SQLSTATE of what it was rejected with. */
const codeOf = (running: Promise<unknown>) =>
  running.then(
    () => 'none',
    (error: { code?: string }) => error.code,
  );
const DUPLICATE = '23505';

it('what was sent is made in order, and before what is read after it', async () => {
  db = await databases.postgres();
  await inOne(async (tx) => {
    sendAhead(tx);
    for (const size of [3, 1, 2]) await put(tx, size);
    expect(await sizes(tx)).toEqual([1, 2, 3]);
    await allArrived(tx);
    expect(failureOf(tx)).toBeUndefined();
  });
  expect(await sizes(db.read)).toEqual([1, 2, 3]);
});

it('what was sent and failed shows at the end, by the first that failed, and nothing of it is kept', async () => {
  db = await databases.postgres();
  const failed = inOne(async (tx) => {
    sendAhead(tx);
    for (const size of [1, 1, 2]) await put(tx, size);
    await allArrived(tx);
  });
  expect(await codeOf(failed)).toBe(DUPLICATE);
  expect(await sizes(db.read)).toEqual([]);
});

it('why it failed is known to whoever reads after it', async () => {
  db = await databases.postgres();
  let why: unknown;
  const failed = inOne(async (tx) => {
    sendAhead(tx);
    for (const size of [1, 1]) await put(tx, size);
    await sizes(tx).finally(() => {
      why = failureOf(tx);
    });
  });
  expect(await codeOf(failed)).toBe('25P02');
  expect((why as { code: string }).code).toBe(DUPLICATE);
});

it('what is long is waited for, so that little is in memory', async () => {
  db = await databases.postgres();
  const failed = inOne(async (tx) => {
    sendAhead(tx);
    await put(tx, 1);
    await put(tx, 1);
    expect(await codeOf(put(tx, 2, 'x'.repeat(BYTES_TOGETHER)))).toBe(DUPLICATE);
    throw Object.assign(new Error('enough'), { code: 'enough' });
  });
  expect(await codeOf(failed)).toBe('enough');
});

it('where nobody asked for it, and on SQLite, each is waited for', async () => {
  db = await databases.postgres();
  await inOne(async (tx) => {
    await put(tx, 1);
    expect(await codeOf(put(tx, 1))).toBe(DUPLICATE);
  }).catch(() => {});
  await db.close();
  db = await databases.sqlite();
  await inOne(async (tx) => {
    sendAhead(tx);
    await put(tx, 1);
    expect(await codeOf(put(tx, 1))).toBe('SQLITE_CONSTRAINT_PRIMARYKEY');
  });
  expect(await sizes(db.read)).toEqual([1]);
});
