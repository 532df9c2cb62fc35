import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

type Row = { rank: number; model: string; number: number; value: number | string; of_these_bytes: boolean };

for (const [database, open] of Object.entries(databases)) {
  describe(`data sets on ${database}`, () => {
    const t = useRegistry(open);
    const evaluate = async (name: string, model: string, number: number, metrics: object, more: object = {}) =>
      (
        await t.post(`/models/${model}/versions/${number}/evaluations`, {
          dataset: { name, digest: '1' },
          metrics,
          ...more,
        })
      ).json;
    const board = async (name: string, query: string) =>
      (await t.get(`/datasets/${encodeURIComponent(name)}/leaderboard?${query}`)).json;
    const places = (rows: Row[]) => rows.map(({ rank, number, value }) => [rank, number, value]);

    it('say whether it was these bytes that were evaluated, or what was there before the seal', async () => {
      const { model, number } = await make.version(t);
      const name = aName('holdout');
      await evaluate(name, model, number, { auc: 0.9 });
      const told = async () => (await board(name, 'metric=auc')).items.map((row: Row) => row.of_these_bytes);
      expect(await told()).toEqual([false]);
      await t.post(`/models/${model}/versions/${number}/seal`);
      expect(await told()).toEqual([false]);
      await evaluate(name, model, number, { auc: 0.9 });
      expect(await told()).toEqual([true]);
    });

    it('are listed by name, with their digests, the one recorded on last first, whatever time it names', async () => {
      const stem = aName('z 数/set');
      const { model, number } = await make.version(t);
      const on = (name: string, digest: string, at: string, metrics = {}) =>
        t.post(`/models/${model}/versions/${number}/evaluations`, {
          dataset: { name, digest },
          metrics: { auc: 1, ...metrics },
          at,
        });
      await on(`${stem}b`, 'new', '2026-02-02T00:00:00Z');
      await on(`${stem}b`, 'old', '2026-01-01T00:00:00Z', { loss: 1 });
      await on(`${stem}b`, 'old', '2026-01-02T00:00:00Z');
      await on(`${stem}a`, 'x', '2026-01-01T00:00:00Z');
      const expected = {
        name: `${stem}b`,
        digests: [
          {
            digest: 'old',
            evaluation_count: 2,
            version_count: 1,
            metrics: ['auc', 'loss'],
            first_at: '2026-01-01T00:00:00.000Z',
            last_at: '2026-01-02T00:00:00.000Z',
          },
          {
            digest: 'new',
            evaluation_count: 1,
            version_count: 1,
            metrics: ['auc'],
            first_at: '2026-02-02T00:00:00.000Z',
            last_at: '2026-02-02T00:00:00.000Z',
          },
        ],
      };
      expect((await t.get(`/datasets/${encodeURIComponent(`${stem}b`)}`)).json).toEqual(expected);
      expect((await board(`${stem}b`, 'metric=auc&direction=higher')).dataset.digest).toBe('old');
      await on(`${stem}b`, 'new', '2020-01-01T00:00:00Z');
      expect((await board(`${stem}b`, 'metric=auc&direction=higher')).dataset.digest).toBe('new');
      await on(`${stem}b`, 'old', '2026-01-01T12:00:00Z');
      Object.assign(expected.digests[0]!, { evaluation_count: 3 });
      Object.assign(expected.digests[1]!, { evaluation_count: 2, first_at: '2020-01-01T00:00:00.000Z' });
      const seen = [];
      for (let token = ''; ; ) {
        const page = (await t.get(`/datasets?page_size=1${token}`)).json;
        seen.push(...page.items);
        if (page.next_page_token === null) break;
        token = `&page_token=${page.next_page_token}`;
      }
      expect(seen.slice(-2)).toEqual([expect.objectContaining({ name: `${stem}a` }), expected]);
      expectProblem(await t.get(`/datasets/${aName()}`), 404, 'dataset-not-found');
    });

    it('rank versions by their newest evaluation: ties share a rank, NaN comes last', async () => {
      const name = aName('holdout');
      const { name: model } = await make.model(t);
      const values = [0.9, 0.7, 0.9, 'NaN', 0.8, '-Infinity', 'NaN'];
      for (const value of values) {
        const { number } = await make.version(t, { model });
        await evaluate(name, model, number, { accuracy: 0.1 });
        await evaluate(name, model, number, { accuracy: value }, { n: 50 });
      }
      await make.version(t, { model });
      const higher = await board(name, 'metric=accuracy');
      expect(higher).toMatchObject({ dataset: { name, digest: '1' }, metric: 'accuracy', direction: 'higher' });
      expect(places(higher.items)).toEqual([
        [1, 3, 0.9],
        [1, 1, 0.9],
        [3, 5, 0.8],
        [4, 2, 0.7],
        [5, 6, '-Infinity'],
        [6, 7, 'NaN'],
        [6, 4, 'NaN'],
      ]);
      expect(higher.items[0]).toMatchObject({ n: 50, status: 'draft', interval: { method: 'wilson' } });
      const lower = await board(name, 'metric=accuracy&direction=lower&page_size=100');
      expect(places(lower.items)).toEqual([
        [1, 6, '-Infinity'],
        [2, 2, 0.7],
        [3, 5, 0.8],
        [4, 1, 0.9],
        [4, 3, 0.9],
        [6, 4, 'NaN'],
        [6, 7, 'NaN'],
      ]);
      const seen: Row[] = [];
      for (let token = ''; ; ) {
        const page = await board(name, `metric=accuracy&page_size=2${token}`);
        seen.push(...page.items);
        if (page.next_page_token === null) break;
        token = `&page_token=${page.next_page_token}`;
      }
      expect(seen).toEqual(higher.items);
    });

    it('leaves out what is in the trash, and puts it back with it', async () => {
      const name = aName('holdout');
      const { name: model } = await make.model(t);
      for (const auc of [0.9, 0.8, 0.7]) {
        const { number } = await make.version(t, { model });
        await evaluate(name, model, number, { auc });
      }
      const other = await make.version(t);
      await evaluate(name, other.model, 1, { auc: 0.85 });
      const shown = async (query = 'metric=auc') => places((await board(name, query)).items);
      await t.del(`/models/${model}/versions/1?reason=old`);
      expect(await shown()).toEqual([
        [1, 1, 0.85],
        [2, 2, 0.8],
        [3, 3, 0.7],
      ]);
      await t.post(`/models/${model}/versions/1/restore`);
      expect(await shown(`metric=auc&model=${model}`)).toEqual([
        [1, 1, 0.9],
        [2, 2, 0.8],
        [3, 3, 0.7],
      ]);
      await t.del(`/models/${model}?reason=old`);
      expect(await shown()).toEqual([[1, 1, 0.85]]);
      expectProblem(await t.get(`/datasets/${name}/leaderboard?metric=auc&model=${model}`), 404, 'model-not-found');
    });

    it('takes the digest that was evaluated on last, and keeps to it through pages', async () => {
      const name = aName('holdout');
      const { name: model } = await make.model(t);
      for (const auc of [0.9, 0.8, 0.7]) {
        const { number } = await make.version(t, { model });
        await evaluate(name, model, number, { auc });
      }
      const first = await board(name, 'metric=auc&page_size=1');
      await evaluate(name, model, 3, { auc: 1 }, { dataset: { name, digest: '2' } });
      expect((await board(name, 'metric=auc')).dataset.digest).toBe('2');
      const second = await board(name, `metric=auc&page_size=1&page_token=${first.next_page_token}`);
      expect(second.dataset.digest).toBe('1');
      expect(places(second.items)).toEqual([[2, 2, 0.8]]);
      expectProblem(
        await t.get(`/datasets/${name}/leaderboard?metric=loss&page_token=${first.next_page_token}`),
        400,
        'page-token-invalid',
      );
    });

    it('asks which way is better where nobody said so', async () => {
      const name = aName('holdout');
      const { model, number } = await make.version(t);
      await evaluate(name, model, number, { uplift: 1 });
      expectProblem(await t.get(`/datasets/${name}/leaderboard?metric=uplift`), 400, 'query-invalid');
      expect((await board(name, 'metric=uplift&direction=higher')).items).toHaveLength(1);
      await t.put('/metric-definitions/uplift', { direction: 'lower', unit: '%' });
      expect(await board(name, 'metric=uplift')).toMatchObject({ direction: 'lower', unit: '%' });
      expect((await board(name, 'metric=auc')).items).toEqual([]);
      expectProblem(await t.get(`/datasets/${name}/leaderboard`), 400, 'query-invalid');
      expectProblem(await t.get(`/datasets/${name}/leaderboard?metric=auc&digest=x`), 404, 'dataset-not-found');
    });
  });
}
