import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { createBacklog, finishIndex } from '../../src/registry/backlog.ts';
import { databases } from '../support/databases.ts';
import { ada, type Opened, openRegistry } from '../support/open-registry.ts';

const VERSIONS = 250;

describe.each(Object.keys(databases) as (keyof typeof databases)[])('what changes leave to be done on %s', (name) => {
  let t: Opened;
  beforeEach(async () => {
    t = await openRegistry(databases[name]);
    await t.post('/models', { name: 'churn', tags: { team: 'growth' } });
    const created = Array.from({ length: VERSIONS }, () =>
      t.registry.versions.create(ada, 'churn', { description: 'nightly', tags: { tier: 'gold' } }),
    );
    await Promise.all(created);
  });
  afterEach(() => t.close());

  const count = async (path: string) => (await t.get(`${path}&page_size=1000`)).json.items.length;
  const left = (db: Database) => db.read.selectFrom('backlog').selectAll().execute();
  const differences = async () => {
    const found = [];
    for await (const difference of t.registry.ledger.reconcile()) found.push(difference);
    return found;
  };

  it('a rename is one change; the words of many versions follow', async () => {
    await t.registry.models.rename(ada, 'churn', 'attrition');
    expect((await t.get('/models/attrition/versions/latest')).json.model).toBe('attrition');
    await t.registry.idle();
    expect(await count('/versions?q=attrition')).toBe(VERSIONS);
    expect(await count('/versions?q=churn')).toBe(0);
    expect(await left(t.db)).toEqual([]);
  });

  it('a stop lets the step under way end; the rest is done after the next start', async () => {
    await t.registry.models.rename(ada, 'churn', 'attrition');
    await t.registry.stop();
    const [task] = await left(t.db);
    expect(task).toMatchObject({ kind: 'rename', after: expect.toSatisfy((after: number) => after < VERSIONS) });
    await t.registry.finish();
    expect(await left(t.db)).toEqual([task]);
    await createBacklog(t.db).run();
    expect(await left(t.db)).toEqual([]);
    expect(await count('/versions?q=attrition')).toBe(VERSIONS);
  });

  it('a purge is one change; its many versions are emptied bit by bit', async () => {
    await t.del('/models/churn?reason=old');
    await t.registry.models.purge(ada, 'churn');
    const emptied = () =>
      t.db.read
        .selectFrom('version')
        .select('id')
        .where('tags', '=', '{}')
        .where('purged_at', 'is not', null)
        .execute();
    expect(await differences()).toEqual([]);
    await t.registry.idle();
    expect(await emptied()).toHaveLength(VERSIONS);
    expect(await t.db.read.selectFrom('version_facet').select('key').execute()).toEqual([]);
    expect(await differences()).toEqual([]);
    expect(await left(t.db)).toEqual([]);
  });

  it('a purge that a crash cut short is no difference to the ledger, and is gone on with', async () => {
    await t.del('/models/churn?reason=old');
    await t.registry.models.purge(ada, 'churn');
    await t.registry.idle();
    const again = { kind: 'purge' as const, model_id: 1, after: 100 };
    await t.db.write.insertInto('backlog').values(again).execute();
    await t.db.write
      .updateTable('version')
      .set({ purged_at: null, tags: '{"tier":"gold"}', description: 'nightly' })
      .where('number', '>', 100)
      .execute();
    expect(await differences()).toEqual([]);
    await t.registry.finish();
    expect(await left(t.db)).toEqual([]);
    expect(await differences()).toEqual([]);
    const kept = t.db.read.selectFrom('version').select('id').where('purged_at', 'is', null);
    expect(await kept.execute()).toEqual([]);
  });

  it('the search index is written anew where a migration asked for it', async () => {
    await t.put('/models/churn/versions/7/artifacts/a.onnx', Buffer.from('onnx'));
    const facets = () =>
      t.db.read.selectFrom('version_facet').selectAll().orderBy('version_id').orderBy('key').orderBy('text').execute();
    const before = await facets();
    await t.db.write.deleteFrom('version_facet').where('version_id', '<', 100).execute();
    await t.db.write.deleteFrom('model_facet').execute();
    for (const kind of ['index models', 'index versions'] as const)
      await t.db.write.insertInto('backlog').values({ kind, model_id: 0, after: 0 }).execute();
    await finishIndex(t.db, () => {});
    expect(await facets()).toEqual(before);
    expect(await count(`/models?filter=${encodeURIComponent("tags.team = 'growth'")}`)).toBe(1);
    expect(await count('/versions?q=nightly')).toBe(VERSIONS);
    expect(await left(t.db)).toEqual([]);
  });
});
