import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { migrate, STEPS, schemaOf } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { postgresSchema } from '../support/databases.ts';
import { startServer } from '../support/server-process.ts';
import { troubles } from '../support/troubles.ts';
import { send } from './client.ts';
import { rounds, spread, told } from './rounds.ts';
import { ALL_KINDS, mayBuild, openShim } from './shim/shim.ts';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, 'migrate-until.ts');

const kinds = {
  sqlite: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assayer-migration-'));
    return { url: `sqlite:${join(folder, 'assayer.db')}`, schema: '', drop: () => rm(folder, { recursive: true }) };
  },
  postgres: postgresSchema,
};

for (const [name, make] of Object.entries(kinds))
  describe(`a migration on ${name}`, () => {
    it('D10 a migration killed at any statement leaves a database that the old or the new program opens', async () => {
      /** From nothing, and from each released schema before the present one. */
      for (let released = 0; released < STEPS.length; released += 1) {
        const old = STEPS.slice(0, released);
        const shapes = new Set<string>();
        const attempt = async (at: number) => {
          const { url, schema, drop } = await make();
          const open = () => openDatabase(url, { connections: 1, ...(schema && { schema }) });
          const before = await open();
          await migrate(before, old);
          await before.close();
          const told = await run(process.execPath, [PROGRAM, url, schema, `${at}`]).catch(({ signal }) => {
            expect(signal).toBe('SIGKILL');
          });
          const after = await open();
          // Whoever comes next finds a whole step: the old program its own, or the new one a state that it goes on from.
          const [toOld, toNew] = [await schemaOf(after, old), await schemaOf(after)];
          expect(['empty', 'current'].includes(toOld) || ['older', 'current'].includes(toNew)).toBe(true);
          await migrate(after);
          shapes.add(await shapeOf(after));
          expect(await migrate(after)).toEqual([]);
          await after.close();
          await drop();
          return Number(told?.stdout);
        };
        const statements = await attempt(0);
        for (const at of spread(statements, rounds(statements, 3))) await attempt(at);
        expect(shapes.size).toBe(1);
        told(`${name}: ${statements} statements from ${old.at(-1)?.name ?? 'nothing'} to ${STEPS.at(-1)?.name}`);
      }
    }, 1_200_000);
  });

/** Every table, column and index, as text. */
async function shapeOf(db: Database): Promise<string> {
  const query =
    db.name === 'sqlite'
      ? sql`select type, name, sql from sqlite_master order by name`
      : sql`select table_name, column_name, data_type, collation_name, is_nullable, column_default
            from information_schema.columns where table_schema = current_schema()
            union all select tablename, indexname, replace(indexdef, current_schema(), ''), '', '', ''
            from pg_indexes where schemaname = current_schema() order by 1, 2`;
  return JSON.stringify((await query.execute(db.read)).rows);
}

it.skipIf(!mayBuild)(
  'D10 a server killed within any call of its first start is started again (needs gcc)',
  async () => {
    const attempt = async (at: number) => {
      const data = await mkdtemp(join(tmpdir(), 'assayer-first-'));
      const shim = openShim(data);
      const start = () => startServer(['--data', data, '--reserve-bytes', '0'], shim.env);
      shim.arm({ kinds: ALL_KINDS, error: 'kill', at });
      await start().then(
        (server) => server.kill(),
        () => {},
      );
      const { calls, failed } = shim.disarm();
      const server = await start();
      expect((await send(server.url, 'POST', '/models', { name: 'm' })).status, failed).toBe(201);
      expect(await server.stop()).toBe(0);
      expect(await troubles(data), failed).toEqual([]);
      shim.remove();
      await rm(data, { recursive: true });
      return calls;
    };
    const calls = await attempt(0);
    for (const at of spread(calls, rounds(Math.min(calls, 200), 5))) await attempt(at);
    told(`a first start makes ${calls} calls`);
  },
  1_200_000,
);
