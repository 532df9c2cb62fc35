import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { migrate, ranSteps, STEPS, schemaOf } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { DATA } from '../install/released/release.ts';
import { postgresDatabase } from '../support/databases.ts';
import { startServer } from '../support/server-process.ts';
import { troubles } from '../support/troubles.ts';
import { getJson, send } from './client.ts';
import { rounds, spread, told } from './rounds.ts';
import { ALL_KINDS, mayBuild, openShim } from './shim/shim.ts';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, 'migrate-until.ts');
/** So many events that a migration makes spans of them, and in the whole suite spans of spans. */
const EVENTS = rounds(66_000, 600);

/** What the first release left behind, unpacked. */
let release: string;
beforeAll(async () => {
  release = await mkdtemp(join(tmpdir(), 'assayer-release-'));
  await run('tar', ['-xzf', DATA, '-C', release]);
});
afterAll(() => rm(release, { recursive: true }));

const kinds = {
  sqlite: async (filled: boolean) => {
    const folder = await mkdtemp(join(tmpdir(), 'assayer-migration-'));
    const file = join(folder, 'assayer.db');
    if (filled) await cp(join(release, 'sqlite', 'assayer.db'), file);
    return { url: `sqlite:${file}`, drop: () => rm(folder, { recursive: true }) };
  },
  postgres: async (filled: boolean) => {
    const { url, drop } = await postgresDatabase();
    if (filled) {
      const db = await openDatabase(url, { connections: 1 });
      await sql.raw(await readFile(join(release, 'postgres', 'rows.sql'), 'utf8')).execute(db.write);
      await db.close();
    }
    return { url, drop };
  },
};

for (const [name, make] of Object.entries(kinds))
  describe(`a migration on ${name}`, () => {
    // From nothing, and from the data of each schema before the present one.
    for (const [from, old] of STEPS.map((_, released) => [released, STEPS.slice(0, released)] as const))
      it(`D10 a migration killed at any statement leaves a database that the old or the new program opens, from ${old.at(-1)?.name ?? 'nothing'} on`, async () => {
        /** A database as the old program left it. */
        const prepared = async () => {
          const { url, drop } = await make(from > 0);
          const open = () => openDatabase(url, { connections: 1 });
          const before = await open();
          if (from > 0) await addEvents(before);
          await migrate(before, old);
          await before.close();
          return { url, open, drop };
        };
        /** What it holds after each number of whole steps. */
        const whole = new Map<number, Contents>();
        const reference = await prepared();
        const untouched = await reference.open();
        for (let steps = from; steps <= STEPS.length; steps += 1) {
          await migrate(untouched, STEPS.slice(0, steps));
          whole.set(steps, await contentsOf(untouched));
        }
        await untouched.close();
        await reference.drop();
        if (from > 0)
          expect(whole.get(STEPS.length)).toMatchObject({
            backlog: expect.stringMatching(/^2 rows/),
            event_span: expect.stringMatching(/^[1-9]\d* rows/),
          });

        const attempt = async (at: number) => {
          const { url, open, drop } = await prepared();
          const told = await run(process.execPath, [PROGRAM, url, '', `${at}`]).catch(({ signal }) => {
            expect(signal).toBe('SIGKILL');
          });
          const after = await open();
          const ran = (await ranSteps(after.read)) ?? [];
          expect(await contentsOf(after), `killed before statement ${at}`).toEqual(whole.get(ran.length));
          expect(await schemaOf(after)).toBe(
            ran.length === STEPS.length ? 'current' : ran.length > 0 ? 'older' : 'empty',
          );
          await migrate(after);
          expect(await contentsOf(after), `gone on with from ${ran.at(-1)}`).toEqual(whole.get(STEPS.length));
          expect(await migrate(after)).toEqual([]);
          await after.close();
          await drop();
          return Number(told?.stdout);
        };
        const statements = await attempt(0);
        for (const at of spread(statements, rounds(statements, 3))) await attempt(at);
        told(`${name}: ${statements} statements from ${old.at(-1)?.name ?? 'nothing'} to ${STEPS.at(-1)?.name}`);
      }, 1_200_000);
  });

