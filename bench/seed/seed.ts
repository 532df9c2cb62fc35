import { sql, type Transaction } from 'kysely';
import { loadConfig } from '../../packages/server/src/config/load.ts';
import type { Artifact } from '../../packages/server/src/contract/artifact.ts';
import type { Database } from '../../packages/server/src/db/database.ts';
import type { Tables } from '../../packages/server/src/db/tables.ts';
import type { Ledger } from '../../packages/server/src/events/ledger.ts';
import type { Entry } from '../../packages/server/src/events/log.ts';
import { openRegistry } from '../../packages/server/src/main.ts';
import type { Registry } from '../../packages/server/src/registry/registry.ts';
import { createBulk } from './bulk.ts';
import { FILES } from './files.ts';
import { createHistory, type Fate, type Line } from './history.ts';
import { EACH, MANY, type Shape } from './shape.ts';

const START = Date.UTC(2025, 0, 1);
const STEP_MS = 1_000;
const VERSIONS_TOGETHER = 2_000;
/** A checkpoint is kept for each run of a thousand events, as a server does. */
const EVENTS_TOGETHER = 1_000;

/** Fills an empty installation. `database` is empty for SQLite in the data folder. */
export async function seed(data: string, database: string, shape: Shape): Promise<void> {
  let at = START;
  const tick = () => {
    at += STEP_MS;
    return at;
  };
  const config = loadConfig({ flags: { data, database, log_level: 'warn' } });
  const { registry, db, ledger, close } = await openRegistry(config, { now: tick });
  try {
    const files = await keepFiles(registry);
    const restoreIndexes = await dropIndexes(db);
    if (db.name === 'sqlite') await sql`pragma foreign_keys = off`.execute(db.write);
    await write(db, ledger, files, shape, tick);
    await restoreIndexes();
    await settle(db);
  } finally {
    await close();
  }
}

/** The one model that is made by the registry itself: its version holds the bytes that all others share. */
async function keepFiles(registry: Registry): Promise<Artifact[]> {
  const caller = { actor: { name: 'seed', verified: false }, request_id: 'seed' };
  await registry.models.register(caller, { name: 'shared-files' });
  await registry.versions.create(caller, 'shared-files', {});
  const files: Artifact[] = [];
  for (const { path, bytes } of FILES) {
    const slot = { model: 'shared-files', ref: '1', path };
    const body = (async function* () {
      yield bytes;
    })();
    files.push((await registry.artifacts.upload(caller, slot, body, {})).artifact);
  }
  await registry.versions.seal(caller, 'shared-files', '1');
  return files;
}

/** Versions come in rounds over all models, as in life: those of one model do not lie side by side. */
async function write(
  db: Database,
  ledger: Ledger,
  files: readonly Artifact[],
  shape: Shape,
  tick: () => number,
): Promise<void> {
  const bulk = createBulk(db.name);
  let entries: Entry[] = [];
  const history = createHistory({
    dialect: db.name,
    bulk,
    files,
    record: (entry) => void entries.push(entry),
    tick,
    ids: { model: 1, version: 1 },
  });
  const flush = () =>
    db.write.transaction().execute(async (tx) => {
      await ignoreForeignKeys(tx, db);
      await db.lockLedger(tx);
      await bulk.flush(tx);
      for (let from = 0; from < entries.length; from += EVENTS_TOGETHER)
        await ledger.append(tx, entries.slice(from, from + EVENTS_TOGETHER));
      entries = [];
    });
  let waiting = 0;
  const lines: Line[] = [];
  const add = async (line: Line, fate: Fate) => {
    history.addVersion(line, fate);
    waiting += 1;
    if (waiting % VERSIONS_TOGETHER === 0) await flush();
  };
  for (let i = 0; i < shape.models; i += 1) lines.push(history.register(i));
  const many = shape.many > 0 ? history.register(shape.models, MANY) : undefined;
  for (let round = 1; round <= EACH; round += 1) {
    for (const line of lines) await add(line, FATES[EACH - round] ?? 'draft');
    for (let n = shape.many / EACH; many && n > 0; n -= 1)
      await add(many, round === EACH ? (FATES[n - 1] ?? 'draft') : 'draft');
  }
  for (const line of many ? [...lines, many] : lines) history.finish(line);
  await flush();
}

/** What becomes of the newest version of a model, of the one before it, and so on; the others are sealed drafts. */
const FATES: readonly Fate[] = ['open', 'staging', 'production', 'archived'];

/** A model's row is written after those of its versions. */
async function ignoreForeignKeys(tx: Transaction<Tables>, db: Database): Promise<void> {
  if (db.name === 'postgres') await sql`set local session_replication_role = replica`.execute(tx);
}

/** Building an index at the end takes a fraction of the time of keeping it. */
async function dropIndexes(db: Database): Promise<() => Promise<void>> {
  const { rows } =
    db.name === 'sqlite'
      ? await sql<Index>`select name, sql as text from sqlite_master where type = 'index' and sql is not null`.execute(
          db.write,
        )
      : await sql<Index>`select indexname as name, indexdef as text from pg_indexes where schemaname = 'public'
          and indexname not in (select conname from pg_constraint)`.execute(db.write);
  for (const { name } of rows) await sql`drop index ${sql.ref(name)}`.execute(db.write);
  return async () => {
    for (const { text } of rows) await sql.raw(text).execute(db.write);
  };
}
interface Index {
  name: string;
  text: string;
}

/** Leaves the database as one that has been running for a while. */
async function settle(db: Database): Promise<void> {
  if (db.name === 'sqlite') {
    await sql`pragma wal_checkpoint(truncate)`.execute(db.write);
    return;
  }
  for (const table of ['model', 'version'])
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), (select max(id) from ${sql.table(table)}))`.execute(
      db.write,
    );
  await sql`vacuum analyze`.execute(db.write);
}
