import { sql } from 'kysely';
import type { Reader } from './database.ts';
import type { Tables } from './tables.ts';

/** What is in memory of rows that are read or written together; more only where one row alone is. */
export const BYTES_TOGETHER = 4 * 2 ** 20;

/** The columns that may hold much: what people wrote, and what is made of it. */
export const LONG: { readonly [table in keyof Tables]?: readonly string[] } = {
  model: ['description', 'tags', 'properties', 'card', 'aliases', 'live', 'deregistered'],
  version: [
    'description',
    'tags',
    'properties',
    'card',
    'signature',
    'lineage',
    'aliases',
    'metrics',
    'source',
    'deregistered',
  ],
  inspection: ['facts', 'findings', 'signature'],
  event: ['line'],
  idempotency: ['answer'],
  model_state: ['doc'],
  experiment_tag: ['value'],
  param: ['value'],
  run_tag: ['value'],
  dataset: ['source', 'schema', 'profile'],
  run_dataset: ['tags'],
  logged_model_param: ['value'],
  logged_model_tag: ['value'],
  evaluation: ['metrics', 'intervals', 'slices', 'curves', 'tags', 'source'],
  policy: ['doc'],
  promotion: ['doc'],
};

/** Rows of a table in the order of its key, after a place in it, or from the first on. */
export interface Place {
  table: keyof Tables;
  key: readonly string[];
  after?: readonly unknown[] | undefined;
}

/** How many of the next rows to read together: `most`, or fewer where those would be over `BYTES_TOGETHER`; at least one. */
export async function countTogether(reader: Reader, { table, key, after }: Place, most: number): Promise<number> {
  const long = LONG[table];
  if (!long || most === 1) return most;
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const lengths = long.map((column) => sql`coalesce(octet_length(${sql.ref(column)}), 0)`);
  const next = sql<{ bytes: number }>`(select ${sql.join(lengths, sql` + `)} as bytes from ${sql.table(table)}
    ${after ? sql`where (${columns}) > (${sql.join(after)})` : sql``} order by ${columns} limit ${sql.lit(most)})`;
  const sizes = await reader.selectFrom(next.as('next')).select('bytes').execute();
  const count = countWithin(BYTES_TOGETHER, sizes);
  return count < sizes.length ? count : most;
}

/** How many of the first rows are not over a number of bytes together; at least one. */
export function countWithin(most: number, rows: readonly { bytes: number }[]): number {
  let bytes = 0;
  const over = rows.findIndex((row) => {
    bytes += row.bytes;
    return bytes > most;
  });
  return over === -1 ? rows.length : Math.max(1, over);
}

/** What comes, in groups: `most` together, or fewer where those would be over so many bytes; at least one. */
export async function* inGroups<T>(
  items: AsyncIterable<T> | Iterable<T>,
  most: number,
  bytesOf: (item: T) => number,
  mostBytes: number = BYTES_TOGETHER,
): AsyncGenerator<T[]> {
  let group: T[] = [];
  let bytes = 0;
  for await (const item of items) {
    const more = bytesOf(item);
    if (group.length === most || (group.length > 0 && bytes + more > mostBytes)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(item);
    bytes += more;
  }
  if (group.length > 0) yield group;
}
