import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { migrate, STEPS } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { liveNumbers } from '../../src/registry/versions/status-order.ts';
import { postgresSchema } from '../support/databases.ts';

/** An empty database of each kind, that no step has run in. */
const empty: Record<Database['name'], () => Promise<{ db: Database; remove(): Promise<void> }>> = {
  sqlite: async () => {
    const db = await openDatabase('sqlite::memory:');
    return { db, remove: () => db.close() };
  },
  postgres: async () => {
    const { url, schema, drop } = await postgresSchema();
    const db = await openDatabase(url, { schema, connections: 1 });
    return {
      db,
      async remove() {
        await db.close();
        await drop();
      },
    };
  },
};

/** Brings a database to where it was before this step. */
const migrateTo = (db: Database, step: string) =>
  migrate(
    db,
    STEPS.filter(({ name }) => name < step),
  );

it('a step stays as it is once there are databases that it ran in', async () => {
  const digests = STEPS.map(({ name }) => {
    const text = readFileSync(new URL(`../../src/db/migrations/${name}.ts`, import.meta.url));
    return `${createHash('sha256').update(text).digest('hex').slice(0, 16)} ${name}`;
  });
  await expect(`${digests.join('\n')}\n`).toMatchFileSnapshot('migrations.txt');
});

describe.each(Object.keys(empty) as Database['name'][])('a database of an earlier build on %s', (name) => {
  it('0009 knows which digest of a data set was evaluated on last', async () => {
    const { db, remove } = await empty[name]();
    try {
      await migrateTo(db, '0009');
      const run = (statement: ReturnType<typeof sql>) => statement.execute(db.write);
      await run(sql`insert into model (name, name_key, tags, properties, aliases, version_count, live, last_number, created_at, created_by,
        updated_at, etag) values ('m', 'm', '{}', '{}', '{}', 1, '{}', 1, 0, 'a', 0, 1)`);
      await run(sql`insert into version (model_id, number, status, status_since, state, size_bytes, artifact_count, verdict, tags,
        properties, aliases, metrics, created_at, created_by, updated_at, etag)
        values (1, 1, 'draft', 0, 'open', 0, 0, 'unknown', '{}', '{}', '[]', '{}', 0, 'a', 0, 1)`);
      // Its clock says that `b` is the newer one, and so did the order of the data sets.
      for (const [set, digest, at] of [
        ['d', 'a', 5],
        ['d', 'b', 9],
        ['other', 'a', 1],
      ])
        await run(sql`insert into evaluated_dataset (name, digest, evaluation_count, version_count, first_at, last_at)
          values (${set}, ${digest}, 1, 1, ${at}, ${at})`);
      for (const dataset of [1, 2, 3, 1])
        await run(sql`insert into evaluation (version_id, model_id, number, dataset_id, at, recorded_at, recorded_by, metrics, intervals,
          slices, tags) values (1, 1, 1, ${dataset}, 0, 0, 'a', '{}', '{}', '[]', '{}')`);
      await migrate(db);
      const rows = await db.read
        .selectFrom('evaluated_dataset')
        .select(['name', 'digest', 'recency'])
        .orderBy('id')
        .execute();
      expect(rows.map((row) => [row.name, row.digest, row.recency])).toEqual([
        ['d', 'a', 2],
        ['d', 'b', 1],
        ['other', 'a', 1],
      ]);
    } finally {
      await remove();
    }
  });

  it('0012 goes on after the highest number that was given under the name of a model', async () => {
    const { db, remove } = await empty[name]();
    try {
      await migrateTo(db, '0012');
      // Registered anew; the one before it, in the trash; ahead of what was given under a name that it was given since; never used.
      for (const [model, last_number, deregistered] of [
        ['anew', 2, null],
        ['anew', 5, '{}'],
        ['ahead', 9, null],
        ['unused', 0, null],
      ])
        await sql`insert into model (name, name_key, tags, properties, aliases, version_count, live, last_number, created_at, created_by,
          updated_at, etag, deregistered)
          values (${model}, ${model}, '{}', '{}', '{}', 0, '{}', ${last_number}, 0, 'a', 0, 1, ${deregistered})`.execute(
          db.write,
        );
      await sql`insert into name_use (name_key, last_number, model_id) values ('anew', 7, 1), ('ahead', 4, 3), ('unused', 0, 4)`.execute(
        db.write,
      );
      await migrate(db);
      const rows = await db.read.selectFrom('model').select('last_number').orderBy('id').execute();
      expect(rows.map((row) => row.last_number)).toEqual([7, 5, 9, 0]);
    } finally {
      await remove();
    }
  });

  it('0014 knows which version became a draft last', async () => {
    const { db, remove } = await empty[name]();
    try {
      await migrateTo(db, '0014');
      for (const model of ['m', 'other'])
        await sql`insert into model (name, name_key, tags, properties, aliases, version_count, live, last_number, created_at, created_by,
          updated_at, etag) values (${model}, ${model}, '{}', '{}', '{}', 5, '{}', 5, 0, 'a', 0, 1)`.execute(db.write);
      // 2 and then 1 came back when there were three; 4 was made later, 5 never was one since.
      const times = { 1: 7, 2: 5, 3: 4, 4: 9, 5: 8 };
      for (const model_id of [1, 2])
        for (const [number, since] of Object.entries(times))
          await sql`insert into version (model_id, number, status, status_since, state, size_bytes, artifact_count, verdict, tags,
            properties, aliases, metrics, created_at, created_by, updated_at, etag)
            values (${model_id}, ${Number(number)}, ${number === '5' ? 'production' : 'draft'}, ${since}, 'open', 0, 0, 'unknown', '{}',
            '{}', '[]', '{}', 0, 'a', 0, 1)`.execute(db.write);
      await migrate(db);
      const inOrder = async (model_id: number) => [
        await liveNumbers(db.read, model_id, 'draft'),
        await liveNumbers(db.read, model_id, 'draft', 2),
        await liveNumbers(db.read, model_id, 'production'),
      ];
      expect(await inOrder(1)).toEqual([[4, 1, 2, 3], [4, 1], [5]]);
      expect(await inOrder(2)).toEqual(await inOrder(1));
    } finally {
      await remove();
    }
  });
});
