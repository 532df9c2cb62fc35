import type { CompiledQuery, QueryResult } from 'kysely';
import type { Writer } from './database.ts';
import { execute } from './direct.ts';
import { isSqlite } from './one-of.ts';
import { keepPrepared, type Write } from './prepared.ts';

/**
 * Makes writes, and answers what came of the last one. PostgreSQL gets them as one statement, since each takes a round
 * trip, which costs more than most writes do; it makes them in no order, so none may write a row that another writes, or
 * read what it wrote.
 */
export async function writeTogether(tx: Writer, writes: readonly Write[]): Promise<QueryResult<unknown>> {
  const queries = writes.map((write) => write(tx));
  let last: QueryResult<unknown> = { rows: [] };
  for (const query of isSqlite(tx) || queries.length < 2 ? queries : [joined(queries)]) last = await execute(tx, query);
  return last;
}

/** By the texts of which they are made: the code joins few. */
const texts = new Map<string, string>();

function joined(queries: readonly CompiledQuery[]): CompiledQuery {
  const key = queries.map(({ sql }) => sql).join(';');
  let text = texts.get(key);
  if (text === undefined) {
    text = textOf(queries);
    texts.set(key, text);
    keepPrepared(text);
  }
  const last = queries.at(-1) as CompiledQuery;
  return { ...last, sql: text, parameters: queries.flatMap(({ parameters }) => parameters) };
}

/** The last one after the others, and the parameters of all in a row. */
function textOf(queries: readonly CompiledQuery[]): string {
  let count = 0;
  const numbered = queries.map(({ sql, parameters }) => {
    const before = count;
    count += parameters.length;
    return sql.replaceAll(/\$(\d+)/g, (_, number) => `$${Number(number) + before}`);
  });
  const others = numbered.slice(0, -1).map((text, i) => `write_${i + 1} as (${text})`);
  return `with ${others.join(', ')} ${numbered.at(-1)}`;
}
