import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { BOUNDS, type Bounds } from '../../src/registry/search/at.ts';
import { type Filter, type Noun, printFilter, propertyKey, quoteSegment } from '../../src/registry/search/filter.ts';
import { parseFilter } from '../../src/registry/search/grammar.ts';
import { withEnd } from '../../src/registry/search/levels.ts';
import { pageOf } from '../../src/registry/search/page.ts';
import { type PageOf, type SearchQuery, searchModels, searchVersions } from '../../src/registry/search/search.ts';
import { sortOf } from '../../src/registry/search/sort.ts';
import { queryOf } from '../../src/registry/search/text-query.ts';
import { databases } from '../support/databases.ts';
import { filters, METRICS, PATHS, TAGS, twins, WORDS } from './search-arbitrary.ts';
import { documents, insertDocuments } from './search-documents.ts';

const { models } = documents();
const alive = {
  model: models.filter(({ model }) => model.deregistered === null),
  version: models
    .filter(({ model }) => model.deregistered === null)
    .flatMap(({ versions }) => versions())
    .filter(({ version }) => version.deregistered === null),
};
const token_key = new Uint8Array(32).fill(7);

/** The ids of every page, one after the other. */
async function walk(db: Database, noun: Noun, query: SearchQuery, bounds?: Bounds): Promise<number[]> {
  const at = { read: db.read, dialect: db.name, token_key, door: 'test', ...(bounds && { bounds }) };
  const search = noun === 'model' ? searchModels : searchVersions;
  const ids: number[] = [];
  for (let page_token: string | undefined; ; ) {
    const page: PageOf<{ id: number }> = await search(at, { ...query, page_token });
    ids.push(...page.rows.map((row) => row.id));
    expect(page.rows.length).toBeLessThanOrEqual(query.page_size);
    if (page.next_page_token === null) return ids;
    expect(page.next_page_token.length).toBeLessThanOrEqual(4_096);
    page_token = page.next_page_token;
  }
}

/** The same from the documents. */
async function walkDocuments(noun: Noun, query: SearchQuery): Promise<number[]> {
  const words = queryOf(query.q);
  const sort = withEnd(noun, query.model_id, sortOf(noun, query, words !== undefined));
  const of = alive[noun].filter((doc) => query.model_id === undefined || modelOf(doc) === query.model_id);
  const ids: number[] = [];
  for (let after: Awaited<ReturnType<typeof pageOf>>['next'] | undefined; after !== null; ) {
    const asked = { filter: query.filter, words, sort, page_size: query.page_size, after: after ?? undefined };
    const page = await pageOf(of, asked);
    ids.push(...page.docs.map((doc) => doc.id));
    after = page.next;
  }
  return ids;
}

function modelOf(doc: unknown): number | undefined {
  return models.find(({ versions }) => [...versions()].includes(doc as never))?.id;
}

const SORTS: Record<Noun, string[]> = {
  model: ['name', 'created_at', 'updated_at', 'version_count', 'latest_version', 'owner'],
  version: ['number', 'name', 'created_at', 'updated_at', 'size_bytes', 'status', 'verdict', 'framework'],
};
const FREE = [
  ...TAGS.map((tag) => `tags.${quoteSegment(tag)}`),
  ...PATHS.map((path) => propertyKey(path)),
  ...METRICS.map((name) => `metrics.${quoteSegment(name)}`),
];

function sorts(noun: Noun): fc.Arbitrary<string> {
  const key = fc.constantFrom(...SORTS[noun], ...FREE);
  const signed = fc.tuple(fc.constantFrom('', '-'), key).map((pair) => pair.join(''));
  return fc
    .uniqueArray(signed, { minLength: 1, maxLength: 3, selector: (one) => one.replace('-', '') })
    .map((all) => all.join(','));
}

function queries(noun: Noun): fc.Arbitrary<SearchQuery> {
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const piece = fc.constantFrom(...WORDS).map((word) => word.slice(0, 3).toWellFormed());
  const q = fc.array(piece, { minLength: 1, maxLength: 2 }).map((words) => words.join(' '));
  return fc.record({
    filter: optional(fc.oneof({ weight: 3, arbitrary: filters(noun) }, { weight: 1, arbitrary: twins })),
    q: fc.option(q, { nil: undefined, freq: 1 }),
    sort: optional(sorts(noun)),
    page_size: fc.constantFrom(1, 3, 10, 1_000),
    model_id: noun === 'version' ? optional(fc.constantFrom(1, 2, 3, 4, 5)) : fc.constant(undefined),
  });
}

describe.each(Object.keys(databases) as (keyof typeof databases)[])('search on %s', (name) => {
  let db: Database;
  beforeAll(async () => {
    db = await databases[name]();
    await insertDocuments(db, models);
  });
  afterAll(() => db?.close());

  it.each(['model', 'version'] as const)('finds the %ss that the rules say, whatever the filter', async (noun) => {
    await fc.assert(
      fc.asyncProperty(filters(noun), async (filter: Filter) => {
        const query = { filter: parseFilter(printFilter(filter), noun), page_size: 1_000 };
        expect(await walk(db, noun, query), printFilter(filter)).toEqual(await walkDocuments(noun, query));
      }),
      { numRuns: 400, seed: 1 },
    );
  });

  it.each(['model', 'version'] as const)('walks the pages of %ss in the order that the rules say', async (noun) => {
    await fc.assert(
      fc.asyncProperty(queries(noun), async (query) => {
        expect(await walk(db, noun, query)).toEqual(await walkDocuments(noun, query));
      }),
      { numRuns: 250, seed: 2 },
    );
  });

  it.each(['model', 'version'] as const)('ranks %ss by the fields that hold the words', async (noun) => {
    const words = ['c', 'mod', 'a', 'b', 'm', 'мод', '模', 'x', 'te', 'ok', 'back', '100'];
    for (const q of words.flatMap((one) => words.map((other) => `${one} ${other}`))) {
      const query = { q, page_size: 1_000 };
      expect(await walk(db, noun, query), q).toEqual(await walkDocuments(noun, query));
    }
  });

  it.each(['model', 'version'] as const)('answers the same when the rows of %ss are many', async (noun) => {
    await fc.assert(
      fc.asyncProperty(queries(noun), async (query) => {
        const bounds = { ...BOUNDS, few: 1, fewWords: 1, step: 2, patience: 0 };
        expect(await walk(db, noun, query, bounds)).toEqual(await walkDocuments(noun, query));
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it.each(['model', 'version'] as const)(
    'finds the same %ss by words too common to rank, newest first',
    async (noun) => {
      const bounds = { ...BOUNDS, few: 10, common: 0 };
      await fc.assert(
        fc.asyncProperty(queries(noun), fc.constantFrom('c', 'мод', '模', 'a', 'model'), async (some, q) => {
          const query = { ...some, q, sort: undefined };
          const ids = await walkDocuments(noun, query);
          expect(await walk(db, noun, query, bounds)).toEqual(ids.sort((a, b) => b - a));
        }),
        { numRuns: 100, seed: 4 },
      );
    },
  );
});
