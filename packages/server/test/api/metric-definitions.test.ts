import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

for (const [database, open] of Object.entries(databases)) {
  describe(`metric definitions on ${database}`, () => {
    const t = useRegistry(open);

    it('knows what names mean in the field, behind prefixes too', async () => {
      const { json, headers } = await t.get('/metric-definitions/auc');
      expect(json).toMatchObject({ name: 'auc', direction: 'higher', unit: null, built_in: true, etag: 0 });
      expect(headers.etag).toBe('"0"');
      for (const [name, direction, unit] of [
        ['val_loss', 'lower', null],
        ['training_accuracy_score', 'higher', null],
        ['test/RMSE', 'lower', null],
        ['latency_p95', 'lower', 'ms'],
        ['example_count', null, null],
      ])
        expect((await t.get(`/metric-definitions/${encodeURIComponent(name as string)}`)).json).toMatchObject({
          name,
          direction,
          unit,
        });
      expectProblem(await t.get('/metric-definitions/churn_uplift'), 404, 'metric-definition-not-found');
    });

    it('is set by whoever knows better, and the event is found by its name', async () => {
      const name = aName('uplift');
      const set = await t.ask('PUT', `/metric-definitions/${name}`, {
        body: { direction: 'higher', unit: '%' },
        actor: 'ada',
      });
      expect(set.status).toBe(200);
      expect(set.json).toMatchObject({
        name,
        direction: 'higher',
        unit: '%',
        built_in: false,
        updated_by: 'ada',
        etag: 1,
      });
      expect((await t.get(`/metric-definitions/${name}`)).json).toEqual(set.json);
      const { items } = (await t.get(`/events?subject=metric:${name}`)).json;
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({
        type: 'metric-definition.changed',
        subject: `metric:${name}`,
        details: { definition: set.json },
        changes: [],
      });
      await t.put(`/metric-definitions/${name}`, { direction: 'higher', unit: '%' });
      expect((await t.get(`/events?subject=metric:${name}`)).json.items).toHaveLength(1);
    });

    it('what is left out stays what the name means, null is none', async () => {
      const first = await t.put('/metric-definitions/rmse', { unit: 'EUR' });
      expect(first.json).toMatchObject({ unit: 'EUR', direction: 'lower' });
      const second = await t.put('/metric-definitions/rmse', { direction: null });
      expect(second.json).toMatchObject({ unit: null, direction: null, etag: 2 });
    });

    it('honours If-Match and If-None-Match', async () => {
      const path = `/metric-definitions/${aName('m')}`;
      expect((await t.put(path, { unit: 'a' }, { 'if-match': '"0"' })).status).toBe(200);
      expectProblem(await t.put(path, { unit: 'b' }, { 'if-match': '"0"' }), 412, 'stale-write');
      expect((await t.put(path, { unit: 'b' }, { 'if-match': '"1"' })).headers.etag).toBe('"2"');
      expect((await t.get(path, { 'if-none-match': '"2"' })).status).toBe(304);
      for (const bad of [{ direction: 'up' }, { unit: '' }, { more: 1 }, []])
        expectProblem(await t.put(path, bad), 422, 'invalid');
      for (const bad of ['a%0Ab', '..%2fauc', '%2fauc', 'a%2f%2fb', '..%5cauc'])
        expectProblem(await t.put(`/metric-definitions/${bad}`, {}), 422, 'invalid');
      expect((await t.put(`/metric-definitions/train%2f${aName('m')}`, {})).status).toBe(200);
    });

    it('lists all by name, page by page, each once', async () => {
      await t.put('/metric-definitions/aaa', { unit: 'x' });
      await t.put('/metric-definitions/auc', { unit: 'points' });
      const seen: { name: string; unit: string | null }[] = [];
      for (let token = ''; ; ) {
        const page = (await t.get(`/metric-definitions?page_size=7${token}`)).json;
        seen.push(...page.items);
        if (page.next_page_token === null) break;
        token = `&page_token=${page.next_page_token}`;
      }
      const names = seen.map(({ name }) => name);
      expect(names).toEqual([...new Set(names)].sort());
      expect(names).toContain('zero_one_loss');
      expect(seen.find(({ name }) => name === 'auc')?.unit).toBe('points');
      expect(names).toContain('aaa');
    });
  });
}
