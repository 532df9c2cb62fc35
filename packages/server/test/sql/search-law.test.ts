import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { BOUNDS, type Bounds, FIRST_VERSIONS } from '../../src/registry/search/at.ts';
import { type Filter, type Noun, printFilter, propertyKey, quoteSegment } from '../../src/registry/search/filter.ts';
import { parseFilter } from '../../src/registry/search/grammar.ts';
import { placeOf } from '../../src/registry/search/keys.ts';
import { withEnd } from '../../src/registry/search/levels.ts';
import { pageOf } from '../../src/registry/search/page.ts';
import { type PageOf, type SearchQuery, searchModels, searchVersions } from '../../src/registry/search/search.ts';
import { sortOf } from '../../src/registry/search/sort.ts';
import { valuesOf } from '../../src/registry/search/subject.ts';
import { queryOf } from '../../src/registry/search/text-query.ts';
import { databases } from '../support/databases.ts';
import { filters, METRICS, PATHS, TAGS, twins, WORDS } from './search-arbitrary.ts';
import { documents, insertDocuments, LARGE } from './search-documents.ts';

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

const large = models.find(({ id }) => id === LARGE)!;

/** Each value of a key that versions of the large model have, as a comparison that finds them. */
function valuesOfLarge(noun: Noun): Filter[] {
  const keys = [...FREE, ...TEXTS].filter((key) => placeOf(noun, key)?.of === 'version');
  const texts = keys.flatMap((key) =>
    [...large.versions()].flatMap((doc) => valuesOf(doc, key).map(({ text, num }) => ({ key, value: num ?? text! }))),
  );
  const distinct = new Map(
    texts.map(({ key, value }) => [`${key} ${value}`, { op: '=' as const, key, values: [value] }]),
  );
  return [...distinct.values()];
}
const TEXTS = ['description', 'created_by', 'alias', 'framework', 'verdict', 'format', 'source', 'lineage.run_id'];

const withinLarge: fc.Arbitrary<SearchQuery> = fc
  .record({
    parts: fc.array(fc.constantFrom(...valuesOfLarge('version')), { minLength: 1, maxLength: 2 }),
    op: fc.constantFrom('AND' as const, 'OR' as const),
    sort: fc.option(fc.oneof(fc.constantFrom('number', '-number'), sorts('version')), { nil: undefined }),
    q: fc.option(fc.constantFrom('c', 'x', 'мод', 'a'), { nil: undefined }),
    page_size: fc.constantFrom(1, 3, 10, 1_000),
  })
  .map(({ parts, op, ...query }) => ({
    ...query,
    model_id: LARGE,
    filter: parts.length === 1 ? parts[0]! : { op, parts },
  }));

/** Bounds by which few rows are gathered, or only those of the first versions, or none; and by which a walk has short steps. */
const SMALL: Bounds[] = [
  BOUNDS,
  { ...BOUNDS, few: FIRST_VERSIONS + 2 },
  { ...BOUNDS, few: 1, fewWords: 1, step: 2, patience: 0 },
  { ...BOUNDS, few: 1, fewWords: 1, step: 16, patience: 0 },
  { ...BOUNDS, few: 1, fewWords: 1, common: 0, step: 2, patience: 0 },
];

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
      { numRuns: noun === 'model' ? 150 : 50, seed: 3 },
    );
  });

  it('finds what a model has among its first versions and beyond', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(withinLarge, fc.constantFrom(...SMALL), async (query, bounds) => {
        const ids = await walkDocuments('version', query);
        // Words too common to rank are answered newest first.
        if (query.q && !query.sort && bounds.common === 0) ids.sort((a, b) => b - a);
        expect(await walk(db, 'version', query, bounds)).toEqual(ids);
        if (ids.length > 0 && ids.length < 80) found += 1;
      }),
      { numRuns: name === 'sqlite' ? 300 : 60, seed: 5 },
    );
    expect(found).toBeGreaterThan(name === 'sqlite' ? 100 : 20);
  });

  it('finds the models that have such a version, among the first or beyond', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...valuesOfLarge('model')),
        fc.constantFrom(...SMALL),
        async (filter, bounds) => {
          const query = { filter, page_size: 1_000 };
          expect(await walk(db, 'model', query, bounds), printFilter(filter)).toEqual(
            await walkDocuments('model', query),
          );
        },
      ),
      { numRuns: 150, seed: 6 },
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
