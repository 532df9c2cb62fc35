import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

for (const [database, open] of Object.entries(databases))
  describe(`GET /live on ${database}`, () => {
    const t = useRegistry(open);
    /** `model/number` of every version, page by page. */
    async function liveOf(query: string, page_size = 50): Promise<string[]> {
      const found: string[] = [];
      for (let token = ''; ; ) {
        const { status, json, text } = await t.get(`/live?${query}&page_size=${page_size}${token}`);
        expect(status, text).toBe(200);
        found.push(...json.items.map((one: { model: string; number: number }) => `${one.model}/${one.number}`));
        if (json.next_page_token === null) return found;
        token = `&page_token=${json.next_page_token}`;
      }
    }

    it('lists what is live, and what was at a moment, model by model, whatever became of it', async () => {
      const [a, b, c] = [aName('a'), aName('b'), aName('c')];
      const moments: [time: string, live: string[]][] = [];
      const now = async () => {
        const time = new Date(t.clock.tick(1_000)).toISOString();
        moments.push([time, await liveOf('')]);
        t.clock.tick(1_000);
      };
      t.clock.set('2026-04-01T00:00:00.000Z');
      await make.version(t, { model: (await make.model(t, { name: b })).name, status: 'production' });
      await make.version(t, { model: b, status: 'staging' });
      await now();
      await make.version(t, { model: (await make.model(t, { name: a })).name, status: 'production' });
      await make.version(t, { model: b, status: 'production' });
      await make.model(t, { name: c });
      await now();
      await t.post(`/models/${b}/rename`, { name: `${b}-new` });
      await t.post(`/models/${a}/versions/1/promotions`, { to: 'archived' });
      await now();
      await t.del(`/models/${b}-new?reason=r&force=true`);
      await now();
      await t.post(`/models/${b}-new/restore`);
      await t.del(`/models/${b}-new/versions/1?reason=r&force=true`);
      await now();
      await t.del(`/models/${b}-new?reason=r&force=true`);
      await t.post(`/models/${b}-new/purge`);
      await now();
      t.clock.run();
      expect(moments.map(([, live]) => live)).toEqual([
        [`${b}/1`],
        [`${b}/1`, `${b}/3`, `${a}/1`],
        [`${b}-new/1`, `${b}-new/3`],
        [],
        [`${b}-new/3`],
        [],
      ]);
      for (const [time, live] of moments)
        for (const page_size of [1, 2, 50]) expect(await liveOf(`as_of=${time}`, page_size), time).toEqual(live);
      expect(await liveOf(`as_of=${moments[0]![0]}&status=staging`)).toEqual([`${b}/2`]);
      expect(await liveOf('as_of=2026-03-01T00:00:00Z')).toEqual([]);
    });

    it('lists all of a model that has more than it names, now and then', async () => {
      const { name: model } = await make.model(t);
      t.clock.set('2026-05-01T00:00:00.000Z');
      for (let i = 0; i < 103; i += 1) await make.version(t, { model, status: 'staging', artifacts: {}, sealed: true });
      const then = new Date(t.clock.tick(1_000)).toISOString();
      t.clock.tick(1_000);
      await t.post(`/models/${model}/versions/50/promotions`, { to: 'archived' });
      t.clock.run();
      const all = Array.from({ length: 103 }, (_, i) => `${model}/${i + 1}`);
      const own = (found: string[]) => found.filter((one) => one.startsWith(model));
      expect(own(await liveOf(`status=staging&as_of=${then}`, 40))).toEqual(all);
      expect(own(await liveOf('status=staging', 40))).toEqual(all.filter((one) => !one.endsWith('/50')));
    });

    it('answers whole versions, the same as they are one by one', async () => {
      const version = await make.version(t, { status: 'production', tags: { a: 'b' }, metrics: { auc: 'NaN' } });
      const { items } = (await t.get('/live?page_size=1000')).json;
      expect(items.find((one: { model: string }) => one.model === version.model)).toEqual(version);
      const past = (await t.get(`/live?as_of=2999-01-01T00:00:00Z`)).json.items;
      expect(past.find((one: { model: string }) => one.model === version.model)).toEqual(version);
    });

    it('refuses what is no live status, and tokens of another list', async () => {
      for (const status of ['draft', 'archived', '', 'Production'])
        expectProblem(await t.get(`/live?status=${status}`), 400, 'query-invalid');
      for (let i = 0; i < 2; i += 1) await make.version(t, { status: 'production' });
      const token = (await t.get('/live?page_size=1')).json.next_page_token;
      for (const query of ['status=staging', 'as_of=2999-01-01T00:00:00Z'])
        expectProblem(await t.get(`/live?${query}&page_token=${token}`), 400, 'page-token-invalid');
      expectProblem(await t.get('/live?as_of=yesterday'), 400, 'query-invalid');
    });
  });
