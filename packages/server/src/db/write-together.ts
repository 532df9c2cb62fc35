import type { CompiledQuery, Insertable } from 'kysely';
import type { Writer } from './database.ts';
import { execute } from './direct.ts';
import { isSqlite } from './one-of.ts';
import { keepPrepared, type Write } from './prepared.ts';
import { type Reserved, takeId } from './reserved-ids.ts';
import { idOf, insertOf } from './rows.ts';
import { send } from './send.ts';
import type { Tables } from './tables.ts';

/**
 * Makes writes. PostgreSQL gets them as one statement, since each takes a round trip, which costs more than most writes
 * do; it makes them in no order, so none may write a row that another writes, or read what it wrote.
 */
export async function writeTogether(tx: Writer, writes: readonly Write[]): Promise<void> {
  for (const query of joinedFor(tx, writes)) await send(tx, query);
}

/** Inserts a row into a table whose ids may be reserved, together with other writes, and answers its id. */
export async function insertTogether<T extends Reserved>(
  tx: Writer,
  table: T,
  row: Insertable<Tables[T]>,
  others: readonly Write[] = [],
): Promise<number> {
  const id = takeId(tx, table);
  if (id !== undefined) {
    await writeTogether(tx, [...others, insertOf(table, { ...row, id })]);
    return id;
  }
  const queries = joinedFor(tx, [...others, insertOf(table, row)]);
  for (const query of queries.slice(0, -1)) await send(tx, query);
  return idOf(await execute(tx, queries.at(-1) as CompiledQuery));
}

function joinedFor(tx: Writer, writes: readonly Write[]): CompiledQuery[] {
  const queries = writes.map((write) => write(tx));
  return isSqlite(tx) || queries.length < 2 ? queries : [joined(queries)];
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
