import { describe, expect, it } from 'vitest';
import type { NewPolicy } from '../../src/contract/policy.ts';
import { databases } from '../support/databases.ts';
import { make, type VersionMade } from '../support/make.ts';
import { DAY_MS, useRegistry } from '../support/open-registry.ts';
import { expectProblem, walk } from '../support/problems.ts';

/** Two others have to approve what goes to production, and what becomes champion. */
const REVIEWED: NewPolicy = {
  statuses: {
    production: {
      approvals: 2,
      single: true,
      checks: [{ check: 'metric', metric: 'auc', comparator: '>=', value: 0.9 }],
    },
  },
  aliases: { champion: { approvals: 1, checks: [{ check: 'has', fields: ['card'] }] } },
};

for (const [database, open] of Object.entries(databases)) {
  describe(`approvals on ${database}`, () => {
    const t = useRegistry(open);

    async function reviewed(asked: VersionMade = {}, policy: NewPolicy = REVIEWED) {
      const { model, number } = await make.version(t, { sealed: true, metrics: { auc: 0.95 }, card: '# C', ...asked });
      await t.put(`/models/${model}/policy`, policy);
      return { model, number };
    }
    const promote = (model: string, number: number, actor = 'ada', more: object = {}) =>
      t.ask('POST', `/models/${model}/versions/${number}/promotions`, { body: { to: 'production', ...more }, actor });
    const say = (id: number, verb: string, actor: string, body?: object, headers = {}) =>
      t.ask('POST', `/promotions/${id}/${verb}`, { body, actor, headers });
    const statusOf = async (model: string, number: number) =>
      (await t.get(`/models/${model}/versions/${number}`)).json.status;
    const newest = async () => (await t.get('/events?page_size=1')).json.items[0];

    it('what needs them waits, once, and is executed with the last one', async () => {
      const { model, number } = await reviewed();
      const asked = await promote(model, number, 'ada', { reason: 'better' });
      expect(asked.status).toBe(202);
      const { id } = asked.json;
      expect(asked.headers.location).toBe(`/api/v1/promotions/${id}`);
      expect(asked.json).toMatchObject({
        model,
        number,
        action: 'promotion',
        from: 'draft',
        to: 'production',
        state: 'waiting',
        policy: { of: 'model', version: 1 },
        approvals_needed: 2,
        approvals: [],
        by: 'ada',
        closed: null,
        etag: 1,
      });
      expect(Date.parse(asked.json.expires_at) - Date.parse(asked.json.at)).toBe(14 * DAY_MS);
      expect(await newest()).toMatchObject({
        type: 'promotion.requested',
        subject: `${model}/${number}`,
        reason: 'better',
        details: { promotion: id, to: 'production', approvals_needed: 2 },
      });
      expect(await statusOf(model, number)).toBe('draft');

      const size = await t.registry.ledger.size();
      const again = await promote(model, number, 'eve');
      expect(again.status).toBe(202);
      expect(again.json).toMatchObject({ id, by: 'ada' });
      expect(await t.registry.ledger.size()).toBe(size);

      expectProblem(await say(id, 'approve', 'ada'), 403, 'own-promotion');
      const first = await say(id, 'approve', 'bob', { reason: 'looks good' });
      expect(first.status).toBe(200);
      expect(first.json).toMatchObject({
        state: 'waiting',
        approvals: [{ by: 'bob', reason: 'looks good' }],
        etag: 2,
      });
      expect((await say(id, 'approve', 'bob')).json).toMatchObject({ state: 'waiting', etag: 2 });
      expect(await t.registry.ledger.size()).toBe(size + 1);

      const last = await say(id, 'approve', 'cy');
      expect(last.json).toMatchObject({
        id,
        state: 'executed',
        reason: 'better',
        by: 'ada',
        approvals: [{ by: 'bob' }, { by: 'cy' }],
        closed: { by: 'cy', reason: null },
        etag: 4,
        version: { status: 'production' },
      });
      expect(await newest()).toMatchObject({
        type: 'version.promoted',
        actor: 'cy',
        reason: 'better',
        details: { promotion: id, requested_by: 'ada', approvals: [{ by: 'bob' }, { by: 'cy' }] },
      });
      expect(await statusOf(model, number)).toBe('production');
      const closed = expectProblem(await say(id, 'approve', 'dan'), 409, 'promotion-closed');
      expect(closed).toMatchObject({ promotion: id, state: 'executed' });
      const { version: _, ...read } = last.json;
      expect((await t.get(`/promotions/${id}`)).json).toEqual(read);
    });

    it('where fewer approvals suffice by now, one who approved already can end it', async () => {
      const { model, number } = await reviewed();
      const { id } = (await promote(model, number)).json;
      expect((await say(id, 'approve', 'bob')).json).toMatchObject({ state: 'waiting', approvals_needed: 2 });
      await t.put(`/models/${model}/policy`, { statuses: { production: { approvals: 1 } } });
      const again = await promote(model, number, 'eve');
      expect(again.status).toBe(202);
      expect(again.json).toMatchObject({ id, state: 'waiting', approvals_needed: 1, approvals: [{ by: 'bob' }] });
      const size = await t.registry.ledger.size();
      const last = await say(id, 'approve', 'bob');
      expect(last.json).toMatchObject({ state: 'executed', approvals_needed: 1, approvals: [{ by: 'bob' }], etag: 3 });
      expect(last.json.approvals).toHaveLength(1);
      expect(await t.registry.ledger.size()).toBe(size + 1);
      expect(await newest()).toMatchObject({ type: 'version.promoted', actor: 'bob', details: { promotion: id } });
      for await (const difference of t.registry.ledger.reconcile()) expect.fail(JSON.stringify(difference));
    });

    it('what fails a check does not even wait', async () => {
      const { model, number } = await reviewed({ metrics: { auc: 0.5 } });
      const told = expectProblem(await promote(model, number), 422, 'check-failed');
      expect(told).toMatchObject({ can_force: false, policy: { of: 'model', version: 1 } });
      expect(told.checks).toMatchObject([
        { check: 'sealed' },
        { check: 'verdict' },
        { check: 'metric', outcome: 'failed' },
      ]);
      expectProblem(await promote(model, number, 'ada', { force: true, reason: 'please' }), 422, 'check-failed');
    });

    it('the checks are run again at the last approval, under the policy of then', async () => {
      const { model, number } = await reviewed();
      const { id } = (await promote(model, number)).json;
      await say(id, 'approve', 'bob');
      const stricter: NewPolicy = {
        statuses: { production: { approvals: 2, checks: [{ check: 'has', fields: ['properties.tier'] }] } },
      };
      await t.put(`/models/${model}/policy`, stricter);
      const refused = await say(id, 'approve', 'cy');
      expect(refused.status).toBe(200);
      expect(refused.json).toMatchObject({ state: 'refused', policy: { version: 2 }, closed: { by: 'cy' }, etag: 4 });
      expect(refused.json.checks).toContainEqual(expect.objectContaining({ check: 'has', outcome: 'failed' }));
      expect(await newest()).toMatchObject({ type: 'promotion.refused', details: { promotion: id } });
      expect(await statusOf(model, number)).toBe('draft');
      expectProblem(await say(id, 'approve', 'dan'), 409, 'promotion-closed');
    });

    it('as many are needed as the policy asks when they come', async () => {
      const more = await reviewed();
      const { id } = (await promote(more.model, 1)).json;
      await say(id, 'approve', 'bob');
      await t.put(`/models/${more.model}/policy`, { statuses: { production: { approvals: 3 } } });
      expect((await say(id, 'approve', 'cy')).json).toMatchObject({ state: 'waiting', approvals_needed: 3 });
      expect((await say(id, 'approve', 'dan')).json.state).toBe('executed');
      const fewer = await reviewed();
      const waiting = (await promote(fewer.model, 1)).json;
      await t.del(`/models/${fewer.model}/policy`);
      expect((await say(waiting.id, 'approve', 'bob')).json).toMatchObject({
        state: 'executed',
        policy: { of: 'built-in' },
        approvals_needed: 0,
      });
    });

    it('what needs none any more is executed when it is asked for again, and the one that waited is over', async () => {
      const { model } = await reviewed();
      const { id } = (await promote(model, 1)).json;
      await t.del(`/models/${model}/policy`);
      const done = await promote(model, 1, 'eve');
      expect(done.json).toMatchObject({ state: 'executed', by: 'eve' });
      expect((await t.get(`/promotions/${id}`)).json).toMatchObject({
        state: 'cancelled',
        closed: { by: 'eve', reason: `promotion ${done.json.id} did the same` },
      });
    });

    it('is rejected with a reason, or cancelled', async () => {
      const { model } = await reviewed();
      const first = (await promote(model, 1)).json;
      expectProblem(await say(first.id, 'reject', 'bob'), 422, 'invalid');
      expect((await say(first.id, 'reject', 'bob', { reason: 'too slow' })).json).toMatchObject({
        state: 'rejected',
        closed: { by: 'bob', reason: 'too slow' },
        etag: 2,
      });
      expect(await newest()).toMatchObject({ type: 'promotion.rejected', reason: 'too slow', actor: 'bob' });
      const second = (await promote(model, 1)).json;
      expect(second.id).toBeGreaterThan(first.id);
      expect((await say(second.id, 'cancel', 'ada')).json).toMatchObject({ state: 'cancelled', closed: { by: 'ada' } });
      for (const verb of ['approve', 'cancel'])
        expectProblem(await say(second.id, verb, 'cy'), 409, 'promotion-closed');
      expectProblem(await say(999_999, 'approve', 'cy'), 404, 'promotion-not-found');
    });

    it('honours If-Match', async () => {
      const { model } = await reviewed();
      const { id } = (await promote(model, 1)).json;
      await say(id, 'approve', 'bob');
      expectProblem(await say(id, 'approve', 'cy', {}, { 'if-match': '"1"' }), 412, 'stale-write');
      expect((await say(id, 'approve', 'cy', {}, { 'if-match': '"2"' })).json.state).toBe('executed');
    });

    it('expires: approving then is too late, the hour records it, and it may be asked for anew', async () => {
      t.clock.set(Date.now());
      const { model } = await reviewed();
      const { id } = (await promote(model, 1)).json;
      const other = (await promote((await reviewed()).model, 1)).json;
      t.clock.tick(14 * DAY_MS);
      expect(expectProblem(await say(id, 'approve', 'bob'), 409, 'promotion-closed').state).toBe('expired');
      const anew = await promote(model, 1);
      expect(anew.json).toMatchObject({ state: 'waiting' });
      expect(anew.json.id).not.toBe(id);
      expect((await t.get(`/promotions/${id}`)).json.state).toBe('expired');
      expect(await t.registry.promotions.expire()).toBeGreaterThanOrEqual(1);
      expect((await t.get(`/promotions/${other.id}`)).json).toMatchObject({
        state: 'expired',
        closed: { by: 'system', reason: null },
      });
      expect((await t.get(`/promotions/${anew.json.id}`)).json.state).toBe('waiting');
      expect(await t.registry.promotions.expire()).toBe(0);
      t.clock.run();
    });

    it('nothing waits for a version or a model in the trash; a new name changes nothing', async () => {
      const { model } = await reviewed();
      const { id } = (await promote(model, 1)).json;
      await t.post(`/models/${model}/rename`, { name: `${model}-renamed` });
      expect((await t.get(`/promotions/${id}`)).json).toMatchObject({ state: 'waiting', model: `${model}-renamed` });
      await t.del(`/models/${model}-renamed/versions/1?reason=old`);
      expect((await t.get(`/promotions/${id}`)).json).toMatchObject({
        state: 'cancelled',
        closed: { reason: 'the version was deregistered' },
      });
      const other = await reviewed();
      const waiting = (await promote(other.model, 1)).json;
      await t.del(`/models/${other.model}?reason=old`);
      expect((await t.get(`/promotions/${waiting.id}`)).json).toMatchObject({
        state: 'cancelled',
        closed: { reason: 'the model was deregistered' },
      });
    });

    it('of what waits in a model in the trash, nothing is executed in another one of its name', async () => {
      const waits = 203; // of these, 200 are cancelled with the model
      const { model } = await reviewed({}, { statuses: { staging: { approvals: 1 } } });
      for (let number = 2; number <= waits; number += 1) await make.version(t, { model, sealed: true, artifacts: {} });
      let last = 0;
      for (let number = 1; number <= waits; number += 1)
        last = (await promote(model, number, 'ada', { to: 'staging' })).json.id;
      await t.del(`/models/${model}?reason=old`);
      expect((await t.get(`/promotions/${last}`)).json.state).toBe('waiting');
      expectProblem(await say(last, 'approve', 'bob'), 404, 'model-not-found');
      await t.post('/models', { name: model });
      expect((await say(last, 'approve', 'bob')).status).toBe(404);
      expect((await say(last, 'reject', 'bob', { reason: 'gone' })).json.state).toBe('rejected');
    });

    it('a protected alias waits as well, and is set with the last approval', async () => {
      const { model } = await reviewed();
      const set = (actor: string) =>
        t.ask('PUT', `/models/${model}/aliases/champion`, { body: { version: 1, reason: 'best' }, actor });
      const asked = await set('ada');
      expect(asked.status).toBe(202);
      expect(asked.json).toMatchObject({ action: 'alias', alias: 'champion', to: null, from: null, state: 'waiting' });
      expect((await set('eve')).json.id).toBe(asked.json.id);
      expect((await t.get(`/models/${model}`)).json.aliases).toEqual({});
      expect((await say(asked.json.id, 'approve', 'bob')).json.state).toBe('executed');
      expect((await t.get(`/models/${model}`)).json.aliases).toEqual({ champion: 1 });
      expect(await newest()).toMatchObject({
        type: 'alias.set',
        reason: 'best',
        details: { alias: 'champion', from: null, promotion: asked.json.id },
      });
      // where it points already, nothing is asked for
      expect((await set('ada')).status).toBe(200);
      expect((await t.put(`/models/${model}/aliases/other`, { version: 1 })).status).toBe(200);
    });

    it('a rollback is free unless the policy says otherwise; one that is no longer the next is refused', async () => {
      const rule = { single: true, approvals: 1, rollback: 'approvals' as const, force: true };
      const { name: model } = await make.model(t);
      await t.put(`/models/${model}/policy`, { statuses: { production: rule } });
      for (let i = 0; i < 3; i += 1) await make.version(t, { model, status: 'production' });
      const back = () => t.ask('POST', `/models/${model}/rollback`, { body: { reason: 'worse' }, actor: 'ada' });
      const asked = await back();
      expect(asked.status).toBe(202);
      expect(asked.json).toMatchObject({ action: 'rollback', number: 2, to: 'production', state: 'waiting' });
      const { rollback: _, ...free } = rule;
      await t.put(`/models/${model}/policy`, { statuses: { production: free } });
      expect((await back()).json).toMatchObject({ state: 'executed', number: 2 });
      expect((await t.get(`/promotions/${asked.json.id}`)).json.state).toBe('cancelled');
      await t.put(`/models/${model}/policy`, { statuses: { production: rule } });
      const next = (await back()).json;
      expect(next).toMatchObject({ state: 'waiting', number: 1 });
      await promote(model, 3, 'ada', { force: true, reason: 'urgent' });
      expect((await say(next.id, 'approve', 'bob')).json).toMatchObject({ state: 'refused' });
      expect(await statusOf(model, 3)).toBe('production');
    });

    it('a rollback leaves one where the policy says one, however many there were', async () => {
      const { name: model } = await make.model(t);
      for (let i = 0; i < 3; i += 1) await make.version(t, { model, status: 'production' });
      await t.put(`/models/${model}/policy`, { statuses: { production: { single: true } } });
      const back = await t.post(`/models/${model}/rollback`, { reason: 'worse' });
      expect(back.json).toMatchObject({ number: 2, superseded: [1, 3] });
      expect((await t.get(`/models/${model}`)).json.live.production).toEqual([2]);
    });

    it('where the rule allows force, it overrides checks and approvals with a reason', async () => {
      const rule = { ...REVIEWED.statuses?.production, force: true };
      const { model } = await reviewed({ metrics: { auc: 0.1 } }, { statuses: { production: rule } });
      expectProblem(await promote(model, 1, 'ada', { force: true }), 422, 'invalid');
      expect(expectProblem(await promote(model, 1), 422, 'check-failed').can_force).toBe(true);
      const forced = await promote(model, 1, 'ada', { force: true, reason: 'the old one is down' });
      expect(forced.json).toMatchObject({ state: 'executed', forced: true, approvals: [] });
    });

    it('of two that wait for a status for one, both approved leave one', async () => {
      const { model } = await reviewed();
      await make.version(t, { model, sealed: true, metrics: { auc: 0.96 } });
      const ids = [];
      for (const number of [1, 2]) ids.push((await promote(model, number)).json.id);
      for (const id of ids) await say(id, 'approve', 'bob');
      const ended = await Promise.all(ids.map((id) => say(id, 'approve', 'cy')));
      expect(ended.map(({ json }) => json.state)).toEqual(['executed', 'executed']);
      expect((await t.get(`/models/${model}`)).json.live.production).toHaveLength(1);
    });

    it('64 approvals at once execute once', async () => {
      const { model } = await reviewed({}, { statuses: { production: { approvals: 20 } } });
      const { id } = (await promote(model, 1)).json;
      const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => say(id, 'approve', `reviewer-${i}`)));
      const executed = answers.filter(({ json }) => json.state === 'executed' && json.closed);
      expect(executed.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(44);
      const { items } = (await t.get(`/events?subject=${model}&type=version.promoted`)).json;
      expect(items).toHaveLength(1);
      expect(items[0].details.approvals).toHaveLength(20);
    });
  });

  describe(`the inbox on ${database}`, () => {
    const t = useRegistry(open);

    it('lists what was asked for, the newest first, and what waits for whom', async () => {
      await t.put('/policies/default', REVIEWED);
      const made: number[] = [];
      const models: string[] = [];
      for (let i = 0; i < 5; i += 1) {
        const { model } = await make.version(t, { sealed: true, metrics: { auc: 0.95 } });
        models.push(model);
        const body = { to: i === 0 ? 'staging' : 'production' };
        const asked = await t.ask('POST', `/models/${model}/versions/1/promotions`, {
          body,
          actor: i < 3 ? 'ada' : 'bob',
        });
        made.unshift(asked.json.id);
      }
      const ids = async (query: string, actor?: string) => {
        const get = (path: string) => t.ask('GET', path, actor === undefined ? {} : { actor });
        return (await walk<{ id: number }>(get, `/promotions?${query}`, 2)).map(({ id }) => id);
      };
      const [e, d, c, b, a] = made;
      expect(await ids('')).toEqual(made);
      expect(await ids('state=executed')).toEqual([a]);
      expect(await ids('state=waiting')).toEqual([e, d, c, b]);
      expect(await ids('by=bob')).toEqual([e, d]);
      expect(await ids(`model=${models[2]}`)).toEqual([c]);
      expect(await ids('for=me', 'bob')).toEqual([c, b]);
      expect(await ids('for=ada')).toEqual([e, d]);
      await t.ask('POST', `/promotions/${c}/approve`, { actor: 'bob' });
      expect(await ids('for=me', 'bob')).toEqual([b]);
      expect(await ids('for=cy&state=executed')).toEqual([]);
      expectProblem(await t.get('/promotions?model=none'), 404, 'model-not-found');
      expectProblem(await t.get('/promotions?state=lost'), 400, 'query-invalid');
      const { next_page_token } = (await t.get('/promotions?page_size=2')).json;
      expectProblem(await t.get(`/promotions?state=waiting&page_token=${next_page_token}`), 400, 'page-token-invalid');
    });
  });

  describe(`a dry run on ${database}`, () => {
    const t = useRegistry(open);
    const check = (model: string, query: string) => t.post(`/models/${model}/versions/1/check?${query}`);

    it('tells what would become of it, and changes nothing', async () => {
      const { model } = await make.version(t, { sealed: true, metrics: { auc: 0.95 } });
      expect((await check(model, 'to=production')).json).toMatchObject({
        model,
        number: 1,
        to: 'production',
        alias: null,
        outcome: 'allowed',
        policy: { of: 'built-in', version: 0 },
        approvals_needed: 0,
        can_force: true,
        superseded: [],
      });
      await t.put(`/models/${model}/policy`, REVIEWED);
      const size = await t.registry.ledger.size();
      expect((await check(model, 'to=production')).json).toMatchObject({ outcome: 'waiting', approvals_needed: 2 });
      const refused = (await check(model, 'alias=champion')).json;
      expect(refused).toMatchObject({ outcome: 'refused', to: null, alias: 'champion', can_force: false });
      expect(refused.checks).toMatchObject([
        { check: 'sealed', outcome: 'passed' },
        { check: 'has', outcome: 'failed', remedy: expect.any(String) },
      ]);
      expect((await check(model, 'alias=other')).json).toMatchObject({ outcome: 'allowed', checks: [] });
      expect(await t.registry.ledger.size()).toBe(size);
      expect((await t.get('/promotions')).json.items).toEqual([]);
    });

    it('refuses what is no question', async () => {
      const { model } = await make.version(t);
      expectProblem(await check(model, ''), 400, 'query-invalid');
      expectProblem(await check(model, 'to=production&alias=a'), 400, 'query-invalid');
      expectProblem(await check(model, 'to=live'), 400, 'query-invalid');
      expectProblem(await check(model, 'alias=latest'), 422, 'invalid');
      expectProblem(await t.post(`/models/${model}/versions/9/check?to=staging`), 404, 'version-not-found');
    });
  });
}
