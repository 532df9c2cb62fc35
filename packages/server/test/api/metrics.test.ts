import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const AT = '2026-03-01T10:00:00.000Z';

for (const [database, open] of Object.entries(databases)) {
  describe(`metrics on ${database}`, () => {
    const t = useRegistry(open);
    const at = (model: string, number: number) => `/models/${model}/versions/${number}/metrics`;
    const log = (model: string, number: number, metrics: object[], headers = {}) =>
      t.post(at(model, number), { metrics }, headers);
    const own = { of: 'version' };

    it('are written to a sealed version, and the latest is answered, listed and searched', async () => {
      t.clock.set(AT);
      const { model, number } = await make.version(t, { sealed: true });
      const answer = await log(model, number, [
        { name: 'auc', value: 0.9, step: 2 },
        { name: 'auc', value: 0.95, step: 1 },
        { name: 'rmse', value: 3 },
      ]);
      expect(answer.status).toBe(201);
      const latest = [
        { name: 'auc', value: 0.9, step: 2, at: AT, origin: own },
        { name: 'rmse', value: 3, step: 0, at: AT, origin: own },
      ];
      expect(answer.json).toEqual({ metrics: latest });
      expect((await t.get(at(model, number))).json).toEqual({ items: latest, next_page_token: null });
      const version = (await t.get(`/models/${model}/versions/${number}`)).json;
      expect(version).toMatchObject({ metrics: { auc: 0.9, rmse: 3 }, etag: 4 });
      const filter = encodeURIComponent('metrics.auc > 0.89 AND metrics.auc < 0.91');
      const found = await t.get(`/models/${model}/versions?filter=${filter}`);
      expect(found.json.items).toEqual([version]);
      const [event] = (await t.get(`/events?subject=${model}/${number}&page_size=1`)).json.items;
      expect(event).toMatchObject({
        type: 'metrics.logged',
        details: {
          metrics: [
            { name: 'auc', value: 0.95, step: 1, at: AT },
            { name: 'auc', value: 0.9, step: 2, at: AT },
            { name: 'rmse', value: 3, step: 0, at: AT },
          ],
        },
        changes: [{ number, after: { metrics: { auc: 0.9, rmse: 3 } } }],
      });
      t.clock.run();
    });

    it('the same point twice is one, and nothing happens where all are there', async () => {
      const { model, number } = await make.version(t);
      const point = { name: 'auc', value: 0.5, step: 1, at: AT };
      expect((await log(model, number, [point, point])).status).toBe(201);
      const before = (await t.get(`/events?subject=${model}`)).json.items.length;
      const again = await log(model, number, [point]);
      expect(again.status).toBe(200);
      expect(again.json.metrics).toEqual([{ ...point, origin: own }]);
      expect((await t.get(`/events?subject=${model}`)).json.items).toHaveLength(before);
      expect((await t.get(`${at(model, number)}/auc`)).json.items).toHaveLength(1);
    });

    it('an older point is kept, and is not the latest', async () => {
      const { model, number } = await make.version(t);
      await log(model, number, [{ name: 'auc', value: 0.5, step: 5, at: AT }]);
      const older = await log(model, number, [{ name: 'auc', value: 0.9, step: 4, at: AT }]);
      expect(older.status).toBe(201);
      expect(older.json.metrics[0].value).toBe(0.5);
      const history = await t.get(`${at(model, number)}/auc`);
      expect(history.json.items.map(({ step }: { step: number }) => step)).toEqual([4, 5]);
      const [event] = (await t.get(`/events?subject=${model}/${number}&page_size=1`)).json.items;
      expect(event).toMatchObject({ type: 'metrics.logged', changes: [{ number, after: {} }] });
    });

    it('NaN and infinities are kept as they are, through pages too', async () => {
      const { model, number } = await make.version(t);
      const values = ['-Infinity', -1.5, 0, 'NaN', 1e308, 'Infinity'];
      const answer = await log(
        model,
        number,
        values.map((value, step) => ({ name: 'loss', value, step, at: AT })),
      );
      expect(answer.json.metrics[0].value).toBe('Infinity');
      expect((await t.get(`/models/${model}/versions/${number}`)).json.metrics).toEqual({ loss: 'Infinity' });
      const seen = [];
      for (let token = ''; ; ) {
        const page = (await t.get(`${at(model, number)}/loss?page_size=1${token}`)).json;
        seen.push(...page.items.map((point: { value: unknown }) => point.value));
        if (page.next_page_token === null) break;
        token = `&page_token=${page.next_page_token}`;
      }
      expect(seen).toEqual(values);
      const infinite = encodeURIComponent('metrics.loss > 1e300');
      expect((await t.get(`/models/${model}/versions?filter=${infinite}`)).json.items).toHaveLength(1);
      await log(model, number, [{ name: 'loss', value: 'NaN', step: 9, at: AT }]);
      expect((await t.get(`/models/${model}/versions?filter=${infinite}`)).json.items).toEqual([]);
    });

    it('what a version is created with is the first point', async () => {
      t.clock.set(AT);
      const { model, number } = await make.version(t, { metrics: { auc: 0.7, __proto: 'NaN' } });
      const first = { name: 'auc', value: 0.7, step: 0, at: AT, origin: own };
      expect((await t.get(`${at(model, number)}/auc`)).json.items).toEqual([first]);
      t.clock.set('2026-03-01T11:00:00.000Z');
      await log(model, number, [{ name: 'auc', value: 0.8 }]);
      const points = (await t.get(`${at(model, number)}/auc`)).json.items;
      expect(points).toEqual([first, { ...first, value: 0.8, at: '2026-03-01T11:00:00.000Z' }]);
      const listed = (await t.get(at(model, number))).json.items;
      expect(listed.map(({ name, value }: { name: string; value: unknown }) => [name, value])).toEqual([
        ['__proto', 'NaN'],
        ['auc', 0.8],
      ]);
      const again = await log(model, number, [{ name: '__proto', value: 'NaN', step: 0, at: AT }]);
      expect(again.status).toBe(200);
      t.clock.run();
    });

    it('are listed in pages of any size, own and linked, each once', async () => {
      const { run_id } = (await t.mlflow('POST', '/runs/create', { experiment_id: '0' })).json.run.info;
      const model_id = (
        await t.mlflow('POST', '/logged-models', { experiment_id: '0', name: 'm', source_run_id: run_id })
      ).json.model.info.model_id;
      const values = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`m${i}`, i]));
      const ofRun = Object.entries(values).map(([key, value]) => ({ key, value, timestamp: 1, step: 0 }));
      const ofModel = ['m1', 'm10', 'x'].map((key) => ({
        key,
        value: -1,
        timestamp: 1,
        model_id,
      }));
      const logged = await t.mlflow('POST', '/runs/log-batch', { run_id, metrics: [...ofRun, ...ofModel] });
      expect(logged.status, logged.text).toBe(200);
      const model = aName();
      await t.mlflow('POST', '/registered-models/create', { name: model });
      const made = await t.mlflow('POST', '/model-versions/create', {
        name: model,
        source: `models:/${model_id}`,
        run_id,
        model_id,
      });
      expect(made.status, made.text).toBe(200);
      await log(model, 1, [
        { name: 'm1', value: 0.5 },
        { name: 'a', value: 1 },
        { name: '\u{1F600}', value: 1 },
        { name: '\uFFFD', value: 1 },
        { name: 'x', value: 2 },
      ]);
      const all = (await t.get(`${at(model, 1)}?page_size=100`)).json.items;
      const ids = (items: { name: string; origin: { of: string } }[]) =>
        items.map(({ name, origin }) => [name, origin.of]);
      expect(ids(all)).toEqual(
        expect.arrayContaining([
          ['a', 'version'],
          ['m1', 'version'],
          ['m1', 'run'],
          ['x', 'logged_model'],
        ]),
      );
      expect(new Set(ids(all).map(String)).size).toBe(all.length);
      for (const size of [1, 2, 3, 5, 16]) {
        const seen = [];
        for (let token = ''; ; ) {
          const page = (await t.get(`${at(model, 1)}?page_size=${size}${token}`)).json;
          expect(page.items.length).toBe(Math.min(size, all.length - seen.length));
          seen.push(...page.items);
          if (page.next_page_token === null) break;
          token = `&page_token=${page.next_page_token}`;
        }
        expect(seen).toEqual(all);
      }
    });

    it('names are any text, percent-encoded in the address', async () => {
      const { model, number } = await make.version(t);
      for (const name of ['val/auc', '精度', 'a b%2F', '…', 'x?y#z', 'constructor']) {
        expect((await log(model, number, [{ name, value: 1, at: AT }])).status).toBe(201);
        const history = await t.get(`${at(model, number)}/${encodeURIComponent(name)}`);
        expect(history.json.items).toEqual([{ name, value: 1, step: 0, at: AT, origin: own }]);
      }
      const nul = await t.post(at(model, number), { metrics: [{ name: 'a\u0000b', value: 1 }] });
      expectProblem(nul, 400, 'malformed');
    });

    it('lists page by page, each metric once', async () => {
      const { model, number } = await make.version(t);
      const names = Array.from({ length: 25 }, (_, i) => `m${String(i).padStart(2, '0')}`);
      await log(
        model,
        number,
        names.toReversed().map((name) => ({ name, value: 1 })),
      );
      const seen: string[] = [];
      for (let token = ''; ; ) {
        const page = (await t.get(`${at(model, number)}?page_size=10${token}`)).json;
        seen.push(...page.items.map((one: { name: string }) => one.name));
        if (page.next_page_token === null) break;
        token = `&page_token=${page.next_page_token}`;
      }
      expect(seen).toEqual(names);
    });

    it('refuses what is no point', async () => {
      const { model, number } = await make.version(t);
      for (const bad of [
        { metrics: [] },
        {},
        { metrics: [{ name: '', value: 1 }] },
        { metrics: [{ name: '..', value: 1 }] },
        { metrics: [{ name: 'a\nb', value: 1 }] },
        { metrics: [{ name: 'a', value: '1' }] },
        { metrics: [{ name: 'a', value: 1, step: 1.5 }] },
        { metrics: [{ name: 'a', value: 1, at: 'yesterday' }] },
        { metrics: [{ name: 'a', value: 1, more: 1 }] },
        { metrics: Array(1_001).fill({ name: 'a', value: 1 }) },
      ])
        expectProblem(await t.post(at(model, number), bad), 422, 'invalid');
      expectProblem(
        await t.post(`/models/${aName()}/versions/1/metrics`, { metrics: [{ name: 'a', value: 1 }] }),
        404,
        'model-not-found',
      );
      expectProblem(await t.get(`${at(model, number)}/none`), 404, 'metric-not-found');
      expectProblem(await t.get(`${at(model, number)}/none?origin=run`), 404, 'metric-not-found');
    });

    it('a version has at most 5,000 of them', async () => {
      const { model, number } = await make.version(t);
      const some = (from: number, count: number) =>
        Array.from({ length: count }, (_, i) => ({ name: `m${from + i}`, value: i }));
      for (let from = 0; from < 5_000; from += 1_000)
        expect((await log(model, number, some(from, 1_000))).status).toBe(201);
      expectProblem(await log(model, number, some(5_000, 1)), 422, 'invalid');
      expect((await log(model, number, [{ name: 'm0', value: 7, step: 1 }])).status).toBe(201);
      expect((await t.get(`${at(model, number)}/m5000`)).status).toBe(404);
    });

    it('a repeated request with the same key gives the first answer', async () => {
      const { model, number } = await make.version(t);
      const key = { 'idempotency-key': aName('key') };
      const first = await log(model, number, [{ name: 'auc', value: 0.5 }], key);
      const again = await log(model, number, [{ name: 'auc', value: 0.5 }], key);
      expect([again.status, again.json]).toEqual([201, first.json]);
      expect((await t.get(`${at(model, number)}/auc`)).json.items).toHaveLength(1);
    });

    it('those of the run that it came from are linked, those that are logged later too', async () => {
      const run = (await t.mlflow('POST', '/runs/create', { experiment_id: '0', start_time: 1 })).json.run.info.run_id;
      const logged = (key: string, value: number, step: number) =>
        t.mlflow('POST', '/runs/log-metric', { run_id: run, key, value, step, timestamp: Date.parse(AT) });
      await logged('auc', 0.8, 1);
      const { model, number } = await make.version(t, { lineage: { run_id: run }, metrics: { auc: 0.8, rmse: 2 } });
      await logged('later', 1, 0);
      const origin = { of: 'run', id: run };
      const listed = async () =>
        (await t.get(at(model, number))).json.items.map((one: { name: string; value: number; origin: object }) => [
          one.name,
          one.value,
          one.origin,
        ]);
      expect(await listed()).toEqual([
        ['auc', 0.8, origin],
        ['later', 1, origin],
        ['rmse', 2, own],
      ]);
      await logged('auc', 0.85, 2);
      expect((await listed()).slice(0, 2)).toEqual([
        ['auc', 0.8, own],
        ['auc', 0.85, origin],
      ]);
      const history = async (query = '') =>
        (await t.get(`${at(model, number)}/auc${query}`)).json.items.map((one: { value: number }) => one.value);
      expect(await history()).toEqual([0.8, 0.85]);
      expect(await history('?origin=version')).toEqual([0.8]);
      await log(model, number, [{ name: 'auc', value: 0.9, step: 3 }]);
      expect(await history()).toEqual([0.8, 0.9]);
      expect(await history('?origin=run')).toEqual([0.8, 0.85]);
      expectProblem(await t.get(`${at(model, number)}/auc?origin=logged_model`), 404, 'metric-not-found');
    });
  });
}
