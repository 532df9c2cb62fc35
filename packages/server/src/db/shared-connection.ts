import type { CompiledQuery, QueryResult } from 'kysely';
import type pg from 'pg';
import type { Direct } from './direct.ts';
import { preparedName } from './prepared.ts';

/** What of the driver it has to know, which has no types. */
interface Connection {
  stream: { cork(): void; uncork(): void; writableCorked: number };
  /** By their names, those that the server has parsed. */
  parsedStatements: Record<string, string>;
}

/**
 * Sends lookups over one connection of the pool, the next before those before it are answered: to take a connection and
 * give it back costs more than such a read, and what is asked for in one turn of the event loop is written to the socket
 * at once. It is taken for the first of them, and given back when the last is answered.
 */
export function shareConnection(connect: () => Promise<pg.PoolClient>): Direct {
  let taken: Promise<pg.PoolClient> | undefined;
  let lookups = 0;
  /** By their texts, the first of those whose statement the server does not know yet. */
  const parsing = new Map<string, Promise<unknown>>();

  function isOver(client?: pg.PoolClient): void {
    lookups -= 1;
    if (lookups > 0) return;
    taken = undefined;
    client?.release();
  }

  /**
   * The others wait for the first that has a statement parsed: the driver would name it as one that is there, and where that
   * failed all of them would be told that it is not.
   */
  async function ask(client: pg.PoolClient, sql: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
    const isParsed = () => connectionOf(client).parsedStatements[preparedName(sql) as string] !== undefined;
    if (isParsed()) return query(client, sql, parameters);
    const first = parsing.get(sql);
    if (first) {
      await first.catch((error: unknown) => {
        if (!isParsed()) throw error;
      });
      return query(client, sql, parameters);
    }
    const answer = query(client, sql, parameters);
    parsing.set(sql, answer);
    return answer.finally(() => parsing.delete(sql));
  }

  return {
    async executeQuery<O>({ sql, parameters }: CompiledQuery<O>): Promise<QueryResult<O>> {
      taken ??= connect();
      lookups += 1;
      let client: pg.PoolClient | undefined;
      try {
        client = await taken;
        return { rows: (await ask(client, sql, parameters)).rows as O[] };
      } finally {
        isOver(client);
      }
    },
  };
}

const connectionOf = (client: pg.PoolClient) => (client as unknown as { connection: Connection }).connection;

/** What is sent in this turn of the event loop is written together. */
function query(client: pg.PoolClient, sql: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
  const { stream } = connectionOf(client);
  if (stream.writableCorked === 0) {
    stream.cork();
    setImmediate(() => stream.uncork());
  }
  return client.query(sql, parameters as unknown[]);
}
