import { sql } from 'kysely';
import type { Sql } from '../paging/sql.ts';
import { headOf } from './facets.ts';
import type { Comparison, Operator } from './filter.ts';
import { afterPrefix, prefixOf } from './like.ts';
import { compared, onInteger } from './predicate.ts';

/**
 * What a comparison asks of an index in order of a text: a range that holds every match, and perhaps more. Undefined
 * where the matches stand anywhere. `cut`: of each text the index has the first 64 characters.
 */
export function textRange(column: Sql, { op, values }: Comparison, cut: boolean): Sql | undefined {
  const texts = values.filter((value) => typeof value === 'string').map((text) => (cut ? headOf(text) : text));
  if (texts.length !== values.length || texts.length === 0) return undefined;
  const text = texts[0]!;
  if (op === 'LIKE') return prefixRange(column, headOf(prefixOf(text)));
  if (op === '=' || op === 'IN') return compared(column, op, texts);
  if (op.startsWith('<') || op.startsWith('>')) return compared(column, `${op[0]}=` as Operator, [text]);
  return undefined;
}

/** The same for numbers; booleans are 0 and 1. */
export function numberRange(column: Sql, { op, values }: Comparison, whole: boolean): Sql | undefined {
  const numbers = values.filter((value) => typeof value !== 'string').map(Number);
  const isRange = op === '=' || op === 'IN' || op.startsWith('<') || op.startsWith('>');
  if (!isRange || numbers.length !== values.length) return undefined;
  return whole ? onInteger(column, op, numbers) : compared(column, op, numbers);
}

/** All texts that begin so; undefined where that is all there are. */
export function prefixRange(column: Sql, prefix: string): Sql | undefined {
  const end = afterPrefix(prefix);
  return prefix === '' || end === undefined ? undefined : sql`(${column} >= ${prefix} and ${column} < ${end})`;
}
