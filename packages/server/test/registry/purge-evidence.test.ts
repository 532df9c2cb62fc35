import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { ada, type Opened, useRegistry } from '../support/open-registry.ts';

const TABLES = ['metric_point', 'latest_point', 'evaluation', 'standing'] as const;

async function rowsIn({ db }: Opened, version_id: number): Promise<Record<string, number>> {
  const counts = TABLES.map(async (table) => {
    const rows = db.read.selectFrom(table).select((eb) => eb.fn.countAll<number>().as('n'));
    return [table, Number((await rows.where('version_id', '=', version_id).executeTakeFirstOrThrow()).n)];
  });
  return Object.fromEntries(await Promise.all(counts));
}

for (const [database, open] of Object.entries(databases)) {
  describe(`purging evidence on ${database}`, () => {
    const t = useRegistry(open);
    const { log, record } = {
      log: (model: string, ref: string, points: number) =>
        t.registry.evidence.metrics.log(ada, model, ref, {
          metrics: Array.from({ length: points }, (_, step) => ({ name: `m${step % 3}`, value: step, step })),
        }),
      record: (model: string, ref: string, name: string, metrics = { auc: 1, f1: 1 }) =>
        t.registry.evidence.evaluations.record(ada, model, ref, { dataset: { name, digest: '1' }, metrics }),
    };
    const idOf = async (model: string, number: number) => (await t.registry.rows.version(model, String(number))).id;

    it('a purged version leaves no metrics, evaluations and places on leaderboards, and others keep theirs', async () => {
      const { name: model } = await make.model(t);
      const [own, shared] = [aName('own'), aName('shared')];
      for (const ref of ['1', '2']) {
        await make.version(t, { model });
        for (let i = 0; i < 5; i += 1) await log(model, ref, 1_000 - i);
        await record(model, ref, shared);
        for (let i = 0; i < 120; i += 1) await record(model, ref, `${own}${ref}`);
      }
      const ids = [await idOf(model, 1), await idOf(model, 2)] as const;
      const kept = await rowsIn(t, ids[1]);
      expect(kept).toEqual({ metric_point: 4_990, latest_point: 3, evaluation: 121, standing: 4 });
      await t.del(`/models/${model}/versions/1?reason=old`);
      expect((await t.post(`/models/${model}/versions/1/purge`)).status).toBe(200);
      await t.registry.finish();
      expect(await rowsIn(t, ids[0])).toEqual({ metric_point: 0, latest_point: 0, evaluation: 0, standing: 0 });
      expect(await rowsIn(t, ids[1])).toEqual(kept);
      expect((await t.get(`/datasets/${own}1`)).status).toBe(404);
      expect((await t.get(`/datasets/${own}2`)).json.digests[0]).toMatchObject({
        evaluation_count: 120,
        version_count: 1,
      });
      expect((await t.get(`/datasets/${shared}`)).json.digests[0]).toMatchObject({
        evaluation_count: 1,
        version_count: 1,
      });
      const events = await t.get(`/events?subject=${model}/1&type=evaluation.recorded`);
      expect(events.json.items).toHaveLength(50);
    });

    it('a purged model takes those of all its versions along', async () => {
      const { name: model } = await make.model(t);
      const name = aName('data');
      for (const ref of ['1', '2']) {
        await make.version(t, { model });
        await log(model, ref, 10);
        await record(model, ref, name);
      }
      const ids = [await idOf(model, 1), await idOf(model, 2)];
      await t.del(`/models/${model}?reason=old`);
      await t.post(`/models/${model}/purge`);
      await t.registry.finish();
      for (const id of ids) expect(Object.values(await rowsIn(t, id))).toEqual([0, 0, 0, 0]);
      expect((await t.get(`/datasets/${name}`)).status).toBe(404);
    });
  });
}
