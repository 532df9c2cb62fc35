import { sql } from 'kysely';
import { isOneOf, listOf } from '../../db/one-of.ts';
import type { Sql } from '../paging/sql.ts';
import type { SearchAt } from './at.ts';
import type { Noun } from './filter.ts';
import { rankOf, type Term } from './text-query.ts';
import { textRow } from './words.ts';

/** So many subjects are ranked by what their documents say, if no text of one is longer. */
const FEW = 50;
const LONG = 8_192;

interface Texts {
  id: number;
  name: string;
  tags: string;
  description: string | null;
  card: string | null;
  long: number;
}

/**
 * The rank of a few subjects, as an expression over their table: asking the full-text index once for each field costs more
 * than reading so few documents, and the more the larger it is. Undefined where they are many or long, and on
 * PostgreSQL, which has the words of a row beside it.
 */
export async function ranksOfFew(
  { read, dialect }: SearchAt,
  noun: Noun,
  ids: readonly number[],
  words: readonly Term[],
): Promise<Sql | undefined> {
  if (dialect !== 'sqlite' || ids.length > FEW) return undefined;
  const name =
    noun === 'model' ? sql`model.name` : sql`(select model.name from model where model.id = version.model_id)`;
  const { rows } = await sql<Texts>`select id, ${name} as name, tags, description,
      case when length(card) <= ${LONG} then card end as card,
      max(length(tags), coalesce(length(description), 0), coalesce(length(card), 0)) > ${LONG} as long
    from ${sql.table(noun)} where ${isOneOf(read, 'id', listOf(read, ids), 'bigint')}`.execute(read);
  if (rows.some(({ long }) => long)) return undefined;
  const ranks = rows.map(({ id, name, tags, description, card }) => {
    const tokens = textRow({ name, tags: JSON.parse(tags), description, card });
    return [id, rankOf(tokens, words) ?? 0];
  });
  const found = JSON.stringify(Object.fromEntries(ranks));
  return sql`json_extract(${found}, '$."' || ${sql.ref(`${noun}.id`)} || '"')`;
}
