import { sql } from 'kysely';
import { countUpTo, type Sql } from '../paging/sql.ts';
import { isAmongFirst, isBeyondFirst, type Scope, type SearchAt } from './at.ts';
import { type Comparison, type Filter, isComparison } from './filter.ts';
import { placeOf } from './keys.ts';
import { numberRange, textRange } from './ranges.ts';

/** Subjects that an index has together: a `select` of their ids, which may name one twice. */
export type Rows = Sql;

/** How many parts of a filter are counted at most, and of how many indexes one part may be put together. */
const PROBED = 8;
const TOGETHER = 100;
/** So few that no other part is counted. */
const HANDFUL = 50;

/** What indexes have together of a part. `first`: besides, the first versions of the model may match, whose texts are in none. */
interface Together {
  rows: Rows[];
  first?: boolean;
}

/** Of the parts of a filter that every match satisfies, the one that the fewest rows do, if these are few. */
export async function fewestOf(at: SearchAt, scope: Scope, parts: readonly Filter[]): Promise<Rows | undefined> {
  let found: { part: Together; count: number } | undefined;
  for (const part of parts.flatMap((one) => togetherOf(scope, one) ?? []).slice(0, PROBED)) {
    const count = await countUpTo(at, sql`(${union(part.rows)}) as few`, at.bounds.few);
    if (count <= at.bounds.few && count < (found?.count ?? Infinity)) found = { part, count };
    if (count <= HANDFUL) break;
  }
  return found && union([...found.part.rows, ...(found.part.first ? [firstOf(scope)] : [])]);
}

const union = (rows: readonly Rows[]): Rows => sql.join([...rows], sql` union all `);

const firstOf = ({ model_id }: Scope): Rows =>
  sql`select id from version where model_id = ${model_id} and ${isAmongFirst('number')}`;

/** All rows that may satisfy a filter, if indexes have them together. */
function togetherOf(scope: Scope, filter: Filter): Together | undefined {
  const together = isComparison(filter) ? ofComparison(scope, filter) : ofParts(scope, filter);
  return together && together.rows.length <= TOGETHER ? together : undefined;
}

function ofParts(scope: Scope, filter: Exclude<Filter, Comparison>): Together | undefined {
  if (filter.op === 'NOT') return undefined;
  const parts = filter.parts.map((part) => (isComparison(part) ? ofComparison(scope, part) : ofParts(scope, part)));
  if (filter.op === 'AND') return parts.find((part) => part !== undefined);
  if (!parts.every((part) => part !== undefined)) return undefined;
  return { rows: parts.flatMap(({ rows }) => rows), first: parts.some(({ first }) => first) };
}

/** Other columns that have an index of their own. */
const INDEXED = new Set([
  'digest',
  'number',
  'created_at',
  'updated_at',
  'size_bytes',
  'latest_version',
  'version_count',
]);

function ofComparison({ noun, model_id }: Scope, one: Comparison): Together | undefined {
  const { of, column, listed, indexed } = placeOf(noun, one.key)!;
  if (column !== undefined && !listed && !indexed && !INDEXED.has(column)) return undefined;
  const inFacets = column === undefined || listed === true;
  const inModel = model_id !== undefined && of === 'version';
  // Values of each type stand in another place of the index.
  const groups = [
    one.values.filter((value) => typeof value === 'string'),
    one.values.filter((value) => typeof value !== 'string'),
  ];
  const ranges = groups
    .filter((values) => values.length > 0)
    .map((values) => {
      const some = { ...one, values };
      if (typeof values[0] === 'string') {
        const range = textRange(sql.ref(inFacets ? 'found.head' : `found.${column}`), some, inFacets);
        return range && inModel && inFacets ? sql`${range} and ${isBeyondFirst('found.number')}` : range;
      }
      return numberRange(sql.ref(inFacets ? 'found.num' : `found.${column}`), some, !inFacets);
    });
  if (ranges.length === 0 || ranges.some((range) => range === undefined)) return undefined;
  const table = sql.table(inFacets ? `${of}_facet` : of);
  const key = inFacets ? sql`found.key = ${one.key} and ` : indexed ? sql`found.deregistered is null and ` : sql``;
  const within = inModel ? sql` and found.model_id = ${model_id}` : sql``;
  const own = inFacets ? `found.${of}_id` : 'found.id';
  const first = inModel && inFacets && groups[0]!.length > 0;
  const rows = ranges.map((range) => {
    if (of === noun) return sql`select ${sql.ref(own)} as id from ${table} as found where ${key}${range}${within}`;
    if (noun === 'model') return sql`select found.model_id as id from ${table} as found where ${key}${range}`;
    return sql`select of_found.id as id from ${table} as found cross join version as of_found
      where ${key}${range} and of_found.model_id = ${sql.ref(own)}`;
  });
  return { rows, first };
}
