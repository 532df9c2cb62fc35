import { sql } from 'kysely';
import type { Dialect, Writer } from '../../db/database.ts';
import type { FacetRow } from './facets.ts';
import type { Noun } from './filter.ts';
import { toTsvector } from './text-query.ts';
import { type TextFields, textRow } from './words.ts';

/** Where the index is written: the transaction of the change itself. */
export interface IndexAt {
  tx: Writer;
  dialect: Dialect;
}

const ROWS_AT_ONCE = 500;

/** Puts a subject's words into the full-text index, in place of what was there. */
export async function writeText({ tx, dialect }: IndexAt, noun: Noun, id: number, fields: TextFields): Promise<void> {
  const table = sql.table(`${noun}_text`);
  const tokens = textRow(fields);
  if (dialect === 'postgres') {
    await sql`insert into ${table} (id, words) values (${id}, ${toTsvector(tokens)}::tsvector)
      on conflict (id) do update set words = excluded.words`.execute(tx);
    return;
  }
  const [name, tags, description, card] = [tokens.name, tokens.tags, tokens.description, tokens.card].map((all) =>
    all.join(' '),
  );
  await sql`insert or replace into ${table} (rowid, name, tags, description, card)
    values (${id}, ${name}, ${tags}, ${description}, ${card})`.execute(tx);
}

/** Takes a subject out of the full-text index. */
export async function removeText({ tx, dialect }: IndexAt, noun: Noun, id: number): Promise<void> {
  await sql`delete from ${sql.table(`${noun}_text`)}
    where ${sql.ref(dialect === 'postgres' ? 'id' : 'rowid')} = ${id}`.execute(tx);
}

/** Replaces a subject's facets; none removes them. */
export async function writeFacets({ tx }: IndexAt, noun: Noun, id: number, rows: readonly FacetRow[]): Promise<void> {
  const table = sql.table(`${noun}_facet`);
  const owner = sql.ref(`${noun}_id`);
  await sql`delete from ${table} where ${owner} = ${id}`.execute(tx);
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const values = rows
      .slice(from, from + ROWS_AT_ONCE)
      .map((row) => sql`(${id}, ${row.key}, ${row.head}, ${row.text}, ${row.folded}, ${row.num})`);
    await sql`insert into ${table} (${owner}, key, head, text, folded, num) values ${sql.join(values)}`.execute(tx);
  }
}
