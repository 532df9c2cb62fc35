import {
  type CompiledQuery,
  type Expression,
  type Insertable,
  type Kysely,
  type QueryResult,
  sql,
  type Updateable,
} from 'kysely';
import type { Writer } from './database.ts';
import { execute } from './direct.ts';
import { isSqlite } from './one-of.ts';
import { prepareWrite, type Write } from './prepared.ts';
import type { Reserved } from './reserved-ids.ts';
import type { Tables } from './tables.ts';
import { BYTES_TOGETHER } from './together.ts';

type Table = keyof Tables;
type Statement = ReturnType<typeof prepareWrite<Record<string, unknown>, unknown>>;

/**
 * What was made of each set of columns that was written, by what it is for: the code names few. The columns are compared
 * one by one, which costs less than to join them.
 */
class ByColumns<T> {
  readonly #made = new Map<string, { columns: readonly string[]; made: T }[]>();

  get(what: string, columns: readonly string[], make: () => T): T {
    const some = this.#made.get(what) ?? [];
    for (const one of some) if (isSame(one.columns, columns)) return one.made;
    const made = make();
    this.#made.set(what, [...some, { columns, made }]);
    return made;
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

const inserts = new ByColumns<Statement>();
const updates = new ByColumns<Statement>();

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
    await execute(tx, fewInserted(tx, table, run));
  }
}

/**
 * PostgreSQL gets all rows as one parameter, or as many as are not too long together, so that one statement is compiled
 * and planned for any number of them. It reads the types of the columns from the table itself.
 */
async function insertRecords(tx: Writer, table: Table, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] as object);
  const insert = inserts.get(`${table} records`, columns, () => {
    const names = sql.join(columns.map((column) => sql.ref(column)));
    return prepareWrite<Record<string, unknown>, never>(
      (_, param) => sql`insert into ${sql.table(table)} (${names}) overriding system value
        select ${names} from json_populate_recordset(null::${sql.table(table)}, ${param('records')}::json)`,
    );
  });
  let records: string[] = [];
  let length = 0;
  const write = () => insert.send(tx, { records: `[${records.join(',')}]` });
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

/** A power of two; but one by one where a row has to be looked up in another table, which SQLite cannot undo within a statement. */
function fewRows(table: Table, most: number): number {
  return table === 'artifact' ? 1 : 2 ** Math.floor(Math.log2(Math.min(most, FEW_ROWS)));
}

const runs = new ByColumns<CompiledQuery>();

/**
 * The statement of each length is compiled once; SQLite itself has it prepared. It fails where it stands, and undoes
 * nothing: a statement of many rows that can be undone has every page that changes copied into a file before.
 */
function fewInserted(tx: Writer, table: Table, rows: readonly object[]): CompiledQuery {
  const columns = Object.keys(rows[0] as object);
  const query = runs.get(`${table} ${rows.length}`, columns, () =>
    tx
      .insertInto<Table>(table)
      .orFail()
      .values(rows as never)
      .compile(),
  );
  const parameters: unknown[] = [];
  for (const row of rows) for (const column of columns) parameters.push(row[column as never]);
  return { ...query, parameters };
}

type WithIds = 'model' | 'version' | 'evaluated_dataset' | 'evaluation' | 'policy' | 'promotion' | 'tenure';

/** Inserts one row into a table that gives out ids, and answers its id. Of those that may be reserved: `insertTogether`. */
export async function insertRow<T extends Exclude<WithIds, Reserved>>(
  tx: Writer,
  table: T,
  row: Insertable<Tables[T]>,
): Promise<number> {
  return idOf(await execute(tx, insertOf(table, row)(tx)));
}

/** The same, to be made with others. One with an id of its own keeps it. */
export function insertOf<T extends WithIds>(table: T, row: Insertable<Tables[T]> & { id?: number }): Write {
  return (tx) => {
    // What returns rows is a statement that can be undone, too.
    if (isSqlite(tx)) return fewInserted(tx, table, [row]);
    const columns = Object.keys(row);
    const insert = inserts.get(`${table} id`, columns, () =>
      prepareWrite((_, param) => {
        const names = sql.join(columns.map((column) => sql.ref(column)));
        return sql`insert into ${sql.table(table)} (${names}) overriding system value
          values (${sql.join(columns.map(param))}) returning id`;
      }),
    );
    return insert.with(row as Record<string, unknown>)(tx);
  };
}

/** Of the row that was inserted. */
export function idOf({ insertId, rows }: QueryResult<unknown>): number {
  return Number(insertId ?? (rows[0] as { id: number }).id);
}

/** A column that is worked out where the row is written, from parameters of its own and the other columns. */
export interface Computed {
  column: string;
  from(db: Kysely<Tables>, param: (name: string) => never): Expression<unknown>;
  params: Record<string, unknown>;
}

/** Writes the given columns of the row with this id. */
export function updateOf<T extends 'model' | 'version'>(
  table: T,
  id: number,
  changed: Updateable<Tables[T]>,
  computed?: Computed,
): Write {
  // In one order, whatever the order in which a client names the fields.
  const columns = Object.keys(changed).sort();
  const what = computed ? `${table} (${computed.column})` : table;
  const update = updates.get(what, columns, () =>
    prepareWrite((db, param) =>
      (db as Kysely<Tables>)
        .updateTable<'model' | 'version'>(table)
        .set({
          ...Object.fromEntries(columns.map((column) => [column, param(column)])),
          ...(computed && { [computed.column]: computed.from(db, param as never) }),
        } as never)
        .where('id', '=', param('id') as never),
    ),
  );
  return update.with({ ...changed, ...computed?.params, id });
}
