import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { databases, postgresSchema } from '../../test/support/databases.ts';
import type { Database } from './database.ts';
import { openPostgres } from './postgres.ts';
import { prepareLookup, prepareRead } from './prepared.ts';

let db: Database;
afterEach(() => db.close());

/** An empty schema, opened as it is asked for. */
async function openEmpty(options: Parameters<typeof openPostgres>[1]): Promise<void> {
  const { url, schema, drop } = await postgresSchema();
  onTestFinished(drop);
  db = openPostgres(url, { schema, ...options });
}

const half = prepareLookup<{ of: number }, { half: number }>(
  (_, param) => sql<{ half: number }>`select 10 / ${param('of')}::integer as half`,
);
/** Looks up what takes so many seconds. */
const slow = prepareLookup<{ seconds: number }, object>(
  (_, param) => sql<object>`select pg_sleep(${param('seconds')})`,
);
const notShared = prepareRead<{ of: number }, { half: number }>(
  (_, param) => sql<{ half: number }>`select 20 / ${param('of')}::integer as half`,
);
const open = () => db.pool?.() as { total: number; idle: number };

it('lookups at the same time go over one connection, each with its own answer, which is given back', async () => {
  db = await databases.postgres();
  const asked = Array.from({ length: 200 }, (_, i) => (i % 10) + 1);
  const answers = Promise.all(asked.map((of) => half(db.read, { of })));
  expect(await answers).toEqual(asked.map((of) => [{ half: Math.floor(10 / of) }]));
  expect(open()).toMatchObject({ total: 1, idle: 1 });
  expect(await half(db.read, { of: 5 })).toEqual([{ half: 2 }]);
  expect(open()).toMatchObject({ total: 1, idle: 1 });
});

it('one that fails fails alone', async () => {
  db = await databases.postgres();
  const answers = await Promise.allSettled([1, 0, 2].map((of) => half(db.read, { of })));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((answers[1] as PromiseRejectedResult).reason.code).toBe('22012');
  expect(open()).toMatchObject({ total: 1, idle: 1 });
});

it('other reads, and changes, do not wait for it', async () => {
  db = await databases.postgres();
  let isOver = false;
  const sleeping = slow(db.read, { seconds: 1 }).then(() => {
    isOver = true;
  });
  expect(await notShared(db.read, { of: 2 })).toEqual([{ half: 10 }]);
  await db.write.transaction().execute(async (tx) => {
    await db.lockLedger(tx);
    expect(await half(tx, { of: 2 })).toEqual([{ half: 5 }]);
  });
  expect(isOver).toBe(false);
  await sleeping;
});

it('where the connection breaks, those under way are told that the database is away, and the next take another', async () => {
  db = await databases.postgres();
  const broken = Promise.allSettled([slow(db.read, { seconds: 30 }), half(db.read, { of: 2 })]);
  const others = sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query like '%pg_sleep%' and pid != pg_backend_pid()`;
  while ((await others.execute(db.read)).rows.length === 0);
  for (const answer of await broken) expect(db.isAway((answer as PromiseRejectedResult).reason)).toBe(true);
  expect(await half(db.read, { of: 5 })).toEqual([{ half: 2 }]);
  expect(open().idle).toBe(open().total);
});

it('where a statement cannot be parsed, all who asked for it are told why', async () => {
  await openEmpty({ statementMs: 500 });
  await sql`create table held (id integer)`.execute(db.write);
  const held = prepareLookup<{ id: number }, object>(
    (_, param) => sql<object>`select id from held where id = ${param('id')}::integer`,
  );
  const locked = db.write.transaction().execute(async (tx) => {
    await sql`lock table held in access exclusive mode`.execute(tx);
    const answers = await Promise.allSettled([1, 2, 3].map((id) => held(db.read, { id })));
    for (const answer of answers) expect(db.isAway((answer as PromiseRejectedResult).reason)).toBe(true);
  });
  await locked;
  expect(await Promise.all([1, 2, 3].map((id) => held(db.read, { id })))).toEqual([[], [], []]);
});

it('changes get their turn where there is one connection, however many lookups follow each other', async () => {
  await openEmpty({ connections: 1 });
  let isOver = false;
  const clients = Array.from({ length: 8 }, async (_, i) => {
    await sleep(i);
    while (!isOver) await slow(db.read, { seconds: 0.002 });
  });
  await sleep(100);
  await db.write.transaction().execute((tx) => sql`select 1`.execute(tx));
  isOver = true;
  await Promise.all(clients);
});

it('is closed with the pool, also where nothing else was asked for', async () => {
  await openEmpty({});
  await half(db.read, { of: 5 });
  await db.close();
  expect(open()).toMatchObject({ total: 0 });
  await expect(half(db.read, { of: 5 })).rejects.toThrow('after calling end');
});
