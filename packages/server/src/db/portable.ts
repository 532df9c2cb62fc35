import { type Kysely, sql } from 'kysely';
import type { Dialect, Writer } from './database.ts';
import type { Tables } from './tables.ts';
import { countTogether } from './together.ts';

type Table = keyof Tables;
export type Row = Record<string, unknown>;

/** Tables and their primary keys, in an order in which rows can be inserted: those that are referred to come first. */
export const KEPT_TABLES: readonly { table: Table; key: readonly string[] }[] = [
  { table: 'installation', key: ['id'] },
  { table: 'model', key: ['id'] },
  { table: 'name_use', key: ['name_key'] },
  { table: 'version', key: ['id'] },
  { table: 'inspection', key: ['sha256'] },
  { table: 'artifact', key: ['id'] },
  { table: 'tenure', key: ['id'] },
  { table: 'event', key: ['seq'] },
  { table: 'event_subject', key: ['model_id', 'number', 'seq'] },
  { table: 'ledger_head', key: ['id'] },
  { table: 'ledger_tile', key: ['level', 'position'] },
  { table: 'ledger_checkpoint', key: ['size'] },
  { table: 'idempotency', key: ['actor', 'key'] },
  { table: 'backlog', key: ['kind', 'model_id'] },
  { table: 'model_state', key: ['model_id', 'etag'] },
  { table: 'event_span', key: ['level', 'span'] },
  { table: 'experiment', key: ['id'] },
  { table: 'experiment_tag', key: ['experiment_id', 'key'] },
  { table: 'run', key: ['run_id'] },
  { table: 'param', key: ['run_id', 'key'] },
  { table: 'run_tag', key: ['run_id', 'key'] },
  { table: 'latest_metric', key: ['id'] },
  { table: 'metric', key: ['series', 'timestamp', 'step', 'value', 'is_nan'] },
  { table: 'dataset', key: ['id'] },
  { table: 'run_dataset', key: ['run_id', 'dataset_id'] },
  { table: 'run_model', key: ['run_id', 'role', 'model_id'] },
  { table: 'logged_model', key: ['model_id'] },
  { table: 'logged_model_param', key: ['model_id', 'key'] },
  { table: 'logged_model_tag', key: ['model_id', 'key'] },
  {
    table: 'logged_model_metric',
    key: ['model_id', 'key', 'timestamp', 'step', 'value', 'is_nan', 'run_id', 'dataset_name', 'dataset_digest'],
  },
  { table: 'file', key: ['path'] },
  { table: 'metric_point', key: ['version_id', 'name', 'step', 'at', 'value', 'is_nan'] },
  { table: 'latest_point', key: ['version_id', 'name'] },
  { table: 'metric_definition', key: ['name'] },
  { table: 'evaluated_dataset', key: ['id'] },
  { table: 'evaluation', key: ['id'] },
  { table: 'standing', key: ['dataset_id', 'metric', 'version_id'] },
  { table: 'policy', key: ['id'] },
  { table: 'promotion', key: ['id'] },
];

/** What can be made from the others, or is of no use elsewhere. */
export const LEFT_TABLES = [
  'migration',
  'condemned',
  'model_facet',
  'version_facet',
  'model_text',
  'version_text',
  'file_upload',
  'file_part',
];

const ROWS_TOGETHER = 200;

/** Every row of a table in order of its key, some at a time. */
export async function* pagesOf(
  read: Kysely<Tables>,
  { table, key }: (typeof KEPT_TABLES)[number],
): AsyncGenerator<Row[]> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  for (let after: Row | undefined; ; ) {
    const last = after;
    const rest = last ? sql`where (${columns}) > (${sql.join(key.map((column) => last[column]))})` : sql``;
    const place = { table, key, after: last && key.map((column) => last[column]) };
    const count = await countTogether(read, place, ROWS_TOGETHER);
    const { rows } = await sql<Row>`select * from ${sql.table(table)} ${rest}
      order by ${columns} limit ${sql.lit(count)}`.execute(read);
    if (rows.length > 0) yield rows;
    if (rows.length < count) return;
    after = rows.at(-1);
  }
}

/**
 * A row as a line of JSON, the same on both databases: bytes as `{"base64": …}`, infinities as `{"number": "Infinity"}`,
 * all else as text, number or null.
 */
export function toLine(row: Row): string {
  const plain = Object.entries(row).map(([column, value]) => {
    if (Buffer.isBuffer(value)) return [column, { base64: value.toString('base64') }];
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
      return [column, { number: String(value) }];
    if (value === null || typeof value === 'string' || Number.isFinite(value)) return [column, value];
    throw new TypeError(`a ${typeof value} in the column ${column} cannot be kept as JSON`);
  });
  return JSON.stringify(Object.fromEntries(plain));
}

type Bytes = { base64: string };

export function fromLine(line: string): Row {
  const row: Row = JSON.parse(line);
  for (const [column, value] of Object.entries(row))
    if (typeof value === 'object' && value !== null)
      row[column] = 'number' in value ? Number(value.number) : Buffer.from((value as Bytes).base64, 'base64');
  return row;
}

/** Takes out what the migrations put in, before rows of these tables are loaded that hold it too. */
export async function emptyTables(tx: Writer, tables: readonly string[]): Promise<void> {
  for (const { table } of KEPT_TABLES.toReversed()) if (tables.includes(table)) await tx.deleteFrom(table).execute();
}

/** Tables that give out ids. */
const WITH_IDS = [
  'model',
  'version',
  'artifact',
  'tenure',
  'experiment',
  'latest_metric',
  'dataset',
  'evaluated_dataset',
  'evaluation',
  'policy',
  'promotion',
] as const;

/** The next id follows the highest that is there. SQLite sees to it by itself. */
export async function settleIds(tx: Writer, dialect: Dialect): Promise<void> {
  if (dialect === 'sqlite') return;
  for (const table of WITH_IDS)
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), max(id)) from ${sql.table(table)}
      having max(id) > 0`.execute(tx);
}
