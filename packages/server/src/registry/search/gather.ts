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

/** Of the parts of a filter that every match satisfies, the one that the fewest rows do, if these are few. */
export async function fewest(at: SearchAt, scope: Scope, parts: readonly Filter[]): Promise<Rows | undefined> {
  let found: { rows: Rows; count: number } | undefined;
  for (const rows of parts.flatMap((part) => rowsThat(scope, part) ?? []).slice(0, PROBED)) {
    const count = await countUpTo(at, sql`(${rows}) as few`, at.bounds.few);
    if (count <= at.bounds.few && count < (found?.count ?? Infinity)) found = { rows, count };
    if (count <= HANDFUL) break;
  }
  return found?.rows;
}

/** All rows that may satisfy a filter, if indexes have them together. */
function rowsThat(scope: Scope, filter: Filter): Rows | undefined {
  const together = isComparison(filter) ? ofComparison(scope, filter) : ofParts(scope, filter);
  return together && together.length <= TOGETHER ? sql.join([...together], sql` union all `) : undefined;
}

function ofParts(scope: Scope, filter: Exclude<Filter, Comparison>): Rows[] | undefined {
  if (filter.op === 'NOT') return undefined;
  const parts = filter.parts.map((part) => (isComparison(part) ? ofComparison(scope, part) : ofParts(scope, part)));
  if (filter.op === 'AND') return parts.find((part) => part !== undefined);
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
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

function ofComparison({ noun, model_id }: Scope, one: Comparison): Rows[] | undefined {
  const { of, column, listed, indexed } = placeOf(noun, one.key)!;
  if (column !== undefined && !listed && !indexed && !INDEXED.has(column)) return undefined;
  const inFacets = column === undefined || listed === true;
  // Values of each type stand in another place of the index.
  const groups = [
    one.values.filter((value) => typeof value === 'string'),
    one.values.filter((value) => typeof value !== 'string'),
  ];
  const ranges = groups
    .filter((values) => values.length > 0)
    .map((values) => {
      const some = { ...one, values };
      if (typeof values[0] === 'string')
        return textRange(sql.ref(inFacets ? 'found.head' : `found.${column}`), some, inFacets);
      return numberRange(sql.ref(inFacets ? 'found.num' : `found.${column}`), some, !inFacets);
    });
  if (ranges.length === 0 || ranges.some((range) => range === undefined)) return undefined;
  const table = sql.table(inFacets ? `${of}_facet` : of);
  const key = inFacets ? sql`found.key = ${one.key} and ` : indexed ? sql`found.deregistered is null and ` : sql``;
  const inModel = model_id !== undefined && of === 'version';
  const within = inModel ? sql` and found.model_id = ${model_id}` : sql``;
  const own = inFacets ? `found.${of}_id` : 'found.id';
  // The texts of the first versions of a model are in no index of its own: they are all among those that may match.
  if (inModel && inFacets && groups[0]!.length > 0) {
    const first = sql`select id from version where model_id = ${model_id} and ${isAmongFirst('number')}`;
    const beyond = (range: Sql | undefined, i: number) =>
      i === 0 ? sql`${range} and ${isBeyondFirst('found.number')}` : range;
    return [
      first,
      ...ranges.map(
        (range, i) => sql`select found.version_id as id from ${table} as found
      where ${key}${beyond(range, i)}${within}`,
      ),
    ];
  }
  return ranges.map((range) => {
    if (of === noun) return sql`select ${sql.ref(own)} as id from ${table} as found where ${key}${range}${within}`;
    if (noun === 'model') return sql`select found.model_id as id from ${table} as found where ${key}${range}`;
    return sql`select of_found.id as id from ${table} as found cross join version as of_found
      where ${key}${range} and of_found.model_id = ${sql.ref(own)}`;
  });
}
