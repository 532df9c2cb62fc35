import { describe, expect, it } from 'vitest';
import { newestEvaluationIds } from '../../src/registry/evidence/evaluations-of.ts';
import { databases } from '../support/databases.ts';
import { logModel, putFiles } from '../support/logged.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';

const AT = Date.parse('2026-03-01T10:00:00.000Z');
const DATASET = { dataset_name: 'iris', dataset_digest: '6878e6fd' };

for (const [database, open] of Object.entries(databases)) {
  describe(`what mlflow.evaluate logs on ${database}`, () => {
    const t = useRegistry(open);
    const createRun = async () =>
      (await t.mlflow('POST', '/runs/create', { experiment_id: '0', start_time: AT })).json.run.info.run_id as string;
    const createModel = async (source_run_id: string) =>
      (await t.mlflow('POST', '/logged-models', { experiment_id: '0', name: 'model', source_run_id })).json.model.info
        .model_id as string;
    const register = async (model_id: string) => {
      const name = aName();
      await t.mlflow('POST', '/registered-models/create', { name });
      const source = `models:/${model_id}`;
      const answer = await t.mlflow('POST', '/model-versions/create', { name, source, model_id });
      expect(answer.status).toBe(200);
      return name;
    };
    const logBatch = async (run_id: string, metrics: object[], more: object = {}) => {
      const answer = await t.mlflow(
        'POST',
        '/runs/log-batch',
        { run_id, metrics, ...more },
        { 'x-assayer-actor': 'ada' },
      );
      expect(answer.status).toBe(200);
    };
    const points = (values: Record<string, unknown>, more: object) =>
      Object.entries(values).map(([key, value]) => ({ key, value, timestamp: AT, step: 0, ...more }));
    /** What waits for more of it is recorded once the run ends. */
    const endRun = async (run_id: string) =>
      expect((await t.mlflow('POST', '/runs/update', { run_id, status: 'FINISHED' })).status).toBe(200);
    const evaluations = async (name: string) => (await t.get(`/models/${name}/versions/1/evaluations`)).json.items;

    it('becomes an evaluation of every version made from the logged model', async () => {
      const model_id = await createModel(await createRun());
      const names = [await register(model_id), await register(model_id)];
      const run_id = await createRun();
      await logBatch(
        run_id,
        points({ accuracy_score: 0.9, example_count: 150, log_loss: 'NaN' }, { ...DATASET, model_id }),
      );
      for (const name of names) {
        const version = (await t.get(`/models/${name}/versions/1`)).json;
        expect(await evaluations(name)).toEqual([
          expect.objectContaining({
            model: name,
            number: 1,
            version_digest: version.digest,
            dataset: { name: 'iris', digest: '6878e6fd' },
            metrics: { accuracy_score: 0.9, example_count: 150, log_loss: 'NaN' },
            intervals: { accuracy_score: expect.objectContaining({ method: 'wilson' }) },
            n: 150,
            evaluator: 'mlflow',
            at: '2026-03-01T10:00:00.000Z',
            source: { run_id },
            recorded_by: 'ada',
          }),
        ]);
        expect(version.etag).toBe(2);
      }
      const board = await t.get('/datasets/iris/leaderboard?metric=accuracy_score');
      expect(board.json.items.map(({ model }: { model: string }) => model).sort()).toEqual(names.sort());
    });

    it('is one evaluation for each data set of a request, and nothing new is none', async () => {
      const model_id = await createModel(await createRun());
      const name = await register(model_id);
      const run_id = await createRun();
      const of = { ...DATASET, model_id };
      const batch = [...points({ auc: 0.9, f1: 0.8 }, of), ...points({ auc: 0.7 }, { ...of, dataset_name: 'other' })];
      await logBatch(run_id, batch);
      await logBatch(
        run_id,
        batch.map((point) => ({ ...point, timestamp: AT + 3_000 })),
      );
      expect(await evaluations(name)).toHaveLength(2);
      await t.mlflow('POST', '/runs/log-metric', { run_id, key: 'mcc', value: 0.5, timestamp: AT + 4_000, ...of });
      await endRun(run_id);
      const [newest] = await evaluations(name);
      expect(newest).toMatchObject({ dataset: { name: 'iris' }, metrics: { auc: 0.9, f1: 0.8, mcc: 0.5 } });
      const other = await createRun();
      await logBatch(other, points({ auc: 0.95 }, of));
      expect((await evaluations(name))[0]).toMatchObject({ metrics: { auc: 0.95 }, source: { run_id: other } });
    });

    it('that was logged before the version was made comes along with it', async () => {
      const model_id = await createModel(await createRun());
      const run_id = await createRun();
      await logBatch(run_id, [
        ...points({ auc: 0.8 }, { ...DATASET, model_id }),
        ...points({ auc: 0.9, example_count: 10 }, { ...DATASET, model_id, timestamp: AT + 1_000 }),
        ...points({ plain: 1 }, { model_id }),
      ]);
      const name = await register(model_id);
      expect(await evaluations(name)).toEqual([
        expect.objectContaining({ metrics: { auc: 0.9, example_count: 10 }, n: 10, source: { run_id } }),
      ]);
      const { items } = (await t.get(`/events?subject=${name}/1&order=asc`)).json;
      expect(items.map(({ type }: { type: string }) => type)).toEqual(['version.created', 'evaluation.recorded']);
      const past = (await t.get(`/models/${name}/versions/1?as_of=${new Date(Date.now() + 60_000).toISOString()}`))
        .json;
      expect(past).toEqual((await t.get(`/models/${name}/versions/1`)).json);
    });

    it('that was logged before the last file of the logged model came says nothing of the version', async () => {
      const run_id = await createRun();
      const { model_id, root } = await logModel(t, run_id, 'model', { MLmodel: 'first' });
      const of = { ...DATASET, model_id };
      const soon = (more: number) => ({ ...of, timestamp: Date.now() + more });
      await logBatch(run_id, points({ auc: 0.99, early: 1 }, soon(60_000)));
      t.clock.set(Date.now() + 120_000);
      await putFiles(t, root, { MLmodel: 'second' });
      t.clock.run();
      const other = await register(model_id);
      expect(await evaluations(other)).toMatchObject([{ version_digest: null, metrics: { auc: 0.99, early: 1 } }]);
      await logBatch(run_id, points({ auc: 0.7 }, soon(180_000)));
      const name = await register(model_id);
      const { digest } = (await t.get(`/models/${name}/versions/1`)).json;
      expect(
        (await evaluations(name)).map((one: Record<string, unknown>) => [one.version_digest, one.metrics]),
      ).toEqual([
        [digest, { auc: 0.7 }],
        [null, { auc: 0.99, early: 1 }],
      ]);
      expect((await evaluations(other))[0]).toMatchObject({ version_digest: digest, metrics: { auc: 0.7 } });
    });

    it('is not carried over from other bytes, nor from a version that was open', async () => {
      const run_id = await createRun();
      const { model } = await make.version(t, { lineage: { run_id } });
      const at = `/models/${model}/versions/1`;
      await t.put(`${at}/artifacts/m.txt`, Buffer.from('bytes A'));
      await logBatch(run_id, points({ auc: 0.99 }, DATASET));
      await t.del(`${at}/artifacts/m.txt`);
      await t.put(`${at}/artifacts/m.txt`, Buffer.from('bytes B'));
      await endRun(run_id);
      await logBatch(run_id, points({ open: 1 }, DATASET));
      await endRun(run_id);
      await logBatch(run_id, points({ open: 1 }, DATASET));
      await logBatch(run_id, points({ late: 1 }, DATASET));
      expect((await t.post(`${at}/seal`)).status).toBe(200);
      const { digest } = (await t.get(at)).json;
      await logBatch(run_id, points({ note: 1 }, DATASET));
      await endRun(run_id);
      await logBatch(run_id, points({ more: 2 }, DATASET));
      await endRun(run_id);
      expect(
        (await evaluations(model)).map((one: Record<string, unknown>) => [one.version_digest, one.metrics]),
      ).toEqual([
        [digest, { note: 1, more: 2 }],
        [digest, { note: 1 }],
        [null, { open: 1 }],
        [null, { auc: 0.99 }],
      ]);
    });

    it('finds its model by the tag of the run where the points name none, else the versions of the run', async () => {
      const trained = await createRun();
      const model_id = await createModel(trained);
      const name = await register(model_id);
      const run_id = await createRun();
      await t.mlflow('POST', '/runs/set-tag', {
        run_id,
        key: 'mlflow.datasets',
        value: JSON.stringify([{ name: 'iris', hash: 'x', model: model_id }]),
      });
      await logBatch(run_id, points({ auc: 0.9 }, DATASET));
      expect(await evaluations(name)).toHaveLength(1);
      await logBatch(trained, points({ auc: 0.7 }, DATASET));
      expect((await evaluations(name))[0]).toMatchObject({ metrics: { auc: 0.7 }, source: { run_id: trained } });
      await logBatch(await createRun(), points({ auc: 0.1 }, DATASET));
      await logBatch(run_id, points({ auc: 0.1 }, {}));
      await logBatch(run_id, points({ auc: 0.1 }, { ...DATASET, dataset_digest: '' }));
      expect(await evaluations(name)).toHaveLength(2);
    });

    it('is none where a data set has more bytes than one may have here, and the points are logged', async () => {
      const model_id = await createModel(await createRun());
      const name = await register(model_id);
      const run_id = await createRun();
      // Letters that no database makes shorter: it has to hold both texts in one key.
      const text = (length: number) =>
        Array.from({ length }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 7_919) % 20_000))).join('');
      const of = { dataset_name: text(341), dataset_digest: text(341), model_id };
      await logBatch(run_id, points({ auc: 0.9 }, of));
      expect(await evaluations(name)).toHaveLength(1);
      for (const more of [{ dataset_name: text(342) }, { dataset_digest: text(342) }])
        await logBatch(run_id, points({ auc: 0.7 }, { ...of, ...more }));
      expect(await evaluations(name)).toHaveLength(1);
      const at = `/models/${name}/versions/1/evaluations`;
      const record = (dataset: object) => t.post(at, { dataset, metrics: { auc: 1 } });
      expect((await record({ name: text(341), digest: text(341) })).status).toBe(201);
      const refused = await record({ name: text(342), digest: 'd' });
      expect([refused.status, refused.json.errors]).toEqual([
        422,
        [{ path: '/dataset/name', message: 'must have at most 1024 bytes' }],
      ]);
      expect((await record({ name: 'n', digest: text(342) })).json.errors[0].path).toBe('/dataset/digest');
    });

    it('is few of what a run logs step by step, the last of them once it ends', async () => {
      const model_id = await createModel(await createRun());
      const name = await register(model_id);
      const run_id = await createRun();
      for (let step = 0; step < 30; step += 1)
        for (const key of ['loss', 'auc'])
          await logBatch(run_id, [{ key, value: step, step, timestamp: AT + step, ...DATASET, model_id }]);
      expect((await evaluations(name)).length).toBeLessThan(5);
      await endRun(run_id);
      const all = await evaluations(name);
      expect(all.length).toBeLessThan(6);
      expect(all[0]).toMatchObject({ metrics: { loss: 29, auc: 29 }, source: { run_id }, recorded_by: 'ada' });
      const other = await createRun();
      await logBatch(other, [{ key: 'auc', value: 0.5, timestamp: AT, step: 0, ...DATASET, model_id }]);
      await logBatch(other, [{ key: 'auc', value: 0.6, timestamp: AT, step: 1, ...DATASET, model_id }]);
      await t.registry.evidence.evaluations.flush(other);
      expect((await evaluations(name))[0]).toMatchObject({ metrics: { auc: 0.6 }, source: { run_id: other } });
    });

    it('is at most 300 for one request, and all points are logged', async () => {
      const model_id = await createModel(await createRun());
      const name = await register(model_id);
      const run_id = await createRun();
      const metrics = Array.from({ length: 310 }, (_, i) => ({
        key: 'auc',
        value: i,
        timestamp: AT + i,
        step: 0,
        model_id,
        dataset_name: `d${i}-${name}`,
        dataset_digest: 'd',
      }));
      await logBatch(run_id, metrics);
      const { items } = (await t.get(`/events?subject=${name}/1&type=evaluation.recorded&page_size=1000`)).json;
      expect(items).toHaveLength(300);
      const history = await t.mlflow('GET', '/metrics/get-history', { run_id, metric_key: 'auc' });
      expect(history.json.metrics).toHaveLength(310);
    });

    it('is told of with the others of its version, of very many data sets the last ones', async () => {
      const model_id = await createModel(await createRun());
      const name = await register(model_id);
      const run_id = await createRun();
      const on = (i: number) => ({ dataset_name: `of ${name}`, dataset_digest: `d${i}`, model_id });
      for (let from = 0; from < 1_040; from += 260)
        await logBatch(
          run_id,
          Array.from({ length: 260 }, (_, i) => points({ auc: 1 }, on(from + i))[0] as object),
        );
      const { items } = (await t.get(`/models/${name}/versions/1/evaluations?page_size=1`)).json;
      const version = await t.db.read.selectFrom('evaluation').select('version_id').where('id', '=', items[0].id);
      const { version_id } = await version.executeTakeFirstOrThrow();
      const ids = await newestEvaluationIds(t.db.read, version_id);
      expect([ids.length, ids[0]]).toEqual([1_000, items[0].id]);
      const before = ids[900]!;
      const past = await newestEvaluationIds(t.db.read, version_id, before);
      expect([past.length, past[0]]).toEqual([140, before]);
    }, 120_000);

    it('leaves versions in the trash alone', async () => {
      const model_id = await createModel(await createRun());
      const name = await register(model_id);
      await t.del(`/models/${name}/versions/1?reason=old`);
      await logBatch(await createRun(), points({ auc: 0.9 }, { ...DATASET, model_id }));
      await t.post(`/models/${name}/versions/1/restore`);
      expect(await evaluations(name)).toEqual([]);
    });
  });
}
