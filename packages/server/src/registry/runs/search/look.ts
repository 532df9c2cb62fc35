import { type RawBuilder, sql } from 'kysely';
import { startClock } from '../../paging/clock.ts';
import type { Position } from '../../paging/page-token.ts';
import { all, type Sql } from '../../paging/sql.ts';
import type { SearchAt } from '../../search/at.ts';
import { QueryError } from '../../search/errors.ts';
import { beyond, columnsOf, comparePositions, type Level, orderBy, positionOf } from '../../search/levels.ts';
import { effortOf, type Filter, required } from './filter.ts';
import type { Noun } from './nouns.ts';
import { type DatasetAsked, idOf, predicate } from './predicate.ts';
import { type Ground, groundsOf, inScope, type Scope } from './scope.ts';
import { partsOf } from './walk.ts';

/** What is looked for, and in which order. */
export interface Sought {
  noun: Noun;
  scope: Scope;
  levels: readonly Level[];
  filter: Filter | undefined;
  datasets?: readonly DatasetAsked[] | undefined;
  /** What else a row must be. */
  besides?: readonly Sql[];
  position: Position | undefined;
}

export interface Found {
  id: string | number;
  position: Position;
}

export interface Looked {
  found: Found[];
  /** Where the search ended before there were enough, because it took long; it may go on from there. */
  next?: Position;
}

/** Milliseconds of work on what has to be sorted as a whole. */
const GATHERING = 5_000;
/** So many rows may be looked at before anything was measured, where each takes an effort of 1. */
const ROWS = 20_000;

/** The first rows of a search after a position, at most `enough`. */
export async function look(at: SearchAt, sought: Sought, enough: number): Promise<Looked> {
  const named = byIndex(sought);
  const { noun, scope, levels } = sought;
  if (named) return { found: await take(at, sought, [...inScope(noun, at.dialect, scope), named], enough) };
  const grounds = groundsOf(noun, at.dialect, scope);
  const isInOrder = levels[0]!.key === `attribute.${noun.time}`;
  const [only] = grounds;
  return only && grounds.length === 1 && isInOrder
    ? lookAlong(at, sought, only, enough)
    : gather(at, sought, grounds, enough);
}

/** Along the order of the list: it ends as soon as there is enough. */
async function lookAlong(at: SearchAt, sought: Sought, ground: Ground, enough: number): Promise<Looked> {
  const { noun, levels, filter, position } = sought;
  const clock = startClock(at.dialect, at.bounds.patience);
  // Without a filter the index itself has the rows that are asked for.
  const isPlain = filter === undefined && ground.ranges.length === 1 && !sought.besides;
  const pace = { at, step: isPlain ? Number.POSITIVE_INFINITY : stepOf(at, filter, 2 * enough) };
  const found: Found[] = [];
  // A page that ended early left nothing behind of the moment at which it did.
  const start = position && { at: position[0] as number, within: position.length > 1 };
  for await (const part of partsOf(pace, noun, ground, levels[0]!.desc, start)) {
    found.push(...(await take(at, sought, [...ground.within, ...part.where], enough - found.length)));
    if (found.length >= enough || part.to === undefined) break;
    pace.step = clock.paced(pace.step);
    if (clock.isOver()) return { found, next: [part.to] };
    await clock.rest();
  }
  return { found };
}

/** Looks at everything, and keeps the first ones in order. */
async function gather(at: SearchAt, sought: Sought, grounds: Ground[], enough: number): Promise<Looked> {
  const clock = startClock(at.dialect, at.bounds.patience * (GATHERING / 1_000));
  const compare = comparePositions(sought.levels);
  const pace = { at, step: stepOf(at, sought.filter, 2_048) };
  let found: Found[] = [];
  for (const ground of grounds)
    for await (const part of partsOf(pace, sought.noun, ground, true, undefined)) {
      const some = await take(at, sought, [...ground.within, ...part.where], enough);
      if (some.length > 0) found = [...found, ...some].sort(compare).slice(0, enough);
      pace.step = clock.paced(pace.step);
      clock.assertInTime(tooLong);
      await clock.rest();
    }
  return { found };
}

function tooLong(): Error {
  return new QueryError('filter', 'this takes too long: search fewer experiments, or use fewer and shorter patterns');
}

function stepOf({ bounds }: SearchAt, filter: Filter | undefined, rows: number): number {
  return Math.max(1, Math.min(Math.max(bounds.step, rows), Math.floor(ROWS / effortOf(filter))));
}

/** That a row is one of few that an index has together, where the filter says so. */
function byIndex({ noun, filter }: Sought): Sql | undefined {
  const one = required(filter).find(
    ({ family, name, op }) => family === 'attribute' && noun.columns[name]!.indexed && (op === '=' || op === 'IN'),
  );
  return one && sql`${sql.ref(`${noun.table}.${one.name}`)} in (${sql.join([...one.values])})`;
}

async function take(at: SearchAt, sought: Sought, where: readonly Sql[], limit: number): Promise<Found[]> {
  const { noun, levels, filter, datasets, position, besides = [] } = sought;
  const columns = columnsOf(levels).map(({ expression, as }) => sql`, ${expression} as ${sql.ref(as)}`);
  const conditions = [...where, ...besides];
  if (filter) conditions.push(sql`(${predicate(filter, { noun, dialect: at.dialect, datasets })})`);
  if (position) conditions.push(beyond(levels, position));
  const query = sql`select ${idOf(noun)} as id${sql.join(columns, sql``)} from ${sql.table(noun.table)}
    where ${all(conditions)} order by ${orderBy(levels)} limit ${limit}` as RawBuilder<Record<string, unknown>>;
  const { rows } = await query.execute(at.read);
  return rows.map((row) => ({ id: row.id as string | number, position: positionOf(levels, row) }));
}
