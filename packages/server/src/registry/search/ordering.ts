import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from '../../db/database.ts';
import type { Noun } from './filter.ts';
import { placeOf } from './keys.ts';
import type { Position } from './page-token.ts';
import { facetsOfOne } from './predicate.ts';
import { rankExpression } from './ranking.ts';
import { NEWEST, RANK, type SortKey } from './sort.ts';
import type { Term } from './text-query.ts';

/** One expression of an ORDER BY. `as` is its name in the page where it is no plain column. */
export interface Part {
  expression: RawBuilder<unknown>;
  desc: boolean;
  nullable: boolean;
  as?: string;
  /** The row's field that holds its value. */
  field: string;
}

/** The expressions of a sort. The id ends it, in the direction of the last key, so that one index serves both. */
export function partsOf(noun: Noun, sort: readonly SortKey[], words: Term[] | undefined, dialect: Dialect): Part[] {
  const parts = sort.flatMap(({ key, desc }, i): Part[] => {
    if (key === NEWEST) return [];
    if (key === RANK) {
      const expression = rankExpression(noun, words!, dialect);
      return [{ expression, desc, nullable: false, as: `s${i}`, field: `s${i}` }];
    }
    const place = placeOf(noun, key)!;
    if (place.column === undefined) return facetParts(noun, key, desc, i, dialect);
    const field = noun === 'version' && key === 'name' ? 'model' : place.column;
    const expression = sql.ref(`${place.of}.${place.column}`);
    return [{ expression, desc, nullable: place.nullable === true, field }];
  });
  const desc = sort.at(-1)?.desc === true;
  return [...parts, { expression: sql.ref(`${noun}.id`), desc, nullable: false, field: 'id' }];
}

/**
 * A facet sorts by its number, and then by the first 64 characters of its text: numbers before text (and NaN) before
 * what is missing. Of several values, and of the versions of a model, the one that comes first counts.
 */
function facetParts(noun: Noun, key: string, desc: boolean, i: number, dialect: Dialect): Part[] {
  const place = placeOf(noun, key)!;
  const best = sql.raw(desc ? 'max' : 'min');
  const owner = sql.ref(`${place.of}_facet.${place.of}_id`);
  const facet = facetsOfOne(place.of, dialect);
  const across = noun === 'model' && place.of === 'version';
  const rows = across
    ? sql`${facet} inner join version on version.id = ${owner} where version.model_id = model.id and version.deregistered is null`
    : sql`${facet} where ${owner} = ${sql.ref(`${noun}.id`)}`;
  const part = (value: RawBuilder<unknown>, as: string): Part => {
    const expression = sql`(select ${best}(${value}) from ${rows} and key = ${key})`;
    return { expression, desc, nullable: true, as, field: as };
  };
  const text = part(sql`case when num is null then head end`, `s${i}t`);
  return place.type === 'text' ? [text] : [part(sql`num`, `s${i}n`), text];
}

export function orderBy(parts: readonly Part[], of: (part: Part) => RawBuilder<unknown>): RawBuilder<unknown> {
  const terms = parts.map((part) => {
    const direction = sql.raw(`${part.desc ? 'desc' : 'asc'}${part.nullable ? ' nulls last' : ''}`);
    return sql`${of(part)} ${direction}`;
  });
  return sql.join(terms);
}

/** The rows that come after a position. */
export function after(parts: readonly Part[], position: Position): RawBuilder<unknown> {
  const first = parts[0]!;
  const alike = parts.every((part) => !part.nullable && part.desc === first.desc);
  if (alike) {
    const row = sql.join(parts.map((part) => part.expression));
    return sql`(${row}) ${sign(first)} (${sql.join(position)})`;
  }
  const rest = afterFrom(parts, position, 0);
  // The same again as a range of the first key, which an index can start from.
  return first.nullable ? rest : sql`${first.expression} ${sign(first)}= ${position[0]} and (${rest})`;
}

function afterFrom(parts: readonly Part[], position: Position, i: number): RawBuilder<unknown> {
  const part = parts[i]!;
  const value = position[i];
  // The id ends it: nothing else can be equal.
  if (i === parts.length - 1) return sql`${part.expression} ${sign(part)} ${value}`;
  const rest = afterFrom(parts, position, i + 1);
  if (value === null) return sql`(${part.expression} is null and ${rest})`;
  const beyond = sql`${part.expression} ${sign(part)} ${value}`;
  const missing = part.nullable ? sql` or ${part.expression} is null` : sql``;
  return sql`(${beyond}${missing} or (${part.expression} = ${value} and ${rest}))`;
}

function sign({ desc }: Part): RawBuilder<unknown> {
  return sql.raw(desc ? '<' : '>');
}
