import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  sql,
} from 'kysely';
import type { Database } from './database.ts';
import { lightSavepoint, savepointOf } from './savepoint.ts';
import { createSoundness, DatabaseSuspect, type Soundness } from './suspect.ts';
import type { Tables } from './tables.ts';

/** SQLite before this version can lose acknowledged commits in WAL mode with two connections (the WAL-reset flaw). */
const OLDEST = [3, 51, 3] as const;
const STATEMENTS_KEPT = 500;
const MOVE = [CompiledQuery.raw('release savepoint one'), CompiledQuery.raw('savepoint one')];

export class DatabaseRefused extends Error {
  override name = 'DatabaseRefused';
}

/** Opens `file`, in a folder that is there, (or `:memory:`) with WAL, `synchronous=FULL` and foreign keys, and asserts that they took. */
export function openSqlite(file: string, options: { exclusive?: boolean } = {}): Database {
  const memory = file === ':memory:';
  if (!memory) {
    // What a large transaction or sort spills stays beside the database: /tmp may be small, or read-only as in a container.
    // SQLite looks at this once, when the process opens its first database.
    process.env.SQLITE_TMPDIR ??= dirname(file);
  }
  const lock = !memory && options.exclusive ? lockFile(file) : undefined;
  const writer = privately(() => new Sqlite(file));
  try {
    assertVersion(writer);
    settle(writer, memory);
    assertWhole(writer);
    if (options.exclusive) emptyLog(writer);
  } catch (error) {
    writer.close();
    lock?.close();
    throw asRefusal(error);
  }
  const soundness = createSoundness(isLoss);
  const writes = { count: 0 };
  const write = open(writer, { soundness, writes });
  // A second, read-only connection sees only what is committed. In memory there is but one connection.
  const read = memory ? write : open(readOnly(file));
  return {
    name: 'sqlite',
    read,
    write,
    lockLedger: async () => {},
    // A real one has every page that changes written into a journal of its own, which costs more than the change.
    savepoint: (tx, light) => (light ? lightSavepoint(() => writes.count) : savepointOf(tx, MOVE)),
    isDuplicate: (error) => /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(codeOf(error)),
    isRetryable: (error) => codeOf(error).startsWith('SQLITE_BUSY'),
    isAway: (error) => error instanceof DatabaseSuspect || /^SQLITE_(CANTOPEN|IOERR)/.test(codeOf(error)),
    isFull,
    async check() {
      soundness.assertSound();
      await sql`select 1 from sqlite_schema limit 1`.execute(read);
    },
    async close() {
      if (!memory) await read.destroy();
      await write.destroy();
      lock?.close();
    },
  };
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

function isFull(error: unknown): boolean {
  return /^SQLITE_(FULL|IOERR_SHMSIZE)$/.test(codeOf(error));
}

/** After these, bytes that were written before may not be on the disk either. */
function isLoss(error: unknown): boolean {
  return /^SQLITE_IOERR_(WRITE|FSYNC|DIR_FSYNC|TRUNCATE)$/.test(codeOf(error));
}

function assertVersion(db: Sqlite.Database): void {
  const version = db.prepare('select sqlite_version()').pluck().get() as string;
  const parts = version.split('.').map(Number);
  for (const [i, least] of OLDEST.entries()) {
    const part = parts[i] ?? 0;
    if (part > least) return;
    if (part < least)
      throw new DatabaseRefused(`SQLite ${version} can lose commits; ${OLDEST.join('.')} or later is needed`);
  }
}

/** Up to this size every page is looked at when the database is opened; of a larger one `assayer doctor` does it. */
const LOOKED_AT_BYTES = 64 * 1024 * 1024;

function assertWhole(db: Sqlite.Database): void {
  const pages = db.pragma('page_count', { simple: true }) as number;
  const size = db.pragma('page_size', { simple: true }) as number;
  if (pages * size > LOOKED_AT_BYTES) return;
  const found = db.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw new DatabaseRefused(DAMAGED);
}

const DAMAGED =
  'the SQLite database is damaged; nothing was changed. Keep a copy of it, look at it with "assayer doctor", and restore a backup';

function asRefusal(error: unknown): unknown {
  const code = codeOf(error);
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return new DatabaseRefused(DAMAGED);
  if (code.startsWith('SQLITE_CANTOPEN'))
    return new DatabaseRefused('the SQLite database cannot be opened: check the path, and who may read it');
  return error;
}

function settle(db: Sqlite.Database, memory: boolean): void {
  db.pragma('busy_timeout = 5000');
  if (!memory) db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  // Pages that change again and again are copied into the file once for so many, with its two syncs: 16 MiB of log.
  db.pragma('wal_autocheckpoint = 4000');
  db.pragma('trusted_schema = OFF');
  db.pragma('cache_size = -65536');
  const journal = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  const foreignKeys = db.pragma('foreign_keys', { simple: true });
  if ((journal !== 'wal' && !memory) || synchronous !== 2 || foreignKeys !== 1)
    throw new DatabaseRefused(
      `SQLite did not take its settings: journal_mode ${journal}, synchronous ${synchronous}, foreign_keys ${foreignKeys}`,
    );
}

/**
 * What a crash left in the log goes into the database file before anything is added to it: after a failed fsync the log
 * may be whole in memory and not on the disk, and commits that follow there would be lost with it.
 */
function emptyLog(db: Sqlite.Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // Reads can be served without space; commits will say that there is none.
    if (!isFull(error)) throw error;
  }
}

