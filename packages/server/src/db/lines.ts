import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Reader } from './database.ts';
import { isSqlite } from './one-of.ts';
import { BYTES_TOGETHER, inGroups } from './together.ts';

/** A row that tells where a line of the ledger is, and has it along where it is short. */
export interface LinePlace {
  seq: number;
  bytes: number;
  line: string | null;
}

/** Of up to 1,024 rows, all lines that are not longer may come along. */
const SHORT = BYTES_TOGETHER / 1_024;

/** Of longer lines, so many bytes are in memory at a time, or one line. */
const LONG_TOGETHER = BYTES_TOGETHER / 4;

const bytes = sql<number>`octet_length(line)`;

/** What to select of `event` for `withLines`. */
export const LINE_IF_SHORT = [
  bytes.as('bytes'),
  sql<string | null>`case when ${bytes} <= ${sql.lit(SHORT)} then line end`.as('line'),
] as const;

/** A long line may come as its bytes, which are only lent: what is made of it must not share them. */
export type LentLine = string | Buffer;

/** Rows with their lines, in the order given. */
export function withLines<P extends LinePlace>(
  reader: Reader,
  places: readonly P[],
): AsyncGenerator<P & { line: string }> {
  return withRead(reader, places, (line) => ({ line: line.toString() }));
}

/**
 * Rows with what is read of their lines, in the order given. A line may be megabytes long, so that those that did not
 * come along are read a few at a time, and their bytes are given back at once rather than when garbage is collected.
 */
export async function* withRead<P extends LinePlace, T extends object>(
  reader: Reader,
  places: readonly P[],
  read: (line: LentLine) => T,
): AsyncGenerator<P & T> {
  const missing = ({ bytes, line }: LinePlace) => (line === null ? bytes : 0);
  for await (const group of inGroups(places, places.length, missing, LONG_TOGETHER)) {
    const wanted = group.filter(({ line }) => line === null).map(({ seq }) => seq);
    const lines = new Map(wanted.length > 0 ? await linesOf(reader, wanted) : []);
    // An event of several subjects may stand in more than one row.
    const lastOf = new Map(group.map(({ seq }, i) => [seq, i]));
    for (const [i, place] of group.entries()) {
      const line = place.line ?? lines.get(place.seq)!;
      const found = read(line);
      if (typeof line !== 'string' && lastOf.get(place.seq) === i) giveBack(line);
      yield { ...place, ...found };
    }
  }
}

async function linesOf(reader: Reader, seqs: readonly number[]): Promise<[seq: number, line: LentLine][]> {
  // SQLite answers at once: without a pause nothing else would be served.
  await setImmediate();
  // Its driver takes ten times as long to make a text of letters that are not Latin as to copy the bytes.
  const line = isSqlite(reader) ? sql<LentLine>`cast(line as blob)` : sql<LentLine>`line`;
  const rows = await reader
    .selectFrom('event')
    .select(['seq', line.as('line')])
    .where('seq', 'in', seqs)
    .execute();
  return rows.map((row) => [row.seq, row.line]);
}

function giveBack({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
