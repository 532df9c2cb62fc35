import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { PageTokenError } from '../../src/registry/paging/page-token.ts';
import { QueryError, SortError } from '../../src/registry/search/errors.ts';
import { facetsOfModel } from '../../src/registry/search/facets.ts';
import { parseFilter } from '../../src/registry/search/grammar.ts';
import { facetsBetween, writeIndex, writeText } from '../../src/registry/search/index-text.ts';
import { type SearchQuery, searchModels, searchVersions } from '../../src/registry/search/search.ts';
import { databases } from '../support/databases.ts';
import { documents, insertDocuments } from './search-documents.ts';

const { models } = documents();
const gone = (id: number) => ({ noun: 'model', id, entry: 'gone', facets: [] }) as const;

describe.each(Object.keys(databases) as (keyof typeof databases)[])('the search index on %s', (name) => {
  let db: Database;
  beforeAll(async () => {
    db = await databases[name]();
    await insertDocuments(db, models);
  });
  afterAll(() => db?.close());

  const at = () => ({ read: db.read, dialect: db.name, token_key: new Uint8Array(32), door: 'test' });
  const ask = (query: Partial<SearchQuery>) => searchModels(at(), { page_size: 1_000, ...query });
  const count = async (query: Partial<SearchQuery>) => (await ask(query)).rows.length;
  const change = (body: Parameters<ReturnType<Database['write']['transaction']>['execute']>[0]) =>
    db.write.transaction().execute(body);

  it('replaces the words of a subject, and forgets them', async () => {
    const id = (await ask({ page_size: 1 })).rows[0]!.id;
    const write = (card: string) => (tx: never) =>
      writeText({ tx, dialect: db.name }, 'model', id, { name: 'n', tags: {}, description: null, card });
    await change(write('zebra crossing') as never);
    expect(await count({ q: 'zebr' })).toBe(1);
    await change(write('giraffe') as never);
    expect([await count({ q: 'zebra' }), await count({ q: 'giraffe' })]).toEqual([0, 1]);
    await change((tx) => writeIndex({ tx, dialect: db.name }, [gone(id)]));
    expect(await count({ q: 'giraffe' })).toBe(0);
  });

  it('has a facet once, also of keys that are the same only as they are kept', () => {
    const tags = { 'a\0': 'v', ab: 'w', 'a\uFFFD': 'v' };
    const rows = facetsOfModel({ ...models[0]!.model, tags, properties: {} }, { tags }).map((row) => ({
      ...row,
      name: 'n',
    }));
    const found = facetsBetween([], rows).map(({ row }) => `${row.key}=${row.text}`);
    expect(found.sort()).toEqual(['tags.ab=w', 'tags.a\uFFFD=v']);
  });

  it('keeps the largest texts and the most facets', async () => {
    const id = (await ask({ page_size: 1 })).rows[0]!.id;
    const wide = (seed: string) => Array.from({ length: 6_000 }, (_, i) => `${seed.repeat(20)}${i}`).join(' ');
    const [tags, description, card] = [{ k: wide('ж') }, wide('д'), wide('я')];
    const rows = Array.from({ length: 3_000 }, (_, i) => ({
      key: `tags.k${i}`,
      head: 'v',
      text: 'v',
      folded: 'v',
      num: null,
      name: 'n',
    }));
    await change(async (tx) => {
      const text = { name: wide('ф'), tags, description, card };
      const facets = facetsBetween([], rows);
      await writeIndex({ tx, dialect: db.name }, [{ noun: 'model', id, entry: 'there', facets, text }]);
    });
    expect(await count({ q: 'яяяяяяяяяяяяяяяяяяяя7' })).toBe(1);
    expect(await count({ filter: parseFilter("tags.k2999 = 'v'", 'model') })).toBe(1);
    await change((tx) => writeIndex({ tx, dialect: db.name }, [gone(id)]));
    expect(await count({ filter: parseFilter("tags.k2999 = 'v'", 'model') })).toBe(0);
  });

  it('answers the largest filters', async () => {
    const list = (n: number) => Array.from({ length: n }, (_, i) => i).join(',');
    const deep = `${'NOT ('.repeat(16)}name = 'x'${')'.repeat(16)}`;
    for (const text of [
      Array(100).fill("tags.a = 'b'").join(' AND '),
      Array(100).fill("status != 'draft'").join(' OR '),
      `properties.a IN (${list(1_000)})`,
      Array(5)
        .fill(`metrics.a NOT IN (${list(400)})`)
        .join(' AND '),
      `description LIKE '${'%a_'.repeat(20)}'`,
      deep,
    ]) {
      expect(await count({ filter: parseFilter(text, 'model') })).toBeLessThanOrEqual(models.length);
    }
    expect(await count({ q: '模'.repeat(500) })).toBe(0);
    expect(await count({ q: 'xQ'.repeat(250) })).toBe(0);
    expect(await count({ q: Array(16).fill('zz_yyXx').join(' ') })).toBe(0);
  });

  it('takes a page token for nothing but the query that gave it out', async () => {
    const filter = parseFilter('version_count >= 0', 'model');
    const query = { filter, sort: 'name', page_size: 2 };
    const page_token = (await ask(query)).next_page_token!;
    expect((await ask({ ...query, page_token })).rows).toHaveLength(2);
    // The size of the page may change on the way.
    expect((await ask({ ...query, page_size: 3, page_token })).rows).toHaveLength(3);
    const others: Partial<SearchQuery>[] = [
      { sort: '-name' },
      { filter: undefined },
      { q: 'a' },
      { page_token: `${page_token}A` },
      { page_token: '' },
    ];
    for (const other of others) await expect(ask({ ...query, page_token, ...other })).rejects.toThrow(PageTokenError);
    const elsewhere = { ...at(), door: 'other' };
    await expect(searchModels(elsewhere, { ...query, page_token })).rejects.toThrow(PageTokenError);
    await expect(searchVersions(at(), { sort: 'name', page_size: 2, page_token })).rejects.toThrow(PageTokenError);
  });

  it('refuses what it cannot sort or search by', async () => {
    await expect(ask({ sort: 'nmae' })).rejects.toThrow(SortError);
    await expect(ask({ q: 'x'.repeat(501) })).rejects.toThrow(QueryError);
  });

  it('shows what a row holds and nothing else', async () => {
    const { rows } = await searchVersions(at(), { sort: '-metrics.auc,tags.team', q: 'c', page_size: 1 });
    expect(Object.keys(rows[0]!)).not.toContain('s0n');
    expect(models.map(({ model }) => model.name)).toContain(rows[0]!.model);
  });

  it('walks past changes: every row that was there throughout, once', async () => {
    const before = (await ask({ sort: '-created_at' })).rows.map(({ id }) => id);
    const seen: number[] = [];
    for (let page_token: string | undefined; ; ) {
      const page = await ask({ sort: '-created_at', page_size: 3, page_token });
      seen.push(...page.rows.map(({ id }) => id));
      await db.write.updateTable('model').set({ deregistered: '{}' }).where('id', '=', page.rows.at(-1)!.id).execute();
      if (page.next_page_token === null) break;
      page_token = page.next_page_token;
    }
    expect(seen).toEqual(before);
  });
});
