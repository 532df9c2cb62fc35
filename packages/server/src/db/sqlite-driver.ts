import type Sqlite from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type QueryResult,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from 'kysely';
import { allowDirect } from './direct.ts';
import type { SharedReads } from './shared-reads.ts';
import { isFull } from './sqlite-errors.ts';
import type { Soundness } from './suspect.ts';
import type { Tables } from './tables.ts';
import type { WalCheckpoints } from './wal-checkpoints.ts';

const STATEMENTS_KEPT = 500;

/** What is noted of the connection that writes. */
export interface Writing {
  soundness: Soundness;
  writes: { count: number };
  /** Of the connection that reads beside it. */
  reads?: SharedReads | undefined;
  /** Undefined in memory. */
  checkpoints?: WalCheckpoints | undefined;
}

/** Queries over a connection; its statements stay prepared. `reads`: of one that reads alone, what these stand in. */
export function queriesOf(db: Sqlite.Database, writing?: Writing, reads?: SharedReads): Kysely<Tables> {
  const kept = new Map<string, Watched>();
  const prepare = (text: string) => {
    const found = kept.get(text);
    if (found) return found;
    if (kept.size >= STATEMENTS_KEPT) kept.delete(kept.keys().next().value as string);
    const prepared = db.prepare(plannedOnce(text));
    const statement = writing ? watched(prepared, writing) : prepared;
    kept.set(text, statement);
    return statement;
  };
  const cached = { prepare, close: () => db.close() };
  const queries = new Kysely<Tables>({
    dialect: new ImmediateDialect({ database: cached as never }, writing),
  });
  const direct = {
    executeQuery<O>(query: CompiledQuery<O>): QueryResult<O> {
      reads?.begin();
      return run(prepare(query.sql), query.parameters);
    },
  };
  // Where nobody writes over this connection, no read has to wait for the end of somebody's transaction.
  allowDirect(queries, (on) => (db.readonly || on.isTransaction ? direct : undefined));
  return queries;
}

/**
 * SQLite plans a statement anew whenever a parameter is bound whose value its planner looked at, as it does to what a
 * column must equal and to limits (where.c, `whereLoopOutputAdjust`): that takes longer than most statements. A unary plus
 * changes no value, and it does not look behind one.
 */
function plannedOnce(text: string): string {
  return text.replaceAll(/(?<= (?:=|is|limit) )\?/gi, '+?');
}

/** As Kysely's own connection has it. */
function run<O>(statement: Watched, parameters: readonly unknown[]): QueryResult<O> {
  if (statement.reader) return { rows: statement.all(parameters) as O[] };
  const { changes, lastInsertRowid } = statement.run(parameters);
  return { rows: [], insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes) };
}

type Watched = Pick<Sqlite.Statement, 'reader' | 'all' | 'run' | 'iterate'>;

function watched(statement: Sqlite.Statement, { soundness, writes, reads, checkpoints }: Writing): Watched {
  const written = statement.readonly ? 0 : 1;
  const watch = <T>(body: () => T): T => {
    writes.count += written;
    reads?.end();
    try {
      return soundness.watch(body);
    } catch (error) {
      if (isFull(error)) checkpoints?.noRoom();
      throw error;
    }
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
  readonly #writing: Writing | undefined;
  constructor(config: SqliteDialectConfig, writing: Writing | undefined) {
    super(config);
    this.#writing = writing;
  }
  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await super.commitTransaction(connection);
    this.#writing?.checkpoints?.between();
  }
  /** SQLite itself rolls back when the disk is full or fails. Saying so must not hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!(error instanceof Error && /no transaction is active/.test(error.message))) throw error;
    }
    this.#writing?.checkpoints?.between();
  }
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    this.#writing?.soundness.assertSound();
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

class ImmediateDialect extends SqliteDialect {
  readonly #driver: () => ImmediateDriver;
  constructor(config: SqliteDialectConfig, writing: Writing | undefined) {
    super(config);
    this.#driver = () => new ImmediateDriver(config, writing);
  }
  override createDriver(): ImmediateDriver {
    return this.#driver();
  }
}
