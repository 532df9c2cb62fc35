import { CompiledQuery, type DatabaseConnection, Kysely, PostgresDialect, type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import type { Database, Writer } from './database.ts';
import { allowDirect } from './direct.ts';
import { ADVISORY_LOCK } from './migrate.ts';
import { driverConfig } from './postgres-address.ts';
import { preparedName } from './prepared.ts';
import { lightSavepoint, savepointOf } from './savepoint.ts';
import { shareConnection } from './shared-connection.ts';
import type { Tables } from './tables.ts';

const INT8 = 20;
const FEW_CONNECTIONS = 3;
/** In one message: each costs a round trip. */
const MOVE = [CompiledQuery.raw('release savepoint one; savepoint one')];
/** Class 57: the server goes away, refuses, or cut a statement off; 08: connection trouble; 25006: a standby; 58030: its disk fails (PostgreSQL, appendix A). */
const AWAY = /^(08...|57P0[123]|57014|25006|53300|58030|E(CONN|HOST|NET|PIPE|PROTO|TIMEDOUT)\w*|ERR_SSL_\w+)$/;

/** Also one that makes several writes, see `writeTogether`. */
const WRITES = /^\s*(with write_1 as \()?(insert|update|delete)\b/i;

/**
 * Sees every query of a connection. One that was prepared gets a name, so that the server parses and plans it once. What
 * writes is counted, and what fails, since that ends a transaction too. A connection on which an answer failed to come
 * in time is of no more use: it is closed, and the pool takes another.
 */
function watch(client: pg.PoolClient, writes: { count: number }): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  client.query = ((...args: unknown[]) => {
    const [text, values] = args;
    const name = typeof text === 'string' ? preparedName(text) : undefined;
    if (typeof text === 'string' && WRITES.test(text)) writes.count += 1;
    const answer = name ? query({ name, text, values }) : query(...args);
    if (answer instanceof Promise)
      answer.catch((error: unknown) => {
        writes.count += 1;
        if (messageOf(error) === 'Query read timeout') stream.destroy();
      });
    return answer;
  }) as typeof client.query;
}

/** Opens a pool. Numbers come back as numbers: no count or time of ours passes 2^53. */
export function openPostgres(
  url: string,
  options: { connections?: number; schema?: string; statementMs?: number } = {},
): Database {
  const { statementMs = 60_000 } = options;
  const pool = new pg.Pool({
    ...driverConfig(url, options.schema, statementMs),
    max: options.connections ?? 10,
    // What is sent need not be waited for, see `send`.
    pipeline: true,
    connectionTimeoutMillis: 10_000,
    // A connection that went silent: the server's own bound does not reach us then.
    query_timeout: statementMs + 5_000,
    keepAlive: true,
    idleTimeoutMillis: 30_000,
    application_name: 'assayer',
    types: {
      getTypeParser: ((oid: number, format?: 'text') =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as never,
    },
  });
  // An idle connection that breaks is taken out of the pool by the driver; without a listener it would end the process.
  pool.on('error', () => {});
  // One that breaks while it is in use tells its queries so; without a listener it would end the process too.
  pool.on('connect', (client) => client.on('error', () => {}));
  // Of all connections: hardly anything but the changes writes, and one too many costs them no more than time.
  const writes = { count: 0 };
  pool.on('connect', (client) => watch(client, writes));
  // Whatever keeps it from connecting, be it a name, a certificate or a password: the database is away.
  const unconnected = new WeakSet<Error>();
  const connect = () =>
    pool.connect().catch((error: Error) => {
      unconnected.add(error);
      throw error;
    });
  const dialect = new PostgresDialect({ pool: { connect, end: () => pool.end(), options: pool.options } });
  const db = new Kysely<Tables>({ dialect });
  // Of each transaction that changes, by its executor: it is that transaction's alone.
  const connections = new WeakMap<object, DatabaseConnection>();
  // Where there are few connections, lookups that follow each other closely would leave too few for the rest.
  const shared = pool.options.max < FEW_CONNECTIONS ? undefined : shareConnection(connect);
  allowDirect(db, (on, isLookup) => connections.get(on.getExecutor()) ?? (isLookup && on === db ? shared : undefined));
  const lock = async (tx: Writer, statement: RawBuilder<unknown>) => {
    const executor = tx.getExecutor();
    await executor.provideConnection(async (connection) => void connections.set(executor, connection));
    await statement.execute(tx);
  };
  return {
    name: 'postgres',
    read: db,
    write: db,
    snapshot: (body) => db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(body),
    lockLedger: (tx) => lock(tx, sql`select 1 from ledger_head where id = 1 for update`),
    lockIngest: (tx) => lock(tx, sql`select pg_advisory_xact_lock(${ADVISORY_LOCK}, hashtext(current_schema()))`),
    // A real one costs a round trip and a transaction of its own within the other.
    savepoint: (tx, light) => (light ? lightSavepoint(() => writes.count) : savepointOf(tx, MOVE)),
    isDuplicate: (error) => codeOf(error) === '23505',
    isRetryable: (error) => /^(40001|40P01|55P03)$/.test(codeOf(error)),
    isAway: (error) =>
      (error instanceof Error && unconnected.has(error)) ||
      AWAY.test(codeOf(error)) ||
      /connection (terminated|timeout|error)|timeout exceeded when trying to connect|query read timeout/i.test(
        messageOf(error),
      ),
    isFull: (error) => codeOf(error) === '53100',
    check: async () => void (await sql`select 1`.execute(db)),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async close() {
      await db.destroy();
      // Kysely ends no pool that it did not use.
      if (!pool.ending) await pool.end();
    },
  };
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
