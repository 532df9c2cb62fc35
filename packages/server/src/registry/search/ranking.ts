import { sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import type { Sql } from '../paging/sql.ts';
import type { Noun } from './filter.ts';
import { ALL_IN_NAME, FIELDS, type Field, type Term, toMatch, toTsquery, WEIGHTS } from './text-query.ts';

/** The ids of all subjects that hold every word. */
export function hits(noun: Noun, words: Term[], dialect: Dialect): Sql {
  const table = sql.table(`${noun}_text`);
  if (dialect === 'postgres') return sql`select id from ${table} where words @@ ${toTsquery({ all: words })}::tsquery`;
  return sql`select rowid as id from ${table} where ${table} match ${toMatch({ all: words })}`;
}

/** Whether the subject of a row holds every word. */
export function holdsWords(noun: Noun, words: Term[], dialect: Dialect): Sql {
  const table = sql.table(`${noun}_text`);
  const id = sql.ref(`${noun}.id`);
  if (dialect === 'postgres')
    return sql`(select words @@ ${toTsquery({ all: words })}::tsquery from ${table} as t where t.id = ${id})`;
  return sql`exists (select 1 from ${table} where ${table} match ${toMatch({ all: words })}
    and ${sql.ref(`${noun}_text.rowid`)} = ${id})`;
}

/** An integer, so that it is the same on both databases (their own ranks are not): see rankOf. */
export function rankExpression(noun: Noun, words: Term[], dialect: Dialect): Sql {
  const points = (term: Term, field: Field, weight: number) =>
    sql`case when ${holds(noun, term, field, words, dialect)} then ${sql.raw(String(weight))} else 0 end`;
  const fields = FIELDS.map((field) => points({ any: words }, field, WEIGHTS[field]));
  return sql`(${sql.join([...fields, points({ all: words }, 'name', ALL_IN_NAME)], sql` + `)})`;
}

/** Of a row that holds every word. On SQLite the words stand beside the term: so common a word in a field is not listed. */
function holds(noun: Noun, term: Term, field: Field, words: Term[], dialect: Dialect): Sql {
  const table = sql.table(`${noun}_text`);
  const id = sql.ref(`${noun}.id`);
  if (dialect === 'postgres') {
    const query = sql`${toTsquery(term, field)}::tsquery`;
    return sql`exists (select 1 from ${table} as t where t.id = ${id} and t.words @@ ${query})`;
  }
  const match = `(${toMatch(term, field)}) AND ${toMatch({ all: words })}`;
  return sql`${id} in (select rowid from ${table} where ${table} match ${match})`;
}
