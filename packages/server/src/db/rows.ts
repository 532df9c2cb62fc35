import {
  type CompiledQuery,
  type Insertable,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  sql,
  type Updateable,
} from 'kysely';
import type { Writer } from './database.ts';
import { execute } from './direct.ts';
import { prepareWrite } from './prepared.ts';
import type { Tables } from './tables.ts';
import { BYTES_TOGETHER } from './together.ts';

type Table = keyof Tables;
type Statement = (on: Writer, params: Record<string, unknown>) => Promise<unknown[]>;

/** One statement for each set of columns that was written: the code names few. */
const inserts = new Map<string, Statement>();
const updates = new Map<string, Statement>();

/** What a statement of SQLite holds at most: each length is a statement to keep. */
const FEW_ROWS = 32;

/** Inserts rows that all have the same columns, many in one statement. Where one is refused, the transaction has to end. */
export async function insertRows<T extends Table>(
  tx: Writer,
  table: T,
  rows: readonly Insertable<Tables[T]>[],
): Promise<void> {
  if (rows.length === 0) return;
  if (!isSqlite(tx)) return insertRecords(tx, table, rows);
  for (let i = 0; i < rows.length; ) {
    const run = rows.slice(i, i + fewRows(table, rows.length - i));
    i += run.length;
    await insertFew(tx, table, run);
  }
}

/**
 * PostgreSQL gets all rows as one parameter, or as many as are not too long together, so that one statement is compiled
 * and planned for any number of them. It reads the types of the columns from the table itself.
 */
async function insertRecords(tx: Writer, table: Table, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] as object);
  const insert = kept(inserts, `${table} records`, columns, () => {
    const names = sql.join(columns.map((column) => sql.ref(column)));
    return prepareWrite<Record<string, unknown>, never>(
      (_, param) => sql`insert into ${sql.table(table)} (${names}) overriding system value
        select ${names} from json_populate_recordset(null::${sql.table(table)}, ${param('records')}::json)`,
    );
  });
  let records: string[] = [];
  let length = 0;
  const write = () => insert(tx, { records: `[${records.join(',')}]` });
  for (const row of rows) {
    const record = JSON.stringify(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, told(value)])));
    if (records.length > 0 && length + record.length > BYTES_TOGETHER) {
      await write();
      records = [];
      length = 0;
    }
    records.push(record);
    length += record.length;
  }
  await write();
}

/** As PostgreSQL reads it from JSON: bytes, infinities, and no half of a surrogate pair. */
function told(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function isSqlite(tx: Writer): boolean {
  return tx.getExecutor().adapter instanceof SqliteAdapter;
}

/** A power of two; but one by one where a row has to be looked up in another table, which SQLite cannot undo within a statement. */
function fewRows(table: Table, most: number): number {
  return table === 'artifact' ? 1 : 2 ** Math.floor(Math.log2(Math.min(most, FEW_ROWS)));
}

const runs = new Map<string, CompiledQuery>();

/**
 * The statement of each length is compiled once; SQLite itself has it prepared. It fails where it stands, and undoes
 * nothing: a statement of many rows that can be undone has every page that changes copied into a file before.
 */
async function insertFew(tx: Writer, table: Table, rows: readonly object[]): Promise<QueryResult<unknown>> {
  const columns = Object.keys(rows[0] as object);
  const key = `${table} ${rows.length} ${columns.join(' ')}`;
  let query = runs.get(key);
  if (!query) {
    query = tx
      .insertInto<Table>(table)
      .orFail()
      .values(rows as never)
      .compile();
    runs.set(key, query);
  }
  const parameters = rows.flatMap((row) => columns.map((column) => row[column as never]));
  return execute(tx, { ...query, parameters });
}

type WithIds = 'model' | 'version' | 'evaluated_dataset' | 'evaluation' | 'policy' | 'promotion';

/** Inserts one row into a table that gives out ids, and answers its id. */
export async function insertRow<T extends WithIds>(tx: Writer, table: T, row: Insertable<Tables[T]>): Promise<number> {
  // What returns rows is a statement that can be undone, too.
  if (isSqlite(tx)) return Number((await insertFew(tx, table, [row])).insertId);
  const columns = Object.keys(row);
  const insert = kept(inserts, `${table} id`, columns, () =>
    prepareWrite((db, param) =>
      (db as Kysely<Tables>)
        .insertInto<WithIds>(table)
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
