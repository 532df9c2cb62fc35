import { CompiledQuery, createQueryId, type KyselyPlugin, type RootOperationNode } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { type Opened, openRegistry } from '../../test/support/open-registry.ts';

describe('R5 reads of the past and of one subject on SQLite', () => {
  let t: Opened;
  let asked: RootOperationNode[] = [];
  const listen: KyselyPlugin = {
    transformQuery({ node }) {
      asked.push(node);
      return node;
    },
    transformResult: async ({ result }) => result,
  };

  beforeAll(async () => {
    t = await openRegistry(async () => {
      const db = await databases.sqlite();
      return { ...db, read: db.read.withPlugin(listen) };
    });
    for (let i = 0; i < 200; i += 1) await t.post('/models', { name: `m${i}` });
    for (let i = 0; i < 50; i += 1) await t.post('/models/m3/versions', {});
    for (let bearers = 0; bearers < 3; bearers += 1) {
      await t.post('/models', { name: 'twice' });
      if (bearers < 2) await t.del('/models/twice?reason=r');
    }
  });
  afterAll(() => t.close());

  /** How SQLite goes about all that a request asks of it. */
  async function plansOf(path: string): Promise<string[]> {
    asked = [];
    const { status, text } = await t.get(path);
    expect(status, text).toBe(200);
    const details = [];
    for (const node of [...asked]) {
      const { sql, parameters } = t.db.read.getExecutor().compileQuery(node, createQueryId());
      if (!/ where /.test(sql)) continue; // the newest event: one row
      const { rows } = await t.db.write.executeQuery<{ detail: string }>(
        CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]),
      );
      details.push(...rows.map((row) => row.detail));
    }
    return details;
  }

  const past = () => new Date(Date.now() - 1).toISOString();
  it.each([
    ['a model', () => `/models/m3?as_of=${past()}`],
    ['a version', () => `/models/m3/versions/7?as_of=${past()}`],
    ['an alias or status', () => `/models/m3/versions/draft?as_of=${past()}`],
    ['the versions of a model', () => `/models/m3/versions?as_of=${past()}`],
    ['events of a model', () => '/events?subject=m3'],
    ['events of a version', () => '/events?subject=m3/7&order=asc'],
    ['events of a model of one type', () => '/events?subject=m3&type=version.created'],
    ['events of a name that several models bore', () => '/events?subject=twice'],
    ['events of such a name, of one type', () => '/events?subject=twice&type=version.created'],
    ['events of an actor', () => '/events?actor=ada'],
    ['events of a time', () => '/events?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z'],
  ])('%s: scan no table', async (_what, path) => {
    const plans = await plansOf(path());
    expect(plans.length).toBeGreaterThan(0);
    // what a subquery found is read from end to end and sorted, and it is a page at most
    expect(plans.filter((detail) => /^SCAN (?!s$|one$|each$|page$|CONSTANT)/.test(detail))).toEqual([]);
    // and of the events that are looked at each is read by its number, never all of a type
    expect(plans.filter((detail) => /^SEARCH e (?!.*\browid=\?)/.test(detail))).toEqual([]);
  });
});
