import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import type { Noun } from './filter.ts';
import { ALL_IN_NAME, FIELDS, type Field, type Term, toMatch, toTsquery, WEIGHTS } from './text-query.ts';

/** The subjects that hold every word. */
export function hitCondition(noun: Noun, words: Term[], dialect: Dialect): RawBuilder<unknown> {
  return holds(noun, { all: words }, undefined, dialect);
}

/** The rows of the full-text index that hold every word. */
export function hits(noun: Noun, words: Term[], dialect: Dialect): RawBuilder<unknown> {
  const table = sql.table(`${noun}_text`);
  if (dialect === 'postgres') return sql`${table} where words @@ ${toTsquery({ all: words })}::tsquery`;
  return sql`${table} where ${table} match ${toMatch({ all: words })}`;
}

/** An integer, so that it is the same on both databases (their own ranks are not): see rankOf. */
export function rankExpression(noun: Noun, words: Term[], dialect: Dialect): RawBuilder<unknown> {
  const points = (term: Term, field: Field, weight: number) =>
    sql`case when ${holds(noun, term, field, dialect)} then ${sql.raw(String(weight))} else 0 end`;
  const fields = FIELDS.map((field) => points({ any: words }, field, WEIGHTS[field]));
  return sql`(${sql.join([...fields, points({ all: words }, 'name', ALL_IN_NAME)], sql` + `)})`;
}

function holds(noun: Noun, term: Term, field: Field | undefined, dialect: Dialect): RawBuilder<unknown> {
  const table = sql.table(`${noun}_text`);
  const id = sql.ref(`${noun}.id`);
  if (dialect === 'postgres') {
    const query = sql`${toTsquery(term, field)}::tsquery`;
    if (field === undefined) return sql`${id} in (select id from ${table} where words @@ ${query})`;
    return sql`exists (select 1 from ${table} as t where t.id = ${id} and t.words @@ ${query})`;
  }
  return sql`${id} in (select rowid from ${table} where ${table} match ${toMatch(term, field)})`;
}
