import type { CompiledQuery, QueryResult } from 'kysely';
import type pg from 'pg';

/** What is sent over one connection, by all who read at the same time. */
export interface SharedConnection {
  executeQuery<O>(query: CompiledQuery<O>): Promise<QueryResult<O>>;
}

/**
 * Sends reads that are soon made over one connection of the pool, the next before those before it are answered: to take
 * a connection and give it back costs more than such a read, and what is asked for in one turn of the event loop is
 * written to the socket at once. It is taken for the first of them, and given back when the last is answered.
 */
export function shareConnection(connect: () => Promise<pg.PoolClient>): SharedConnection {
  let taken: Promise<pg.PoolClient> | undefined;
  let reads = 0;

  function giveBack(client: pg.PoolClient): void {
    reads -= 1;
    if (reads > 0) return;
    taken = undefined;
    client.release();
  }

  return {
    async executeQuery<O>({ sql, parameters }: CompiledQuery<O>) {
      taken ??= connect();
      reads += 1;
      let client: pg.PoolClient;
      try {
        client = await taken;
      } catch (error) {
        reads -= 1;
        if (reads === 0) taken = undefined;
        throw error;
      }
      collect(client);
      try {
        const { rows } = await client.query(sql, parameters as unknown[]);
        return { rows: rows as O[] };
      } finally {
        giveBack(client);
      }
    },
  };
}

interface Stream {
  cork(): void;
  uncork(): void;
  writableCorked: number;
}

/** Has what is sent in this turn of the event loop written together. */
function collect(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Stream } }).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
