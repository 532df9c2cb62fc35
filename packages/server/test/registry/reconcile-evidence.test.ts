import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { ada, type Opened, useRegistry } from '../support/open-registry.ts';

async function reconciled({ registry }: Opened) {
  const found = [];
  for await (const difference of registry.ledger.reconcile()) found.push(difference);
  return found;
}

for (const [database, open] of Object.entries(databases)) {
  describe(`evidence held against the ledger on ${database}`, () => {
    const t = useRegistry(open);

    /** A version with metrics and evaluations of every kind. */
    async function made() {
      const { model, number } = await make.version(t, { metrics: { auc: 0.5, plain: 1 } });
      const log = (metrics: object[]) => t.registry.evidence.metrics.log(ada, model, '1', { metrics } as never);
      const record = (name: string, metrics: object) =>
        t.registry.evidence.evaluations.record(ada, model, '1', { dataset: { name, digest: '1' }, metrics } as never);
      await log([
        { name: 'auc', value: 0.9, step: 1 },
        { name: 'loss', value: 'Infinity' },
      ]);
      await log([
        { name: 'auc', value: 'NaN', step: 2 },
        { name: 'auc', value: 0.9, step: 1 },
      ]);
      const names = [aName('set'), aName('set')] as const;
      for (const name of names) await record(name, { auc: 0.9, f1: 'NaN' });
      await record(names[0], { auc: '-Infinity' });
      const uplift = aName('uplift');
      await t.registry.evidence.definitions.set(ada, uplift, { direction: 'higher' });
      const { id } = await t.registry.rows.version(model, String(number));
      return { model, id, names, uplift };
    }

    it('agrees with what was written, renamed, trashed, restored and purged', async () => {
      const { model } = await made();
      const renamed = aName();
      await t.post(`/models/${model}/rename`, { name: renamed });
      const { model: other } = await made();
      await t.del(`/models/${other}/versions/1?reason=old`);
      expect(await reconciled(t)).toEqual([]);
      await t.post(`/models/${other}/versions/1/purge`);
      await t.registry.finish();
      const third = await made();
      await t.del(`/models/${third.model}?reason=old`);
      await t.post(`/models/${third.model}/purge`);
      await t.registry.finish();
      expect(await reconciled(t)).toEqual([]);
    });

    it('names whatever was written past the ledger', async () => {
      const { model, id, names, uplift } = await made();
      const subject = `${model}/1`;
      const dataset = `data set ${names[0]} 1`;
      const set = await t.db.read
        .selectFrom('evaluated_dataset')
        .select('id')
        .where('name', '=', names[0])
        .executeTakeFirstOrThrow();
      const first = await t.db.read
        .selectFrom('evaluation')
        .select((eb) => eb.fn.min('id').as('id'))
        .where('version_id', '=', id)
        .executeTakeFirstOrThrow();
      for (const [statement, ...expected] of [
        [`update metric_point set value = 0.91 where version_id = ${id} and step = 1`, subject],
        [`update metric_point set at = at + 1 where version_id = ${id} and name = 'loss'`, subject],
        [`delete from metric_point where version_id = ${id} and step = 1`, subject],
        [`delete from metric_point where version_id = ${id}`, subject],
        [`insert into metric_point values (${id}, 'new', 0, 0, 1, 0)`, subject],
        [`update latest_point set points = 7 where version_id = ${id} and name = 'auc'`, subject],
        [`delete from latest_point where version_id = ${id}`, subject],
        [`update evaluation set metrics = '{"auc":1}' where id = ${first.id}`, subject],
        [`update evaluation set metrics = '{' where id = ${first.id}`, subject],
        [`update evaluation set n = 1 where id = ${first.id}`, subject],
        [`update evaluation set recorded_by = 'eve' where id = ${first.id}`, subject],
        [`delete from evaluation where id = ${first.id}`, subject, dataset],
        [`update standing set value = 1 where version_id = ${id} and metric = 'auc'`, subject],
        [`update standing set evaluation_id = 0 where version_id = ${id} and metric = 'f1'`, subject],
        [`delete from standing where version_id = ${id}`, subject],
        [`insert into standing values (${set.id}, 'new', ${id}, 1, ${first.id}, 1, 0)`, subject],
        [`update evaluated_dataset set evaluation_count = 9 where id = ${set.id}`, dataset],
        [`update evaluated_dataset set version_count = 9 where id = ${set.id}`, dataset],
        [`update metric_definition set direction = 'lower' where name = '${uplift}'`, `metric:${uplift}`],
        [`delete from metric_definition where name = '${uplift}'`, `metric:${uplift}`],
        [`insert into metric_definition values ('forged', null, null, null, 0, 'eve', 1)`, 'metric:forged'],
      ] as const) {
        const found = await forged(t, statement);
        expect([...new Set(found.map((one) => one.subject))], statement).toEqual(expected);
      }
      expect(await reconciled(t)).toEqual([]);
    });

    it('what is left of a purged version is told', async () => {
      const { model, id } = await made();
      await t.del(`/models/${model}/versions/1?reason=old`);
      await t.post(`/models/${model}/versions/1/purge`);
      await t.registry.finish();
      const found = await forged(t, `insert into metric_point values (${id}, 'auc', 0, 0, 1, 0)`);
      expect(found).toEqual([{ subject: `${model}/1`, detail: expect.stringContaining('was purged') }]);
    });
  });
}

/** What reconciling finds after a statement, which is undone after. */
async function forged(t: Opened, statement: string) {
  const tables = ['metric_point', 'latest_point', 'evaluation', 'standing', 'evaluated_dataset', 'metric_definition'];
  const table = tables.find((one) => new RegExp(`(update|from|into) ${one} `).test(statement)) as 'evaluation';
  const before = await t.db.read.selectFrom(table).selectAll().execute();
  await sql.raw(statement).execute(t.db.write);
  const found = await reconciled(t);
  if ((table as string) === 'evaluated_dataset') {
    for (const { id, ...row } of before) await t.db.write.updateTable(table).set(row).where('id', '=', id).execute();
    return found;
  }
  await t.db.write.deleteFrom(table).execute();
  for (const row of before) await t.db.write.insertInto(table).values(row).execute();
  return found;
}
