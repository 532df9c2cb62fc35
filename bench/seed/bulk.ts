import { CompiledQuery, type Transaction } from 'kysely';
import type { Dialect } from '../../packages/server/src/db/database.ts';
import type { Tables } from '../../packages/server/src/db/tables.ts';

type Row = Record<string, unknown>;
const ROWS_AT_ONCE = { sqlite: 50, postgres: 2_000 };

/** Rows on their way into tables, in the order of the tables' first rows. All rows of a table have the same columns. */
export interface Bulk {
  add(table: string, row: Row): void;
  /** Writes all that was added since. */
  flush(tx: Transaction<Tables>): Promise<void>;
}

export function createBulk(dialect: Dialect): Bulk {
  const waiting = new Map<string, Row[]>();
  return {
    add(table, row) {
      const rows = waiting.get(table);
      if (rows) rows.push(row);
      else waiting.set(table, [row]);
    },
    async flush(tx) {
      for (const [table, rows] of waiting) {
        for (let from = 0; from < rows.length; from += ROWS_AT_ONCE[dialect]) {
          const some = rows.slice(from, from + ROWS_AT_ONCE[dialect]);
          await tx.executeQuery(dialect === 'sqlite' ? valuesOf(table, some) : recordsOf(table, some));
        }
        rows.length = 0;
      }
    },
  };
}

function valuesOf(table: string, rows: Row[]): CompiledQuery {
  const columns = Object.keys(rows[0] as Row);
  const marks = `(${columns.map(() => '?').join(',')})`;
  const text = `insert into "${table}" (${columns.join(',')}) values ${rows.map(() => marks).join(',')}`;
  return CompiledQuery.raw(
    text,
    rows.flatMap((row) => columns.map((column) => row[column])),
  );
}

/** One parameter for all rows: PostgreSQL reads the columns' types from the table itself. */
function recordsOf(table: string, rows: Row[]): CompiledQuery {
  const columns = Object.keys(rows[0] as Row)
    .map((column) => `"${column}"`)
    .join(',');
  const records = JSON.stringify(rows, (_key, value) =>
    value?.type === 'Buffer' ? `\\x${Buffer.from(value.data).toString('hex')}` : value,
  );
  return CompiledQuery.raw(
    `insert into "${table}" (${columns}) overriding system value
      select ${columns} from json_populate_recordset(null::"${table}", $1)`,
    [records],
  );
}
