import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

for (const [database, open] of Object.entries(databases)) {
  describe(`promotion on ${database}`, () => {
    const t = useRegistry(open);
    const promote = (model: string, ref: string | number, body: object, headers = {}) =>
      t.post(`/models/${model}/versions/${ref}/promotions`, body, headers);
    const status = async (model: string, number: number) =>
      (await t.get(`/models/${model}/versions/${number}`)).json.status;
    const live = async (model: string) => (await t.get(`/models/${model}`)).json.live;
    const newest = async (model: string) => (await t.get(`/events?subject=${model}&page_size=1`)).json.items[0];

    it('moves a sealed version, and tells what was looked at', async () => {
      t.clock.set('2026-03-01T10:00:00.000Z');
      const { model, number } = await make.version(t, { sealed: true });
      const answer = await t.ask('POST', `/models/${model}/versions/${number}/promotions`, {
        body: { to: 'staging', reason: 'better' },
        actor: 'ada',
      });
      expect(answer.status).toBe(200);
      const href = `/api/v1/models/${model}/versions/${number}`;
      const mode = 'enforce';
      expect(answer.json).toEqual({
        id: expect.any(Number),
        model,
        number,
        action: 'promotion',
        from: 'draft',
        to: 'staging',
        alias: null,
        state: 'executed',
        reason: 'better',
        forced: false,
        policy: { of: 'built-in', version: 0 },
        checks: [
          {
            check: 'sealed',
            outcome: 'passed',
            detail: 'the version is sealed',
            evidence: [{ what: `state of ${model}/1`, value: 'sealed', href }],
            mode,
          },
          {
            check: 'verdict',
            outcome: 'passed',
            detail: 'the verdict is clean',
            evidence: [{ what: `verdict of ${model}/1`, value: 'clean', href: `${href}/artifacts` }],
            mode,
          },
        ],
        approvals_needed: 0,
        approvals: [],
        superseded: [],
        at: '2026-03-01T10:00:00.000Z',
        by: 'ada',
        expires_at: null,
        closed: { at: '2026-03-01T10:00:00.000Z', by: 'ada', reason: null },
        etag: 1,
        version: (await t.get(`/models/${model}/versions/${number}`)).json,
      });
      expect(answer.json.version.status).toBe('staging');
      expect(await live(model)).toEqual({ production: [], staging: [number] });
      t.clock.run();
    });

    it('any status may be asked for from any other', async () => {
      const { model } = await make.version(t, { sealed: true });
      let from = 'draft';
      for (const to of [
        'production',
        'staging',
        'draft',
        'archived',
        'production',
        'archived',
        'staging',
        'archived',
        'draft',
        'staging',
        'production',
        'draft',
      ]) {
        expect((await promote(model, 1, { to })).json).toMatchObject({ from, to });
        from = to;
      }
    });

    it('S10 Rules bind every client: a refusal tells every check, and how to meet it', async () => {
      const { model } = await make.version(t, { artifacts: { 'evil.pkl': 'verdict=unsafe' } });
      const told = expectProblem(await promote(model, 1, { to: 'production' }), 422, 'check-failed');
      expect(told.to).toBe('production');
      expect(told.checks).toEqual([
        {
          check: 'sealed',
          outcome: 'failed',
          detail: expect.stringContaining('open'),
          remedy: expect.stringContaining('/seal'),
          evidence: [expect.objectContaining({ value: 'open' })],
          mode: 'enforce',
        },
        {
          check: 'verdict',
          outcome: 'failed',
          detail: expect.stringContaining('unsafe'),
          remedy: expect.stringContaining('force'),
          evidence: [expect.objectContaining({ value: 'unsafe' })],
          mode: 'enforce',
        },
      ]);
      expect(told.detail).toContain('sealed: ');
      expect(told.detail).toContain('verdict: ');
      expect(await status(model, 1)).toBe('draft');
      expectProblem(await promote(model, 1, { to: 'archived' }), 422, 'check-failed');
    });

    it('S10 force needs a reason, overrides a verdict, and is recorded', async () => {
      const { model } = await make.version(t, { artifacts: { 'evil.pkl': 'verdict=unsafe' }, sealed: true });
      expectProblem(await promote(model, 1, { to: 'staging' }), 422, 'check-failed');
      const told = expectProblem(await promote(model, 1, { to: 'staging', force: true }), 422, 'invalid');
      expect(told.errors).toEqual([{ path: '/reason', message: expect.stringContaining('force') }]);
      const { json } = await promote(model, 1, { to: 'staging', force: true, reason: 'reviewed by hand' });
      expect(json).toMatchObject({ forced: true, reason: 'reviewed by hand' });
      expect(await newest(model)).toMatchObject({
        type: 'version.promoted',
        reason: 'reviewed by hand',
        details: { forced: true, from: 'draft', to: 'staging', checks: json.checks },
      });
      // to leave a live status, nothing is asked of the verdict
      expect((await promote(model, 1, { to: 'archived' })).json.forced).toBe(false);
    });

    it('a seal cannot be forced', async () => {
      const { model } = await make.version(t, { artifacts: { a: 'verdict=unsafe' } });
      for (const to of ['staging', 'production', 'archived'])
        expectProblem(await promote(model, 1, { to, force: true, reason: 'please' }), 422, 'check-failed');
      expect(await status(model, 1)).toBe('draft');
    });

    it.each(['clean', 'suspicious', 'malformed', 'unknown'])('a verdict of %s is no obstacle', async (verdict) => {
      const { model } = await make.version(t, { artifacts: { a: `verdict=${verdict}` }, sealed: true });
      expect((await promote(model, 1, { to: 'production' })).json.version).toMatchObject({
        status: 'production',
        verdict,
      });
    });

    it('the verdict of a version is the worst of its artifacts', async () => {
      const { model, number, verdict } = await make.version(t, {
        artifacts: {
          a: 'verdict=clean',
          b: 'verdict=suspicious',
          c: 'verdict=unknown',
          d: 'verdict=malformed',
          e: 'verdict=unsafe',
        },
      });
      expect(verdict).toBe('unsafe');
      for (const [path, left] of [
        ['e', 'malformed'],
        ['d', 'suspicious'],
        ['b', 'unknown'],
        ['c', 'clean'],
        ['a', 'unknown'],
      ]) {
        await t.del(`/models/${model}/versions/${number}/artifacts/${path}`);
        expect((await t.get(`/models/${model}/versions/${number}`)).json.verdict).toBe(left);
      }
    });

    it('to the status it has changes nothing and records nothing', async () => {
      const { model } = await make.version(t, { status: 'staging' });
      const size = await t.registry.ledger.size();
      expect((await promote(model, 1, { to: 'staging' })).json).toMatchObject({ from: 'staging', superseded: [] });
      expect(await t.registry.ledger.size()).toBe(size);
    });

    it('honours If-Match', async () => {
      const { model, etag } = await make.version(t, { sealed: true });
      await t.patch(`/models/${model}/versions/1`, { description: 'changed' });
      expectProblem(await promote(model, 1, { to: 'staging' }, { 'if-match': `"${etag}"` }), 412, 'stale-write');
      expect((await promote(model, 1, { to: 'staging' }, { 'if-match': `"${etag + 1}"` })).status).toBe(200);
    });

    it('refuses what is no promotion', async () => {
      const { model } = await make.version(t, { sealed: true });
      for (const body of [
        {},
        { to: 'live' },
        { to: 'Production' },
        { to: 'staging', reason: '' },
        { to: 'staging', force: 'yes' },
        { to: 'staging', x: 1 },
        { to: 'staging', reason: 'r'.repeat(4_097) },
      ])
        expectProblem(await promote(model, 1, body), 422, 'invalid');
      expectProblem(await promote(model, 7, { to: 'staging' }), 404, 'version-not-found');
    });

    it('lists at most 100 live versions, the newest promoted first', async () => {
      const { name: model } = await make.model(t);
      t.clock.set(Date.now());
      const versions = Array.from({ length: 102 }, () => make.version(t, { model, artifacts: {}, sealed: true }));
      const numbers = (await Promise.all(versions)).map(({ number }) => number).sort((a, b) => a - b);
      await Promise.all(numbers.map((number) => promote(model, number, { to: 'staging' })));
      const { staging } = await live(model);
      expect(staging).toEqual(Array.from({ length: 100 }, (_, i) => 102 - i));
      expect((await t.get(`/models/${model}/versions/staging`)).json.number).toBe(102);
      // Those that were not listed come up as others leave.
      const archived = [102, 50, 7];
      for (const [i, number] of archived.entries()) {
        await promote(model, number, { to: i === 1 ? 'production' : 'archived' });
        const left = numbers.filter((one) => !archived.slice(0, i + 1).includes(one)).reverse();
        expect((await live(model)).staging).toEqual(left.slice(0, 100));
      }
      expect((await live(model)).production).toEqual([50]);
      t.clock.run();
    });
  });

  describe(`a status for one version at a time on ${database}`, () => {
    const t = useRegistry(open, { policy: { single: ['production'] } });

    it('C3 the earlier one is archived in the same event', async () => {
      const { model } = await make.version(t, { status: 'production' });
      await make.version(t, { model, sealed: true });
      const size = await t.registry.ledger.size();
      const { json } = await t.post(`/models/${model}/versions/2/promotions`, { to: 'production' });
      expect(json).toMatchObject({ number: 2, superseded: [1] });
      expect(await t.registry.ledger.size()).toBe(size + 1);
      expect((await t.get(`/models/${model}`)).json.live).toEqual({ production: [2], staging: [] });
      expect((await t.get(`/models/${model}/versions/1`)).json.status).toBe('archived');
      const { items } = (await t.get(`/events?subject=${model}/1&page_size=1`)).json;
      expect(items[0]).toMatchObject({ seq: size + 1, subject: `${model}/2`, details: { superseded: [1] } });
      expect(items[0].changes.map((change: { number: number }) => change.number).sort()).toEqual([0, 1, 2]);
    });

    it('holds for restored models and forced promotions too, and lets staging be', async () => {
      const { model } = await make.version(t, { status: 'production' });
      await make.version(t, { model, status: 'staging' });
      await make.version(t, { model, artifacts: { a: 'verdict=unsafe' }, sealed: true });
      await t.del(`/models/${model}?reason=r&force=true`);
      await t.post(`/models/${model}/restore`);
      const body = { to: 'production', force: true, reason: 'r' };
      expect((await t.post(`/models/${model}/versions/3/promotions`, body)).json.superseded).toEqual([1]);
      expect((await t.get(`/models/${model}`)).json.live).toEqual({ production: [3], staging: [2] });
    });
  });

  for (const single of [true, false])
    describe(`rollback${single ? ' where production is for one' : ''} on ${database}`, () => {
      const t = useRegistry(open, { policy: { single: single ? ['production'] : [] } });
      const back = (model: string, body: object = { reason: 'worse' }) => t.post(`/models/${model}/rollback`, body);
      const production = async (model: string) => (await t.get(`/models/${model}`)).json.live.production;
      const stack = async (...promoted: number[]) => {
        const { name: model } = await make.model(t);
        for (let i = 0; i < Math.max(...promoted); i += 1) await make.version(t, { model, sealed: true });
        for (const number of promoted) {
          // where several may be live, going live again takes leaving first
          if (!single) await t.post(`/models/${model}/versions/${number}/promotions`, { to: 'archived' });
          await t.post(`/models/${model}/versions/${number}/promotions`, { to: 'production' });
        }
        return model;
      };

      it('puts the previous production version back in one event', async () => {
        const model = await stack(1, 2);
        const size = await t.registry.ledger.size();
        const answer = await back(model, { reason: 'latency' });
        expect(answer.status).toBe(200);
        expect(answer.json).toMatchObject({
          number: 1,
          to: 'production',
          state: 'executed',
          reason: 'latency',
          superseded: [2],
        });
        expect(answer.json.version).toEqual((await t.get(`/models/${model}/versions/1`)).json);
        expect(await production(model)).toEqual([1]);
        expect((await t.get(`/models/${model}/versions/2`)).json.status).toBe('archived');
        expect(await t.registry.ledger.size()).toBe(size + 1);
        expect((await t.get('/events?page_size=1')).json.items[0]).toMatchObject({
          type: 'version.rolled-back',
          subject: `${model}/1`,
          reason: 'latency',
        });
      });

      it('again goes one further, and then there is nothing: it never comes forward again', async () => {
        const model = await stack(1, 2, 3);
        expect((await back(model)).json.number).toBe(2);
        expect((await back(model)).json.number).toBe(1);
        expect(await production(model)).toEqual([1]);
        for (let i = 0; i < 2; i += 1)
          expect(expectProblem(await back(model), 409, 'nothing-to-roll-back')).toMatchObject({
            model,
            to: 'production',
          });
        expect(await production(model)).toEqual([1]);
      });

      it('follows what was live when: 1, 2, 1 goes back to 2 and then to 1', async () => {
        if (!single) return; // two may be live there, so the second promotion of 1 is no return
        const model = await stack(1, 2, 1);
        expect((await back(model)).json.number).toBe(2);
        expect((await back(model)).json.number).toBe(1);
        expectProblem(await back(model), 409, 'nothing-to-roll-back');
      });

      it('a promotion after a rollback is the new top', async () => {
        const model = await stack(1, 2);
        await back(model);
        await make.version(t, { model, status: 'production' });
        expect((await back(model)).json.number).toBe(1);
        expectProblem(await back(model), 409, 'nothing-to-roll-back');
        await t.post(`/models/${model}/versions/2/promotions`, { to: 'production' });
        expect((await back(model)).json.number).toBe(1);
      });

      it('without an earlier one is a 409, and needs a reason', async () => {
        const model = await stack(1);
        expectProblem(await back(model), 409, 'nothing-to-roll-back');
        expectProblem(await back(model, {}), 422, 'invalid');
        expectProblem(await back(model, { reason: 'r', status: 'archived' }), 422, 'invalid');
        expect(await production(model)).toEqual([1]);
      });

      it('passes over a version in the trash, also one that was restored from it', async () => {
        const model = await stack(1, 2, 3);
        await t.del(`/models/${model}/versions/2?reason=bad&force=true`);
        expect((await back(model)).json.number).toBe(1);
        const other = await stack(1, 2);
        await t.del(`/models/${other}/versions/2?reason=bad&force=true`);
        await t.post(`/models/${other}/versions/2/restore`);
        expect((await t.get(`/models/${other}/versions/2`)).json.status).toBe('archived');
        expect((await back(other)).json).toMatchObject(single ? { number: 1, superseded: [] } : { status: 409 });
      });

      it('keeps to the checks of promotion', async () => {
        const { model } = await make.version(t, { artifacts: { a: 'verdict=unsafe' }, status: 'production' });
        await t.post(`/models/${model}/versions/1/promotions`, { to: 'archived' });
        await make.version(t, { model, status: 'production' });
        expectProblem(await back(model), 422, 'check-failed');
        expect((await back(model, { reason: 'known good', force: true })).json).toMatchObject({
          number: 1,
          forced: true,
        });
      });

      it('serves staging as well', async () => {
        const { model } = await make.version(t, { status: 'staging' });
        await make.version(t, { model, status: 'staging' });
        expect((await back(model, { reason: 'r', status: 'staging' })).json).toMatchObject({
          number: 1,
          to: 'staging',
        });
        expect((await t.get(`/models/${model}`)).json.live).toEqual({ production: [], staging: [1] });
      });
    });

  describe(`aliases on ${database}`, () => {
    const t = useRegistry(open);
    const at = (model: string, alias: string) => `/models/${model}/aliases/${encodeURIComponent(alias)}`;
    const set = (model: string, alias: string, version: unknown, headers = {}) =>
      t.put(at(model, alias), { version }, headers);

    it('is set, moved and taken away; model and versions tell the same', async () => {
      const { model } = await make.version(t);
      await make.version(t, { model });
      const first = await set(model, 'champion', 1);
      expect(first.status).toBe(200);
      expect(first.json.aliases).toEqual({ champion: 1 });
      expect(first.headers.etag).toBe(`"${first.json.etag}"`);
      await set(model, 'best', '1');
      expect((await t.get(`/models/${model}/versions/1`)).json.aliases).toEqual(['best', 'champion']);
      expect((await set(model, 'champion', 2)).json.aliases).toEqual({ best: 1, champion: 2 });
      expect((await t.get(`/models/${model}/versions/1`)).json.aliases).toEqual(['best']);
      expect((await t.get(`/models/${model}/versions/2`)).json.aliases).toEqual(['champion']);
      expect((await t.get(`/models/${model}/versions/@champion`)).json.number).toBe(2);
      expect((await t.del(at(model, 'champion'))).json.aliases).toEqual({ best: 1 });
      expect((await t.get(`/models/${model}/versions/2`)).json.aliases).toEqual([]);
      expectProblem(await t.del(at(model, 'champion')), 404, 'alias-not-found');
    });

    it('may be set by any ref', async () => {
      const { model } = await make.version(t, { status: 'production' });
      await make.version(t, { model });
      expect((await set(model, 'a', 'latest')).json.aliases.a).toBe(2);
      expect((await set(model, 'a', 'production')).json.aliases.a).toBe(1);
      expect((await set(model, 'b', '@a')).json.aliases.b).toBe(1);
    });

    it('to where it points changes nothing', async () => {
      const { model } = await make.version(t, { aliases: ['a'] });
      const size = await t.registry.ledger.size();
      expect((await set(model, 'a', 1)).json.aliases).toEqual({ a: 1 });
      expect(await t.registry.ledger.size()).toBe(size);
    });

    it('C4 names no version that is not there: not an unknown one, not one in the trash', async () => {
      const { model } = await make.version(t, { aliases: ['a', 'b'] });
      expectProblem(await set(model, 'a', 2), 404, 'version-not-found');
      expectProblem(await set(model, 'a', '@nobody'), 404, 'alias-not-found');
      await t.del(`/models/${model}/versions/1?reason=r`);
      expect((await t.get(`/models/${model}`)).json.aliases).toEqual({});
      expectProblem(await t.get(`/models/${model}/versions/@a`), 404, 'alias-not-found');
      expectProblem(await set(model, 'a', 1), 404, 'version-not-found');
      await t.post(`/models/${model}/versions/1/restore`);
      expect((await t.get(`/models/${model}/versions/1`)).json.aliases).toEqual([]);
    });

    it.each([
      'v1',
      'V12',
      'latest',
      'Latest',
      'a b',
      'a/b',
      'a.b',
      '@a',
      'é!',
      'a:b',
      '%',
      'a'.repeat(256),
      '🌊',
      ' ',
      '\t',
    ])('by the rules of MLflow «%s» is none', async (alias) => {
      const { model } = await make.version(t);
      const { errors } = expectProblem(await set(model, alias, 1), 422, 'invalid');
      expect((errors as { path: string }[])[0]?.path).toBe('/alias');
    });

    it.each([
      'champion',
      'v',
      'v1a',
      '1',
      '-',
      '_',
      '__proto__',
      'constructor',
      'toString',
      'réseau',
      '模型',
      'a'.repeat(255),
      'latest-1',
      'production',
    ])('«%s» is one', async (alias) => {
      const { model } = await make.version(t);
      const answer = await set(model, alias, 1);
      expect(answer.status, answer.text).toBe(200);
      expect(Object.entries(answer.json.aliases)).toEqual([[alias, 1]]);
      expect(Object.entries((await t.get(`/models/${model}`)).json.aliases)).toEqual([[alias, 1]]);
      expect((await t.get(`/models/${model}/versions/${encodeURIComponent(`@${alias}`)}`)).json.aliases).toEqual([
        alias,
      ]);
      expect(Object.keys((await t.del(at(model, alias))).json.aliases)).toEqual([]);
    });

    it('honours If-Match with the ETag of the model, and refuses other bodies', async () => {
      const { model } = await make.version(t);
      const { etag } = (await t.get(`/models/${model}`)).json;
      expectProblem(await set(model, 'a', 1, { 'if-match': `"${etag - 1}"` }), 412, 'stale-write');
      expect((await set(model, 'a', 1, { 'if-match': `"${etag}"` })).status).toBe(200);
      expectProblem(await t.del(at(model, 'a'), { 'if-match': `"${etag}"` }), 412, 'stale-write');
      for (const body of [
        {},
        { version: null },
        { version: 0 },
        { version: 1.5 },
        { version: '' },
        { version: [1] },
        { version: 1, x: 1 },
      ])
        expectProblem(await t.put(at(model, 'b'), body), 422, 'invalid');
    });
  });

  describe(`a policy that changes on ${database}`, () => {
    const policy: { single: ('staging' | 'production')[] } = { single: [] };
    const t = useRegistry(open, { policy });

    it('rollback leaves one in production where the policy says so, however many were there', async () => {
      policy.single = [];
      const { name } = await make.model(t);
      for (let i = 0; i < 3; i += 1) await make.version(t, { model: name, status: 'production' });
      expect((await t.get(`/models/${name}`)).json.live.production).toEqual([3, 2, 1]);
      policy.single = ['production'];
      const answer = await t.post(`/models/${name}/rollback`, { reason: 'r' });
      expect(answer.json).toMatchObject({ number: 2, superseded: [1, 3] });
      expect((await t.get(`/models/${name}`)).json.live.production).toEqual([2]);
    });

    it('the newest draft is the last one made, also when the clock stepped back', async () => {
      const { name } = await make.model(t);
      t.clock.set('2026-05-10T12:00:00.000Z');
      await make.version(t, { model: name });
      t.clock.set('2026-05-07T12:00:00.000Z');
      await make.version(t, { model: name });
      expect((await t.get(`/models/${name}/versions/draft`)).json.number).toBe(2);
      t.clock.run();
    });

    it('what was deregistered last is restored first, also when the clock stepped back', async () => {
      const { name } = await make.model(t, { description: 'first' });
      t.clock.set('2026-05-10T12:00:00.000Z');
      await t.del(`/models/${name}?reason=r`);
      await make.model(t, { name, description: 'second' });
      t.clock.set('2026-05-07T12:00:00.000Z');
      await t.del(`/models/${name}?reason=r`);
      expect((await t.post(`/models/${name}/restore`)).json.description).toBe('second');
      t.clock.run();
    });
  });
}
