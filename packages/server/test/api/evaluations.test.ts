import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const AT = '2026-03-01T10:00:00.000Z';

for (const [database, open] of Object.entries(databases)) {
  describe(`evaluations on ${database}`, () => {
    const t = useRegistry(open);
    const at = (model: string, number: number) => `/models/${model}/versions/${number}/evaluations`;
    const dataset = { name: 'holdout', digest: 'sha256:1' };

    it('records what a version came to, for ever, and says so in the ledger', async () => {
      t.clock.set(AT);
      const { model, number, digest, etag } = await make.version(t, { sealed: true });
      const answer = await t.ask('POST', at(model, number), {
        actor: 'ada',
        body: {
          dataset,
          metrics: { accuracy: 0.9, auc: 0.97, loss: 'NaN' },
          n: 100,
          slices: [{ slice: 'country=DE', n: 20, metrics: { accuracy: 1 } }],
          evaluator: 'nightly',
          at: '2026-02-28T00:00:00Z',
          curves: {
            roc: [
              { fpr: 0, tpr: 0 },
              { fpr: 0.1, tpr: 0.8 },
              { fpr: 1, tpr: 1 },
            ],
            confusion: {
              labels: ['no', 'yes'],
              counts: [
                [45, 5],
                [5, 45],
              ],
            },
          },
          tags: { build: '7' },
        },
      });
      expect(answer.status).toBe(201);
      expect(answer.headers.location).toBe(`/api/v1/evaluations/${answer.json.id}`);
      expect(answer.json).toMatchObject({
        model,
        number,
        version_digest: digest,
        dataset,
        metrics: { accuracy: 0.9, auc: 0.97, loss: 'NaN' },
        n: 100,
        evaluator: 'nightly',
        at: '2026-02-28T00:00:00.000Z',
        tags: { build: '7' },
        source: null,
        recorded_at: AT,
        recorded_by: 'ada',
      });
      expect(Object.keys(answer.json.intervals)).toEqual(['accuracy']);
      expect(answer.json.intervals.accuracy).toMatchObject({ level: 0.95, method: 'wilson' });
      expect(answer.json.slices[0].intervals.accuracy.high).toBe(1);
      expect((await t.get(`/evaluations/${answer.json.id}`)).json).toEqual(answer.json);
      expect((await t.get(at(model, number))).json).toEqual({ items: [answer.json], next_page_token: null });
      const [event] = (await t.get(`/events?subject=${model}/${number}&page_size=1`)).json.items;
      expect(event).toMatchObject({
        type: 'evaluation.recorded',
        details: { evaluation: answer.json },
        changes: [{ number, before: { etag }, after: { etag: etag + 1 } }],
      });
      for (const method of ['PATCH', 'PUT', 'DELETE'])
        expect((await t.ask(method, `/evaluations/${answer.json.id}`, { body: {} })).status).toBe(405);
      t.clock.run();
    });

    it('pages of a version are newest first', async () => {
      const { model, number } = await make.version(t);
      const ids = [];
      for (let i = 0; i < 5; i += 1)
        ids.push((await t.post(at(model, number), { dataset, metrics: { auc: i } })).json.id);
      const seen = [];
      for (let token = ''; ; ) {
        const page = (await t.get(`${at(model, number)}?page_size=2${token}`)).json;
        seen.push(...page.items.map((one: { id: number }) => one.id));
        if (page.next_page_token === null) break;
        token = `&page_token=${page.next_page_token}`;
      }
      expect(seen).toEqual(ids.reverse());
    });

    it('refuses what cannot be one', async () => {
      const { model, number } = await make.version(t);
      const metrics = { auc: 1 };
      const square = (counts: number[][], labels = ['a', 'b']) => ({ curves: { confusion: { labels, counts } } });
      for (const bad of [
        { metrics },
        { dataset: { name: 'holdout' }, metrics },
        { dataset: { name: '..', digest: '1' }, metrics },
        { dataset, metrics: {} },
        { dataset, metrics: { '': 1 } },
        { dataset, metrics, n: 0 },
        { dataset, metrics, n: 10, slices: [{ slice: 'a', n: 11, metrics }] },
        {
          dataset,
          metrics,
          slices: [
            { slice: 'a', metrics },
            { slice: 'a', metrics },
          ],
        },
        { dataset, metrics, ...square([[1, 2]]) },
        {
          dataset,
          metrics,
          ...square([
            [1, 2],
            [1, 2],
            [1, 2],
          ]),
        },
        {
          dataset,
          metrics,
          ...square([
            [1, 2],
            [1, 2, 3],
          ]),
        },
        {
          dataset,
          metrics,
          ...square(
            [
              [1, 2],
              [1, 2],
            ],
            ['a', 'a'],
          ),
        },
        {
          dataset,
          metrics,
          curves: {
            roc: [
              { fpr: 0.5, tpr: 0 },
              { fpr: 0, tpr: 1 },
            ],
          },
        },
        {
          dataset,
          metrics,
          curves: {
            roc: [
              { fpr: 0, tpr: 0.5 },
              { fpr: 1, tpr: 0.4 },
            ],
          },
        },
        { dataset, metrics, curves: { roc: [{ fpr: 0, tpr: 0 }] } },
        {
          dataset,
          metrics,
          curves: { precision_recall: [1, 0, 0.5].map((recall) => ({ recall, precision: 1 })) },
        },
        { dataset, metrics, id: 7 },
      ])
        expectProblem(await t.post(at(model, number), bad), 422, 'invalid');
      expectProblem(
        await t.post(`/models/${aName()}/versions/1/evaluations`, { dataset, metrics }),
        404,
        'model-not-found',
      );
      expectProblem(await t.get('/evaluations/999999'), 404, 'evaluation-not-found');
      expectProblem(await t.get('/evaluations/x'), 400, 'query-invalid');
    });

    it('are found over all models by a filter', async () => {
      const stem = aName();
      const names = ['a', 'b'].map((one) => `${stem}-${one}`);
      const sets = [aName('set'), aName('set')];
      for (const [i, name] of names.entries()) {
        await make.model(t, { name });
        for (const n of [1, 2, 3]) {
          await make.version(t, { model: name });
          for (const [k, set] of sets.entries())
            await t.post(at(name, n), {
              dataset: { name: set, digest: `d${n % 2}` },
              metrics: { accuracy: n / 10 + i / 100, odd: n === 2 ? 'NaN' : n },
              n: n * 100,
              evaluator: `e${k}`,
              at: `2026-01-0${n}T00:00:00Z`,
              tags: { round: String(n) },
            });
        }
      }
      const found = async (filter: string, size = 50) => {
        const seen: string[] = [];
        for (let token = ''; ; ) {
          const query = `filter=${encodeURIComponent(filter)}&page_size=${size}${token}`;
          const page = (await t.get(`/evaluations?${query}`)).json;
          for (const { model, number, dataset: of } of page.items)
            seen.push(`${names.indexOf(model)}/${number} ${sets.indexOf(of.name)}`);
          if (page.next_page_token === null) return seen;
          token = `&page_token=${page.next_page_token}`;
        }
      };
      const of = `model LIKE '${stem}-%'`;
      expect(await found(`model = '${names[0]}'`)).toEqual(['0/3 1', '0/3 0', '0/2 1', '0/2 0', '0/1 1', '0/1 0']);
      expect(await found(`model = '${names[0]}'`, 1)).toHaveLength(6);
      expect(await found(`dataset = '${sets[1]}' AND metrics.accuracy > 0.2`, 2)).toEqual(['1/3 1', '1/2 1', '0/3 1']);
      expect(await found(`dataset.name = '${sets[0]}' AND dataset.digest = 'd0'`)).toEqual(['1/2 0', '0/2 0']);
      expect(await found(`dataset.name = '${sets[0]}' AND dataset.digest = 'd7'`)).toEqual([]);
      expect(await found(`${of} AND (n >= 300 OR number = 1) AND evaluator = 'e0'`)).toEqual([
        '1/3 0',
        '1/1 0',
        '0/3 0',
        '0/1 0',
      ]);
      expect(await found(`${of} AND tags.round IN ('2') AND NOT evaluator = 'e1'`)).toEqual(['1/2 0', '0/2 0']);
      expect(await found(`${of} AND metrics.odd < 2 AND at < '2026-01-02'`)).toEqual([
        '1/1 1',
        '1/1 0',
        '0/1 1',
        '0/1 0',
      ]);
      expect(await found(`${of} AND metrics.none IS NOT NULL`)).toEqual([]);
      expect(await found(`model = '${aName()}'`)).toEqual([]);
      await t.del(`/models/${names[1]}?reason=old`);
      expect(await found(`dataset = '${sets[0]}'`)).toHaveLength(3);
      const wrong = await t.get(`/evaluations?filter=${encodeURIComponent("modl = 'x'")}`);
      expectProblem(wrong, 400, 'filter-invalid');
      expect(wrong.json.detail).toContain('expected model, or one of model, number');
      const page = (await t.get(`/evaluations?page_size=1`)).json;
      expectProblem(
        await t.get(`/evaluations?filter=n%3D1&page_token=${page.next_page_token}`),
        400,
        'page-token-invalid',
      );
    });

    it('is not seen while its version is in the trash', async () => {
      const { model, number } = await make.version(t);
      const { id } = (await t.post(at(model, number), { dataset, metrics: { auc: 1 } })).json;
      await t.del(`/models/${model}/versions/${number}?reason=old`);
      expectProblem(await t.get(`/evaluations/${id}`), 404, 'evaluation-not-found');
      await t.post(`/models/${model}/versions/${number}/restore`);
      expect((await t.get(`/evaluations/${id}`)).status).toBe(200);
      await t.del(`/models/${model}?reason=old`);
      expectProblem(await t.get(`/evaluations/${id}`), 404, 'evaluation-not-found');
    });
  });
}
