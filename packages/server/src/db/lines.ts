import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Reader } from './database.ts';
import { BYTES_TOGETHER, inGroups } from './together.ts';

/** A row that tells where a line of the ledger is, and has it along where it is short. */
export interface LinePlace {
  seq: number;
  bytes: number;
  line: string | null;
}

/** Of up to 1,024 rows, all lines that are not longer may come along. */
const SHORT = BYTES_TOGETHER / 1_024;

const bytes = sql<number>`octet_length(line)`;

/** What to select of `event` for `withLines`. */
export const LINE_IF_SHORT = [
  bytes.as('bytes'),
  sql<string | null>`case when ${bytes} <= ${sql.lit(SHORT)} then line end`.as('line'),
] as const;

/**
 * Rows with their lines, in the order given. A line may be megabytes long, so that those that did not come along are
 * read a few at a time: no more than `BYTES_TOGETHER`, or one.
 */
export async function* withLines<P extends LinePlace>(
  reader: Reader,
  places: readonly P[],
): AsyncGenerator<P & { line: string }> {
  const missing = ({ bytes, line }: LinePlace) => (line === null ? bytes : 0);
  for await (const group of inGroups(places, places.length, missing)) {
    const wanted = group.filter(({ line }) => line === null).map(({ seq }) => seq);
    const lines = new Map(wanted.length > 0 ? await linesOf(reader, wanted) : []);
    for (const place of group) yield { ...place, line: place.line ?? lines.get(place.seq)! };
  }
}

async function linesOf(reader: Reader, seqs: readonly number[]): Promise<[seq: number, line: string][]> {
  // SQLite answers at once: without a pause nothing else would be served.
  await setImmediate();
  const rows = await reader.selectFrom('event').select(['seq', 'line']).where('seq', 'in', seqs).execute();
  return rows.map(({ seq, line }) => [seq, line]);
}
