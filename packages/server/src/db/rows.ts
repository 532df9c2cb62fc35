import { type Insertable, type Kysely, SqliteAdapter, type Updateable } from 'kysely';
import type { Writer } from './database.ts';
import { prepareWrite } from './prepared.ts';
import type { Tables } from './tables.ts';

type Table = keyof Tables;
type Statement = (on: Writer, params: Record<string, unknown>) => Promise<unknown[]>;

const ROWS_TOGETHER = 500;
/** One statement for each set of columns that was written: the code names few. */
const inserts = new Map<string, Statement>();
const updates = new Map<string, Statement>();

/**
 * Inserts rows that all have the same columns. SQLite runs one prepared statement for each, which is what it is
 * fastest at; PostgreSQL gets many rows in one statement, since each statement is a round trip.
 */
export async function insertRows<T extends Table>(
  tx: Writer,
  table: T,
  rows: readonly Insertable<Tables[T]>[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  if (!(tx.getExecutor().adapter instanceof SqliteAdapter)) {
    for (let i = 0; i < rows.length; i += ROWS_TOGETHER)
      await tx
        .insertInto<Table>(table)
        .values(rows.slice(i, i + ROWS_TOGETHER) as never)
        .execute();
    return;
  }
  const columns = Object.keys(first);
  const insert = kept(inserts, table, columns, () =>
    prepareWrite((db, param) =>
      (db as Kysely<Tables>)
        .insertInto<Table>(table)
        .values(Object.fromEntries(columns.map((column) => [column, param(column)])) as never),
    ),
  );
  for (const row of rows) await insert(tx, row as Record<string, unknown>);
}

/** Inserts one row into a table that gives out ids, and answers its id. */
export async function insertRow<T extends 'model' | 'version'>(
  tx: Writer,
  table: T,
  row: Insertable<Tables[T]>,
): Promise<number> {
  const columns = Object.keys(row);
  const insert = kept(inserts, `${table} id`, columns, () =>
    prepareWrite((db, param) =>
      (db as Kysely<Tables>)
        .insertInto<'model' | 'version'>(table)
        .values(Object.fromEntries(columns.map((column) => [column, param(column)])) as never)
        .returning('id'),
    ),
  );
  const [inserted] = await insert(tx, row as Record<string, unknown>);
  return (inserted as { id: number }).id;
}

/** Writes the given columns of the row with this id. */
export async function updateRow<T extends 'model' | 'version'>(
  tx: Writer,
  table: T,
  id: number,
  changed: Updateable<Tables[T]>,
): Promise<void> {
  const columns = Object.keys(changed);
  const update = kept(updates, table, columns, () =>
    prepareWrite((db, param) =>
      (db as Kysely<Tables>)
        .updateTable<'model' | 'version'>(table)
        .set(Object.fromEntries(columns.map((column) => [column, param(column)])) as never)
        .where('id', '=', param('id') as never),
    ),
  );
  await update(tx, { ...changed, id });
}

function kept(statements: Map<string, Statement>, table: string, columns: string[], make: () => Statement): Statement {
  const key = `${table} ${columns.join(' ')}`;
  const found = statements.get(key);
  if (found) return found;
  const made = make();
  statements.set(key, made);
  return made;
}