function readOnly(file: string): Sqlite.Database {
  const db = new Sqlite(file, { readonly: true });
  db.pragma('busy_timeout = 5000');
  db.pragma('trusted_schema = OFF');
  db.pragma('cache_size = -65536');
  return db;
}

/** Files that are made on the way are for this user alone. */
function privately<T>(open: () => T): T {
  const old = process.umask(0o077);
  try {
    return open();
  } finally {
    process.umask(old);
  }
}

/**
 * One process at a time: an exclusive transaction on a file beside the database, held while the server lives.
 * The operating system lets go of it whatever ends the process, so there is nothing stale to clean.
 */
function lockFile(file: string): Sqlite.Database {
  const lock = privately(() => new Sqlite(`${file}.lock`, { timeout: 0 }));
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (!codeOf(error).startsWith('SQLITE_BUSY')) throw error;
    throw new DatabaseRefused(
      'another Assayer server has this SQLite database open; stop it first, or use PostgreSQL for several servers',
    );
  }
  return lock;
}

/** What is noted of the connection that writes. */
interface Writing {
  soundness: Soundness;
  writes: { count: number };
}

function open(db: Sqlite.Database, writing?: Writing): Kysely<Tables> {
  const kept = new Map<string, Watched>();
  const prepare = (text: string) => {
    const found = kept.get(text);
    if (found) return found;
    if (kept.size >= STATEMENTS_KEPT) kept.delete(kept.keys().next().value as string);
    const statement = writing ? watched(db.prepare(text), writing) : db.prepare(text);
    kept.set(text, statement);
    return statement;
  };
  const cached = { prepare, close: () => db.close() };
  return new Kysely<Tables>({ dialect: new ImmediateDialect({ database: cached as never }, writing?.soundness) });
}

type Watched = Pick<Sqlite.Statement, 'reader' | 'all' | 'run' | 'iterate'>;

function watched(statement: Sqlite.Statement, { soundness, writes }: Writing): Watched {
  const written = statement.readonly ? 0 : 1;
  const watch = <T>(body: () => T): T => {
    writes.count += written;
    return soundness.watch(body);
  };
  return {
    reader: statement.reader,
    all: (parameters) => watch(() => statement.all(parameters)),
    run: (parameters) => watch(() => statement.run(parameters)),
    iterate: (parameters) => statement.iterate(parameters),
  };
}

/** `begin immediate` instead of a plain `begin`: two writers never meet in mid-transaction. None begins after a failed write. */
class ImmediateDriver extends SqliteDriver {
  readonly #soundness: Soundness | undefined;
  constructor(config: SqliteDialectConfig, soundness: Soundness | undefined) {
    super(config);
    this.#soundness = soundness;
  }
  /** SQLite itself rolls back when the disk is full or fails. Saying so must not hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!(error instanceof Error && /no transaction is active/.test(error.message))) throw error;
    }
  }
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    this.#soundness?.assertSound();
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

class ImmediateDialect extends SqliteDialect {
  readonly #driver: () => ImmediateDriver;
  constructor(config: SqliteDialectConfig, soundness: Soundness | undefined) {
    super(config);
    this.#driver = () => new ImmediateDriver(config, soundness);
  }
  override createDriver(): ImmediateDriver {
    return this.#driver();
  }
}
