import { CompiledQuery, type Insertable, type Selectable, SqliteAdapter, sql } from 'kysely';
import type { Writer } from './database.ts';
import { execute } from './direct.ts';
import { prepareWrite } from './prepared.ts';
import type { Tables } from './tables.ts';

/** What happens to a row that is there already, by its primary key. */
export interface Merge<T extends keyof Tables> {
  table: T;
  columns: readonly (keyof Tables[T] & string)[];
  key: readonly (keyof Tables[T] & string)[];
  /** Columns that take the new values; without them the row stays as it is. */
  update?: readonly (keyof Tables[T] & string)[];
  /** Only where these, compared as one, are greater than those of the row. */
  where?: readonly (keyof Tables[T] & string)[];
  /** A column that may be infinite, for which JSON has no number. */
  real?: keyof Tables[T] & string;
}

type Write<T extends keyof Tables> = (tx: Writer, rows: readonly Insertable<Tables[T]>[]) => Promise<void>;

/** What a statement of SQLite holds at most: each power of two is a statement to keep. */
const FEW_ROWS = 32;

/**
 * Inserts rows, or merges them with those that are there: many in one statement, whose text is made once. Of rows that
 * have the same key, one call may hold two only where rows stay as they are.
 */
export function prepareMerge<T extends keyof Tables>(merge: Merge<T>): Write<T> {
  const write = prepareWriting<T, never>(merge, '');
  return async (tx, rows) => void (await write(tx, rows));
}

/** The same, of rows that stay as they are: answers those that were not there. */
export function prepareAdd<T extends keyof Tables>(
  merge: Omit<Merge<T>, 'update' | 'where'>,
): (tx: Writer, rows: readonly Insertable<Tables[T]>[]) => Promise<Selectable<Tables[T]>[]> {
  return prepareWriting<T, Selectable<Tables[T]>>(merge, ` returning ${merge.columns.join(', ')}`);
}

function prepareWriting<T extends keyof Tables, O>(merge: Merge<T>, returning: string) {
  const toPostgres = mergeRecords<T, O>(merge, returning);
  const texts = new Map<number, string>();
  return async (tx: Writer, rows: readonly Insertable<Tables[T]>[]): Promise<O[]> => {
    if (rows.length === 0) return [];
    if (!(tx.getExecutor().adapter instanceof SqliteAdapter)) return toPostgres(tx, rows);
    const returned: O[] = [];
    for (let i = 0; i < rows.length; ) {
      const few = 2 ** Math.floor(Math.log2(Math.min(rows.length - i, FEW_ROWS)));
      const text = texts.get(few) ?? textFor(merge, few) + returning;
      texts.set(few, text);
      const parameters: unknown[] = [];
      for (const end = i + few; i < end; i += 1)
        for (const column of merge.columns) parameters.push(rows[i]?.[column as never]);
      const { rows: some } = await execute<O>(tx, CompiledQuery.raw(text, parameters) as CompiledQuery<O>);
      if (returning !== '') returned.push(...some);
    }
    return returned;
  };
}

function textFor<T extends keyof Tables>({ table, columns, ...conflict }: Merge<T>, rows: number): string {
  const row = `(${columns.map(() => '?').join(', ')})`;
  return `insert into ${table} (${columns.join(', ')}) values ${Array(rows).fill(row).join(', ')} ${onConflict(table, conflict)}`;
}

/** PostgreSQL gets all rows as one parameter, as in rows.ts. */
function mergeRecords<T extends keyof Tables, O>({ table, columns, real, ...conflict }: Merge<T>, returning: string) {
  const names = sql.raw(columns.join(', '));
  const write = prepareWrite<Record<string, unknown>, O>(
    (_, param) => sql`insert into ${sql.table(table)} (${names})
      select ${names} from json_populate_recordset(null::${sql.table(table)}, ${param('records')}::json)
      ${sql.raw(onConflict(table, conflict) + returning)}`,
  );
  const told = (row: Insertable<Tables[T]>) => {
    const value = real && row[real as never];
    return Number.isFinite(value) ? row : { ...row, [real as string]: String(value) };
  };
  return (tx: Writer, rows: readonly Insertable<Tables[T]>[]): Promise<O[]> =>
    write(tx, { records: JSON.stringify(real ? rows.map(told) : rows) });
}

function onConflict(table: string, { key, update, where }: Omit<Merge<never>, 'table' | 'columns'>): string {
  const target = `on conflict (${key.join(', ')}) do`;
  if (!update) return `${target} nothing`;
  const set = update.map((column: string) => `${column} = excluded.${column}`).join(', ');
  if (!where) return `${target} update set ${set}`;
  const [theirs, own] = ['excluded', table].map((of) => where.map((column: string) => `${of}.${column}`).join(', '));
  return `${target} update set ${set} where (${theirs}) > (${own})`;
}
