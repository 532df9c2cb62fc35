import { sql } from 'kysely';
import type { Position, Value } from '../paging/page-token.ts';
import { countUpTo, type Sql } from '../paging/sql.ts';
import { atOrAfter, lastBefore, nth, rowsOf, stretches, within } from '../paging/stretches.ts';
import type { Scope, SearchAt } from './at.ts';
import type { Comparison, Filter } from './filter.ts';
import { beyond, equal, type Level } from './levels.ts';
import type { Term } from './text-query.ts';
import { asComparison, type Walk, walksAlong, walksToEnd } from './walks.ts';

/** A part of a list's order that is looked at in one query: rows of tables, among them `walk`. */
export interface Slice {
  from: Sql;
  where: Sql[];
  /** The id of the subject that a row is of. */
  owner: Sql;
  /** The values of the first levels, which are the same throughout. */
  prefix: Position;
  /** The value of the next level, where the rows have it. */
  value?: Sql;
  given?: Comparison | undefined;
  /** Whether a subject may have several rows. */
  several?: boolean | undefined;
  haveWords?: boolean | undefined;
  /** Where it ends, if a page may end there. */
  end?: Position | undefined;
}

/** A list that is walked, and how many rows to look at next. */
export interface Walking {
  at: SearchAt;
  scope: Scope;
  levels: readonly Level[];
  filter?: Filter | undefined;
  words?: Term[] | undefined;
  step: number;
}

/**
 * The order of a list from a position on, cut into slices that look at a bounded number of rows each, whatever these
 * hold: every one is a range of an index. Where many subjects are equal in a key, these are walked along the next key.
 */
export async function* slicesFrom(
  walking: Walking,
  position: Position = [],
  prefix: Position = [],
): AsyncGenerator<Slice> {
  const depth = prefix.length;
  const level = walking.levels[depth]!;
  const start = position[depth];
  if (depth === walking.levels.length - 1) {
    yield* slicesToEnd(walking, level, prefix, start);
    return;
  }
  for (const walk of walksAlong(walking.scope, level, walking.filter)) {
    // Numbers come before text, and text before what is missing.
    if (start === null || (typeof start === 'string' && walk.holds === 'number')) continue;
    yield* slicesAlong(walking, walk, prefix, typeof start === walk.holds ? position : []);
  }
  const isBehind = start === null && position.length === depth + 1;
  if (level.nullable && !isBehind) yield* slicesFrom(walking, start === null ? position : [], [...prefix, null]);
}

/** Along one walk: no slice ends amid subjects that are equal in its value. */
async function* slicesAlong(walking: Walking, walk: Walk, prefix: Position, position: Position): AsyncGenerator<Slice> {
  const depth = prefix.length;
  const level = walking.levels[depth]!;
  let from = position[depth];
  // What is left of the subjects among which the page before ended.
  let rest = position.length > depth + 1 ? position : undefined;
  const slice = (to: Value | undefined): Slice => {
    const deeper = walking.levels.slice(depth + 1);
    const conditions = rest
      ? [
          atOrAfter(walk, level, from!),
          sql`(${walk.value} <> ${from} or ${beyond(deeper, rest.slice(depth + 1))})`,
          ...within(walk, level, undefined, to),
        ]
      : within(walk, level, from, to);
    // Of several values of a subject, only the one that counts.
    if (level.several) conditions.push(sql`${walk.holds === 'number' ? level.number : level.text} = ${walk.value}`);
    return {
      ...sliceOf(walking, walk, prefix, conditions),
      end: to === undefined ? undefined : [...prefix, to],
    };
  };
  const isMany = async (value: Value) => {
    const { few } = walking.at.bounds;
    return (await countUpTo(walking.at, rowsOf(walk, [sql`${walk.value} = ${value}`]), few)) > few;
  };
  for (;;) {
    if (rest && (await isMany(from!))) {
      yield* slicesFrom(walking, rest, [...prefix, from!]);
      rest = undefined;
    }
    const last = await nth(walking, walk, level, from);
    if (last === undefined) {
      yield slice(undefined);
      return;
    }
    const whole = await lastBefore(walking, walk, level, from, last);
    if (whole !== undefined) yield slice(whole);
    else {
      if (rest) yield slice(from!);
      rest = undefined;
      if (await isMany(last)) yield* slicesFrom(walking, [], [...prefix, last]);
      else yield slice(last);
    }
    rest = undefined;
    from = whole ?? last;
  }
}

/** Along the end of the order, by whichever walk gets farthest. */
async function* slicesToEnd(
  walking: Walking,
  level: Level,
  prefix: Position,
  start: Value | undefined,
): AsyncGenerator<Slice> {
  const { scope, levels, filter, words } = walking;
  const same = prefix.flatMap((value, i) => asComparison(levels[i]!, value) ?? []);
  const parts = [...(filter ? [filter] : []), ...same];
  const walks = walksToEnd(scope, level, { op: 'AND', parts }, words);
  for await (const { walk, from, to } of stretches(walking, walks, level, start)) {
    const end = to === undefined ? (prefix.length === 0 ? undefined : prefix) : [...prefix, to];
    yield { ...sliceOf(walking, walk, prefix, within(walk, level, from, to)), end };
  }
}

function sliceOf({ levels }: Walking, walk: Walk, prefix: Position, conditions: Sql[]): Slice {
  const same = prefix.map((value, i) => equal(levels[i]!, value));
  const { from, owner, value, given, several, haveWords } = walk;
  return { from, owner, value, given, several, haveWords, prefix, where: [...walk.where, ...conditions, ...same] };
}