/** Events of no consequence, until there are `EVENTS`. */
async function addEvents(db: Database): Promise<void> {
  const numbers =
    db.name === 'sqlite'
      ? sql`with recursive n (seq) as (select max(seq) + 1 from event union all select seq + 1 from n where seq < ${EVENTS})`
      : sql`with n (seq) as (select generate_series((select max(seq) + 1 from event), ${EVENTS}))`;
  await sql`${numbers} insert into event (seq, at, type, actor, subject, request_id, line, leaf)
    select n.seq, one.at + n.seq * 7919 % 1000003, one.type, one.actor, one.subject, one.request_id, one.line, one.leaf
    from n, event as one where one.seq = 1`.execute(db.write);
}

/** The shape of a database, and for each table how many rows it has and their digest. */
type Contents = Record<string, string>;

/** When a step ran is another time in each run, and so is what it made. */
const TIMELESS: Record<string, string> = {
  migration: 'name',
  experiment: 'id, name, artifact_location, lifecycle_stage',
};

async function contentsOf(db: Database): Promise<Contents> {
  const tables =
    db.name === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_master where type = 'table' order by name`
      : sql<{ name: string }>`select table_name as name from information_schema.tables
          where table_schema = current_schema() order by table_name`;
  const contents: Contents = { shape: await shapeOf(db) };
  for (const { name } of (await tables.execute(db.read)).rows) {
    const columns = sql.raw(TIMELESS[name] ?? '*');
    const { rows } = await sql`select ${columns} from ${sql.table(name)}`.execute(db.read);
    const sorted = rows.map((row) => JSON.stringify(row)).sort();
    contents[name] = `${rows.length} rows, ${createHash('sha256').update(sorted.join('\n')).digest('hex')}`;
  }
  return contents;
}

/** Every table, column and index, as text. */
async function shapeOf(db: Database): Promise<string> {
  const query =
    db.name === 'sqlite'
      ? sql`select type, name, sql from sqlite_master order by name`
      : sql`select table_name, column_name, data_type, collation_name, is_nullable, column_default
            from information_schema.columns where table_schema = current_schema()
            union all select tablename, indexname, indexdef, '', '', ''
            from pg_indexes where schemaname = current_schema() order by 1, 2`;
  return JSON.stringify((await query.execute(db.read)).rows);
}

for (const from of ['nothing', 'the data of the first release'])
  it.skipIf(!mayBuild)(
    `D10 a server killed within any call of its first start, on ${from}, is started again (needs gcc)`,
    async () => {
      const attempt = async (at: number) => {
        const data = await mkdtemp(join(tmpdir(), 'assayer-first-'));
        if (from !== 'nothing') await cp(join(release, 'sqlite'), data, { recursive: true });
        const shim = openShim(data);
        const start = () => startServer(['--data', data, '--reserve-bytes', '0', '--trash-days', '36500'], shim.env);
        shim.arm({ kinds: ALL_KINDS, error: 'kill', at });
        const first = await start().catch((error: Error) => {
          expect(error.message).toContain('ended with null');
        });
        await first?.kill();
        const { calls, failed } = shim.disarm();
        if (first === undefined) expect(failed).toBeDefined();
        const server = await start();
        expect((await send(server.url, 'POST', '/models', { name: 'm' })).status, failed).toBe(201);
        const { items } = await getJson(server.url, '/versions?q=churn');
        expect(items, failed).toHaveLength(from === 'nothing' ? 0 : 2);
        expect(await server.stop()).toBe(0);
        expect(await troubles(data), failed).toEqual([]);
        shim.remove();
        await rm(data, { recursive: true });
        return calls;
      };
      const calls = await attempt(0);
      for (const at of spread(calls, rounds(Math.min(calls, 200), 5))) await attempt(at);
      told(`a first start on ${from} makes ${calls} calls`);
    },
    1_200_000,
  );
