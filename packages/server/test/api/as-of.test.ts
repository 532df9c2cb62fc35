import { describe, expect, it, vi } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

for (const [database, open] of Object.entries(databases))
  describe(`as_of on ${database}`, () => {
    const t = useRegistry(open, { policy: { single: ['production'] } });
    const day = (n: number) => `2026-03-${String(n).padStart(2, '0')}T12:00:00.000Z`;
    const on = (n: number, path: string) => t.get(`${path}${path.includes('?') ? '&' : '?'}as_of=${day(n)}`);

    it('answers model, version, alias and lists with the state of that moment', async () => {
      const name = aName();
      t.clock.set(day(1));
      await make.model(t, { name, description: 'first' });
      t.clock.set(day(2));
      await make.version(t, { model: name, status: 'production', aliases: ['champion'], tags: { a: '1' } });
      t.clock.set(day(3));
      await make.version(t, { model: name, status: 'staging' });
      t.clock.set(day(4));
      await t.patch(`/models/${name}`, { description: 'second' });
      await t.put(`/models/${name}/aliases/champion`, { version: 2 });
      await t.post(`/models/${name}/versions/2/promotions`, { to: 'production' });
      t.clock.set(day(5));
      await t.del(`/models/${name}/versions/1?reason=r`);
      t.clock.run();

      expectProblem(await t.get(`/models/${name}?as_of=2026-03-01T11:59:59.999Z`), 404, 'model-not-found');
      expect((await on(1, `/models/${name}`)).json).toMatchObject({ description: 'first', version_count: 0 });
      expect((await on(3, `/models/${name}`)).json).toMatchObject({
        description: 'first',
        live: { production: [1], staging: [2] },
        aliases: { champion: 1 },
      });
      expect((await on(4, `/models/${name}`)).json).toMatchObject({
        description: 'second',
        live: { production: [2], staging: [] },
      });

      const ref = async (n: number, text: string) => (await on(n, `/models/${name}/versions/${text}`)).json.number;
      expect([await ref(2, '@champion'), await ref(3, '@champion'), await ref(4, '@champion')]).toEqual([1, 1, 2]);
      for (const n of [2, 4])
        expect((await on(n, `/models/${name}/aliases/champion`)).json).toEqual(
          (await on(n, `/models/${name}/versions/@champion`)).json,
        );
      expect((await t.get(`/models/${name}/aliases/champion`)).json).toMatchObject({ number: 2 });
      expectProblem(await t.get(`/models/${name}/aliases/none`), 404, 'alias-not-found');
      for (const alias of ['champion', 'v1'])
        expectProblem(await on(1, `/models/${name}/aliases/${alias}`), 404, 'version-not-found');
      expect([await ref(2, 'production'), await ref(3, 'staging'), await ref(4, 'production')]).toEqual([1, 2, 2]);
      expect([
        await ref(2, 'latest'),
        await ref(3, 'latest'),
        await ref(4, 'archived'),
        await ref(5, 'latest'),
      ]).toEqual([1, 2, 1, 2]);
      expectProblem(await on(3, `/models/${name}/versions/archived`), 404, 'version-not-found');
      expectProblem(await on(5, `/models/${name}/versions/archived`), 404, 'version-not-found');
      expectProblem(await on(2, `/models/${name}/versions/2`), 404, 'version-not-found');
      expectProblem(await on(5, `/models/${name}/versions/1`), 404, 'version-not-found');
      expect((await on(4, `/models/${name}/versions/1`)).json).toMatchObject({
        status: 'archived',
        tags: { a: '1' },
        deregistered: null,
      });
      expect((await on(2, `/models/${name}/versions/1`)).json).toMatchObject({
        status: 'production',
        aliases: ['champion'],
      });

      const numbers = async (n: number, query: string) =>
        (await on(n, `/models/${name}/versions?${query}`)).json.items.map(
          (version: { number: number }) => version.number,
        );
      const filter = (text: string) => `filter=${encodeURIComponent(text)}&sort=number`;
      expect([
        await numbers(2, 'sort=number'),
        await numbers(3, 'sort=number'),
        await numbers(5, 'sort=number'),
      ]).toEqual([[1], [1, 2], [2]]);
      expect(await numbers(3, filter("status = 'production'"))).toEqual([1]);
      expect(await numbers(4, filter("status = 'production'"))).toEqual([2]);
      expect(await numbers(4, filter("tags.a = '1' AND status = 'archived'"))).toEqual([1]);
      expectProblem(await t.get(`/models/${name}/versions?as_of=2026-02-01T00:00:00Z`), 404, 'model-not-found');
    });

    it('knows drafts: the one that became one last', async () => {
      const name = aName();
      t.clock.set(day(1));
      await make.model(t, { name });
      await make.version(t, { model: name, sealed: true });
      await make.version(t, { model: name });
      t.clock.set(day(2));
      await t.post(`/models/${name}/versions/1/promotions`, { to: 'staging' });
      t.clock.set(day(3));
      await t.post(`/models/${name}/versions/1/promotions`, { to: 'draft' });
      const now = (await t.get(`/models/${name}/versions/draft`)).json.number;
      t.clock.run();
      const drafts = [];
      for (const n of [1, 2, 3]) drafts.push((await on(n, `/models/${name}/versions/draft`)).json.number);
      expect(drafts).toEqual([2, 2, now]);
      expect(now).toBe(1);
    });

    it('a name means the model that bore it then', async () => {
      const [a, b] = [aName('a'), aName('b')];
      t.clock.set(day(1));
      await make.version(t, { model: (await make.model(t, { name: a, description: 'one' })).name });
      t.clock.set(day(2));
      await t.post(`/models/${a}/rename`, { name: b });
      t.clock.set(day(3));
      await make.model(t, { name: a, description: 'two' });
      t.clock.run();
      expect((await on(1, `/models/${a}`)).json).toMatchObject({ name: a, description: 'one' });
      expect((await on(1, `/models/${a}/versions/1`)).json).toMatchObject({ model: a, number: 1 });
      expectProblem(await on(1, `/models/${b}`), 404, 'model-not-found');
      expectProblem(await on(2, `/models/${a}`), 404, 'model-not-found');
      expect((await on(2, `/models/${b}/versions/1`)).json).toMatchObject({ model: b, number: 1 });
      expect((await on(3, `/models/${a}`)).json).toMatchObject({ name: a, description: 'two' });
      expectProblem(await on(3, `/models/${a}/versions/1`), 404, 'version-not-found');
      const listed = (await on(1, `/versions?filter=${encodeURIComponent(`name = '${a}'`)}`)).json.items;
      expect(listed).toMatchObject([{ model: a, number: 1 }]);
    });

    it('the newest archived version is the same now and as of now, also after one came out of the trash', async () => {
      const { name: model } = await make.model(t);
      t.clock.set(day(20));
      await make.version(t, { model, status: 'archived' });
      t.clock.set(day(21));
      await make.version(t, { model, status: 'archived' });
      t.clock.set(day(22));
      await t.del(`/models/${model}/versions/1?reason=r`);
      await t.post(`/models/${model}/versions/1/restore`);
      t.clock.set(day(23));
      const now = (await t.get(`/models/${model}/versions/archived`)).json;
      expect(now.number).toBe(2);
      expect((await on(23, `/models/${model}/versions/archived`)).json).toEqual(now);
      t.clock.run();
    });

    it('what was deregistered, restored and purged since is there as it was', async () => {
      const { name } = await make.model(t);
      t.clock.set(day(10));
      const model = aName();
      await make.model(t, { name: model, description: 'secret' });
      await make.version(t, { model, tags: { a: 'b' } });
      t.clock.set(day(11));
      await t.del(`/models/${model}?reason=r`);
      t.clock.set(day(12));
      await t.post(`/models/${model}/restore`);
      t.clock.set(day(13));
      await t.del(`/models/${model}?reason=r`);
      await t.post(`/models/${model}/purge`);
      t.clock.run();
      for (const n of [10, 12]) {
        expect((await on(n, `/models/${model}`)).json).toMatchObject({ description: 'secret', deregistered: null });
        expect((await on(n, `/models/${model}/versions/1`)).json).toMatchObject({ tags: { a: 'b' } });
      }
      for (const n of [11, 13]) expectProblem(await on(n, `/models/${model}`), 404, 'model-not-found');
      expect((await t.get(`/models/${name}?as_of=2999-01-01T00:00:00Z`)).json).toEqual(
        (await t.get(`/models/${name}`)).json,
      );
    });

    it('a model that changed many times is as it was at each of them', async () => {
      t.clock.set('2026-05-01T00:00:00.000Z');
      const { name } = await make.model(t);
      const seen: [time: string, model: unknown][] = [];
      for (let i = 0; i < 150; i += 1) {
        const time = new Date(t.clock.tick(1_000)).toISOString();
        const tags = { [`k${i % 7}`]: i % 3 === 0 ? null : String(i) };
        await t.patch(`/models/${name}`, { tags, ...(i === 20 && { description: 'once' }) });
        if (i % 11 === 0 || i === 62 || i === 63) seen.push([time, (await t.get(`/models/${name}`)).json]);
      }
      t.clock.run();
      expect(await t.db.read.selectFrom('model_state').select('etag').execute()).not.toEqual([]);
      for (const [time, model] of seen) expect((await t.get(`/models/${name}?as_of=${time}`)).json).toEqual(model);
    });

    it('R5 a list of the past that takes too long to replay is refused, and the others end early', async () => {
      for (let i = 0; i < 20; i += 1) await make.model(t);
      const path = `/models?as_of=${new Date().toISOString()}&page_size=20`;
      const whole = (await t.get(path)).json;
      let now = performance.now();
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 5_000));
      try {
        const { detail, parameter } = expectProblem(await t.get(`${path}&sort=-updated_at`), 400, 'query-invalid');
        expect(parameter).toBe('as_of');
        expect(detail).toContain('takes too long: leave out q and sort');
        const { items, next_page_token } = (await t.get(path)).json;
        expect(items).toEqual(whole.items.slice(0, 1));
        expect(next_page_token).toEqual(expect.any(String));
      } finally {
        clock.mockRestore();
      }
    });

    /** What a list holds, page by page. */
    async function pagesOf(path: string) {
      const found: { name: string; description: string }[] = [];
      for (let token = ''; ; ) {
        const { items, next_page_token } = (await t.get(`${path}${token && `&page_token=${token}`}`)).json;
        found.push(...items);
        if (next_page_token === null) return found;
        token = next_page_token;
      }
    }

    it('models are listed once each where a name had several bearers, however the pages end', async () => {
      t.clock.set('2026-07-01T00:00:00.000Z');
      const own = aName();
      const moments: { time: string; bearer: string }[] = [];
      const register = (letter: string, description: string) =>
        make.model(t, { name: `${own}-${letter}`, owner: own, description });
      for (const letter of ['a', 'z']) await register(letter, letter);
      for (const bearer of ['purged', 'in the trash', 'renamed', 'live']) {
        await register('m', bearer);
        moments.push({ time: new Date(t.clock.tick(1_000)).toISOString(), bearer });
        t.clock.tick(1_000);
        if (bearer === 'renamed') await t.post(`/models/${own}-m/rename`, { name: `${own}-b` });
        else if (bearer !== 'live') await t.del(`/models/${own}-m?reason=r`);
        if (bearer === 'purged') await t.post(`/models/${own}-m/purge`);
      }
      t.clock.run();
      for (const { time, bearer } of moments)
        for (const [sort, page_size] of [
          ['name', 1],
          ['-name', 1],
          ['name', 2],
          ['-name', 2],
        ] as const) {
          const path = `/models?as_of=${time}&sort=${sort}&page_size=${page_size}`;
          const found = (await pagesOf(`${path}&filter=${encodeURIComponent(`owner = '${own}'`)}`)).map(
            (model) => model.description,
          );
          const expected = ['a', ...(bearer === 'live' ? ['renamed'] : []), bearer, 'z'];
          expect(found, `${bearer} by ${sort}`).toEqual(sort === 'name' ? expected : expected.reverse());
        }
    });

    it('models are listed by the names of then, page by page', async () => {
      t.clock.set('2026-06-01T00:00:00.000Z');
      const own = aName();
      const owned = `filter=${encodeURIComponent(`owner = '${own}'`)}`;
      for (const letter of ['b', 'd', 'f', 'h']) await make.model(t, { name: `${own}-${letter}`, owner: own });
      const then = new Date(t.clock.tick(1_000)).toISOString();
      t.clock.tick(1_000);
      await t.post(`/models/${own}-b/rename`, { name: `${own}-g` });
      await t.post(`/models/${own}-h/rename`, { name: `${own}-a` });
      await make.model(t, { name: `${own}-c`, owner: own });
      await t.del(`/models/${own}-d?reason=r`);
      t.clock.run();
      for (const [sort, names] of [
        ['name', 'bdfh'],
        ['-name', 'hfdb'],
      ] as const) {
        const found = (await pagesOf(`/models?as_of=${then}&page_size=1&sort=${sort}&${owned}`)).map(
          ({ name }) => name,
        );
        expect(found).toEqual([...names].map((letter) => `${own}-${letter}`));
      }
    });

    it('takes any RFC 3339 time, and no other', async () => {
      t.clock.set(day(20));
      const { name } = await make.model(t);
      t.clock.run();
      for (const time of [
        '2026-03-20T12:00:00Z',
        '2026-03-20T13:00:00%2B01:00',
        '2026-03-20T07:00:00-05:00',
        '2026-03-20t12:00:00.000z',
        '2026-03-20T12:00:00.123456789Z',
        '9999-12-31T23:59:59Z',
      ])
        expect((await t.get(`/models/${name}?as_of=${time}`)).status, time).toBe(200);
      for (const time of [
        '',
        'now',
        '2026-03-20',
        '2026-03-20T12:00:00',
        '2026-13-01T00:00:00Z',
        '2026-03-20T25:00:00Z',
        '2016-12-31T23:59:60Z',
        '2026-03-20T12:00:00+25:00',
        '1774008000000',
        'Fri, 20 Mar 2026 12:00:00 GMT',
        '+012026-03-20T12:00:00Z',
      ])
        for (const path of [
          `/models/${name}`,
          `/models/${name}/versions/1`,
          '/models',
          '/versions',
          `/models/${name}/versions`,
        ])
          expectProblem(await t.get(`${path}?as_of=${encodeURIComponent(time)}`), 400, 'query-invalid');
      for (const time of ['0001-01-01T00:00:00Z', '1969-12-31T23:59:59Z'])
        expect((await t.get(`/models/${name}?as_of=${time}`)).status).toBe(404);
    });

    it('A7 a clock that steps back breaks neither order nor the past', async () => {
      t.clock.set(day(25));
      const { name } = await make.model(t, { description: 'a' });
      t.clock.set(day(24));
      await t.patch(`/models/${name}`, { description: 'b' });
      t.clock.set(day(26));
      await t.patch(`/models/${name}`, { description: 'c' });
      t.clock.run();
      const model = (await t.get(`/models/${name}`)).json;
      expect(model.updated_at >= model.created_at).toBe(true);
      const { items } = (await t.get(`/events?subject=${name}&order=asc`)).json;
      expect(items.map((event: { at: string }) => event.at)).toEqual([day(25), day(24), day(26)]);
      expect((await on(25, `/models/${name}`)).json.description).toBe('b');
      expect((await on(26, `/models/${name}`)).json.description).toBe('c');
    });
  });
