import { sql } from 'kysely';
import type { Model } from '../contract/model.ts';
import type { Version } from '../contract/version.ts';
import { seqAt } from '../events/moments.ts';
import type { ListParts, Query } from './lists.ts';
import { type Clock, startClock } from './paging/clock.ts';
import { type Position, sealToken } from './paging/page-token.ts';
import { opened, type Page } from './paging/pages.ts';
import { countUpTo, type Sql } from './paging/sql.ts';
import { type Candidate, modelsInOrder, namesBefore, versionsInOrder, type Walk } from './past.ts';
import { modelAt } from './past-refs.ts';
import { QueryError } from './search/errors.ts';
import { matches } from './search/evaluate.ts';
import { type Filter, isComparison, type Noun, printFilter } from './search/filter.ts';
import { placeOf } from './search/keys.ts';
import { withEnd } from './search/levels.ts';
import { type Doc, pageOf } from './search/page.ts';
import { type SortKey, sortOf } from './search/sort.ts';
import { queryOf, type Term } from './search/text-query.ts';

/** Documents of the past are held in memory until the page is sorted out. */
const PAST_TOGETHER = 100;
/** So many are replayed for one page where their order shows only then. */
const MOST_REPLAYED = 10_000;
/** Milliseconds that this may take; PostgreSQL works elsewhere meanwhile. */
const MOST_WORK = { sqlite: 4_000, postgres: 30_000 };

/** Models as they were at a moment, in epoch milliseconds. */
export async function pastModels(parts: ListParts, query: Query, at: number): Promise<Page<Model>> {
  const { read } = parts;
  const seq = await seqAt(read, at);
  const asked = toAsked(parts, 'model', query, `models as of ${at}`);
  const withVersions = asksOfVersions(asked);
  if (withVersions) await assertFew(parts, sql`version`, 'versions');
  const names = isInOrder(asked) ? await namesBefore(read, seq) : undefined;
  const candidates = (from: Walk, others: Map<number, string>, clock: Clock) =>
    modelsInOrder(read, seq, from, others, withVersions ? clock : undefined);
  if (names)
    return walk(
      parts,
      asked,
      (clock) => candidates(walkOf(asked), names, clock),
      ({ model }) => model,
    );
  await assertFew(parts, sql`model`, 'models');
  return sorted(
    parts,
    asked,
    (clock) => candidates(FROM_THE_BEGINNING, new Map(), clock),
    ({ model }) => model,
  );
}

/** Versions as they were at a moment, of one model, by its name of then, or of all. */
export async function pastVersions(parts: ListParts, query: Query, at: number, name?: string): Promise<Page<Version>> {
  const { read } = parts;
  const seq = await seqAt(read, at);
  const model_id = name === undefined ? undefined : (await modelAt(read, name, seq)).id;
  const within = model_id === undefined ? query : { ...query, model_id };
  const asked = toAsked(parts, 'version', within, `versions ${model_id} as of ${at}`);
  const candidates = (from: Walk) => versionsInOrder(read, seq, from, model_id);
  if (isInOrder(asked))
    return walk(
      parts,
      asked,
      () => candidates(walkOf(asked)),
      ({ version }) => version,
    );
  await assertFew(parts, model_id === undefined ? sql`version` : sql`version where model_id = ${model_id}`, 'versions');
  return sorted(
    parts,
    asked,
    () => candidates(FROM_THE_BEGINNING),
    ({ version }) => version,
  );
}

interface Asked {
  sort: SortKey[];
  filter: Filter | undefined;
  words: Term[] | undefined;
  page_size: number;
  after: Position | undefined;
  seal(position: Position): string;
}

function toAsked({ tokenKey }: ListParts, noun: Noun, query: Query, door: string): Asked {
  const { filter, page_token } = query;
  const words = queryOf(query.q);
  const sort = withEnd(noun, query.model_id, sortOf(noun, query, words !== undefined));
  const scope = JSON.stringify([door, filter ? printFilter(filter) : null, words ?? null, sort]);
  return {
    sort,
    filter,
    words,
    page_size: Math.min(query.page_size, PAST_TOGETHER),
    after: page_token === undefined ? undefined : opened(tokenKey, scope, page_token),
    seal: (position) => sealToken(tokenKey, scope, position),
  };
}

/** Whether the order is that of something that does not change: then the rows of today tell the order of then. */
function isInOrder({ sort, words }: Asked): boolean {
  return sort.length === 1 && words === undefined;
}

const FROM_THE_BEGINNING: Walk = { desc: false, after: undefined };

function walkOf({ sort, after }: Asked): Walk {
  return { desc: sort[0]!.desc, after };
}

/** A page in the order of the candidates. It ends early where it takes long. */
async function walk<D extends Doc, Item>(
  { dialect }: ListParts,
  { filter, page_size, seal }: Asked,
  candidates: (clock: Clock) => AsyncGenerator<Candidate<D>>,
  toItem: (doc: D) => Item,
): Promise<Page<Item>> {
  const clock = startClock(dialect);
  const items: Item[] = [];
  let last: Position | undefined;
  for await (const { position, doc } of candidates(clock)) {
    if (doc && (filter === undefined || matches(filter, doc))) {
      if (items.length === page_size) return { items, next_page_token: seal(last!) };
      items.push(toItem(doc));
    }
    last = position;
    if (clock.isOver()) return { items, next_page_token: seal(position) };
    await clock.rest();
  }
  return { items, next_page_token: null };
}

/** A page of all candidates, in an order that shows only when all are replayed. */
async function sorted<D extends Doc, Item>(
  { dialect }: ListParts,
  { sort, filter, words, page_size, after, seal }: Asked,
  candidates: (clock: Clock) => AsyncGenerator<Candidate<D>>,
  toItem: (doc: D) => Item,
): Promise<Page<Item>> {
  async function* documents() {
    const clock = startClock(dialect, MOST_WORK[dialect]);
    for await (const { doc } of candidates(clock)) {
      if (doc) yield doc;
      clock.assertInTime(() => new QueryError('as_of', `this list of the past takes too long: ${LESS}`));
      await clock.rest();
    }
  }
  const { docs, next } = await pageOf(documents(), {
    sort,
    page_size,
    ...(filter && { filter }),
    ...(words && { words }),
    ...(after && { after }),
  });
  return { items: docs.map(toItem), next_page_token: next && seal(next) };
}

async function assertFew({ read }: ListParts, rows: Sql, what: string): Promise<void> {
  const count = await countUpTo({ read }, rows, MOST_REPLAYED);
  if (count > MOST_REPLAYED)
    throw new QueryError(
      'as_of',
      `more than ${MOST_REPLAYED} ${what} would have to be replayed for this list of the past: ${LESS}`,
    );
}

const LESS = 'leave out q and sort, do not filter models by their versions, or ask for the versions of one model';

/** Whether a filter or an order of models looks at their versions. */
function asksOfVersions({ filter, sort }: Asked): boolean {
  const keys = [...(filter ? keysOf(filter) : []), ...sort.map(({ key }) => key)];
  return keys.some((key) => placeOf('model', key)?.of === 'version');
}

function keysOf(filter: Filter): string[] {
  if (isComparison(filter)) return [filter.key];
  return filter.op === 'NOT' ? keysOf(filter.part) : filter.parts.flatMap(keysOf);
}
