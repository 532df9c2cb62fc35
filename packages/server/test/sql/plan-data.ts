import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { seed } from '../../../../bench/seed/seed.ts';
import type { Database } from '../../src/db/database.ts';
import { openDatabase } from '../../src/db/open.ts';
import type { Tables } from '../../src/db/tables.ts';
import { postgresDatabase } from '../support/databases.ts';
import { fillEvidence } from './plan-evidence.ts';
import { fillTracked } from './plan-tracked.ts';

/** Models of ten versions, and one of more than are gathered at once. */
const SHAPE = { versions: 6_000, models: 300, many: 3_000 };

/** An installation of some size, in a database of its own that plans as one in operation does. */
export async function fill(dialect: Database['name']): Promise<{ open(): Promise<Database>; remove(): Promise<void> }> {
  const data = await mkdtemp(join(tmpdir(), 'assayer-plans-'));
  const postgres = dialect === 'postgres' ? await postgresDatabase() : undefined;
  // Evidence is filled in below, with more of it.
  await seed(data, postgres?.url ?? '', SHAPE, async () => {});
  const open = () => openDatabase(postgres?.url ?? `sqlite:${join(data, 'assayer.db')}`, { connections: 4 });
  const db = await open();
  await fillTracked(db);
  await fillEvidence(db);
  await db.close();
  if (postgres) await settle(open);
  return {
    open,
    async remove() {
      await postgres?.drop();
      await rm(data, { recursive: true });
    },
  };
}

/**
 * PostgreSQL plans by statistics, and reads a table whole that is small: so there is more of some. All rows are looked
 * at, for the statistics to be the same each time, and nobody takes others.
 */
async function settle(open: () => Promise<Database>): Promise<void> {
  const db = await open();
  await db.write.connection().execute(async (one) => {
    await sql`set session_replication_role = replica`.execute(one);
    for (const [table, times] of Object.entries(COPIES)) await copy(one, table, times);
    await sql`insert into model_state select 1000000 + n, 64, '{}' from generate_series(1, 20000) as n`.execute(one);
    const hex = "encode(sha256(cast(cast(n as text) as bytea)), 'hex')";
    for (const files of [
      `file (path, path_key, size_bytes, sha256, updated_at) select 'swept/' || n, null, 1, ${hex}, 0`,
      `file_upload (upload_id, path, parts, expires_at, sha256) select 'swept ' || n, 'swept/' || n, 1, ${Number.MAX_SAFE_INTEGER}, null`,
      `file_part (upload_id, part_number, sha256, size_bytes) select 'swept ' || n, 1, ${hex}, 1`,
    ])
      await sql.raw(`insert into ${files} from generate_series(1, 20000) as n`).execute(one);
    await sql`insert into evaluated_dataset (name, digest, evaluation_count, version_count, first_at, last_at, recency)
      select 'filler ' || n, '', 1, 1, 0, 0, 1 from generate_series(1, 20000) as n`.execute(one);
    await sql`insert into evaluation (version_id, model_id, number, dataset_id, at, recorded_at, recorded_by, metrics,
      intervals, slices, tags) select 1000000 + n, 1000000 + n, 1, 1000000 + n, 0, 0, '', '{}', '{}', '[]', '{}'
      from generate_series(1, 20000) as n`.execute(one);
    await sql`insert into latest_point (version_id, name, step, at, value, is_nan, points)
      select 1000000 + n, 'auc', 0, 0, 0, 0, 1 from generate_series(1, 20000) as n`.execute(one);
    await sql`insert into metric_point (version_id, name, step, at, value, is_nan)
      select 1000000 + n, 'auc', 0, 0, 0, 0 from generate_series(1, 20000) as n`.execute(one);
    await sql`insert into metric_definition (name, updated_at, updated_by, etag)
      select 'filler ' || n, 0, '', 1 from generate_series(1, 20000) as n`.execute(one);
    await sql`insert into policy (model_id, version, doc, at, by)
      select 1000000 + n, 1, '{}', 0, 'ada' from generate_series(1, 20000) as n`.execute(one);
    await sql`insert into promotion (model_id, number, target, state, etag, doc, requested_at, expires_at)
      select 1000000 + n, 1, 'staging', case n % 200 when 0 then 'waiting' when 1 then 'rejected' else 'executed' end, 1, ${PROMOTION}, 0,
        ${Date.UTC(2100, 0)} from generate_series(1, 20000) as n`.execute(one);
    await sql`insert into condemned select 'swept ' || n, 0, ${Number.MAX_SAFE_INTEGER} from generate_series(1, 20000) as n`.execute(
      one,
    );
    await sql`update artifact set sha256 = encode(sha256(cast(cast(id as text) as bytea)), 'hex') where id % 3 > 0`.execute(
      one,
    );
    const { rows } = await sql<{ name: string }>`select relname as name from pg_class
      where relkind = 'r' and relnamespace = current_schema()::regnamespace`.execute(one);
    for (const { name } of rows) await sql`alter table ${sql.table(name)} set (autovacuum_enabled = off)`.execute(one);
    await sql`set default_statistics_target = 1000`.execute(one);
    await sql`vacuum analyze`.execute(one);
  });
  await db.close();
}

const PROMOTION = JSON.stringify({ action: 'promotion', to: 'staging', by: 'ada', approvals: [], checks: [] });
const COPIES = { name_use: 25, model: 25, model_facet: 25, model_text: 25, inspection: 1_000, ledger_tile: 50 };
/** What makes a copy another row. */
const OWN: Record<string, (column: string) => string> = {
  id: (column) => `${column} + copy * 1000000`,
  model_id: (column) => `${column} + copy * 1000000`,
  position: (column) => `${column} + copy * 1000000`,
  name: (column) => `'~' || copy || ${column}`,
  name_key: (column) => `'~' || copy || ${column}`,
  sha256: (column) => `copy || ${column}`,
};

async function copy(db: Kysely<Tables>, table: string, times: number): Promise<void> {
  const { rows } = await sql<{ name: string }>`select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = ${table}`.execute(db);
  const columns = rows.map(({ name }) => name);
  const values = columns.map((name) => OWN[name]?.(name) ?? name);
  const copies = `insert into ${table} (${columns}) overriding system value
    select ${values} from ${table}, generate_series(1, ${times - 1}) as copy`;
  await sql.raw(copies).execute(db);
}
