import { describe, expect, it } from 'vitest';
import type { PolicyCheck } from '../../src/contract/policy.ts';
import { databases } from '../support/databases.ts';
import { make, type VersionMade } from '../support/make.ts';
import { DAY_MS, useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const HOLDOUT = { name: 'holdout', digest: 'd1' };

for (const [database, open] of Object.entries(databases))
  describe(`checks of a policy on ${database}`, () => {
    const t = useRegistry(open);

    /** A version of a model whose production has this check; and what the check comes to. */
    async function ruled(check: PolicyCheck, ...versions: VersionMade[]) {
      const { name: model } = await make.model(t);
      for (const version of versions) await make.version(t, { model, sealed: true, ...version });
      await t.put(`/models/${model}/policy`, { statuses: { production: { single: true, checks: [check] } } });
      return model;
    }
    const at = (model: string, number: number) => `/models/${model}/versions/${number}`;
    const check = async (model: string, number: number) => {
      const { json } = await t.post(`${at(model, number)}/check?to=production`);
      expect(json.checks.at(-1).mode).toBe('enforce');
      return json.checks.at(-1);
    };
    const promote = (model: string, number: number) => t.post(`${at(model, number)}/promotions`, { to: 'production' });
    const evaluate = async (model: string, number: number, auc: unknown, more: object = {}) =>
      (await t.post(`${at(model, number)}/evaluations`, { dataset: HOLDOUT, metrics: { auc }, ...more })).json.id;

    it('a metric counts as it was logged last, wherever it came from', async () => {
      const model = await ruled({ check: 'metric', metric: 'auc', comparator: '>', value: 0.9 }, {});
      expect(await check(model, 1)).toMatchObject({ outcome: 'failed', detail: `${model}/1 has no metric auc` });
      await t.post(`${at(model, 1)}/metrics`, { metrics: [{ name: 'auc', value: 0.95 }] });
      expect(await check(model, 1)).toMatchObject({
        outcome: 'passed',
        evidence: [{ what: `auc of ${model}/1`, value: 0.95, href: `/api/v1/models/${model}/versions/1/metrics/auc` }],
      });
      expect((await t.get(`${at(model, 1)}/metrics/auc`)).status).toBe(200);
      await t.post(`${at(model, 1)}/metrics`, { metrics: [{ name: 'auc', value: 'NaN', step: 1 }] });
      expect((await check(model, 1)).outcome).toBe('failed');
    });

    it('a metric of the run that the version came from is linked', async () => {
      const experiment = await t.mlflow('POST', '/experiments/create', { name: `e-${database}` });
      const run = await t.mlflow('POST', '/runs/create', { experiment_id: experiment.json.experiment_id });
      const { run_id } = run.json.run.info;
      const model = await ruled(
        { check: 'metric', metric: 'auc', comparator: '>', value: 0.9 },
        { lineage: { run_id } },
      );
      await t.mlflow('POST', '/runs/log-metric', { run_id, key: 'auc', value: 0.95, timestamp: 1, step: 0 });
      expect((await check(model, 1)).outcome).toBe('passed');
      // what somebody says of the version itself comes first
      await t.post(`${at(model, 1)}/metrics`, { metrics: [{ name: 'auc', value: 0.1 }] });
      expect((await check(model, 1)).outcome).toBe('failed');
    });

    it('on a data set the newest evaluation counts, and its fact links to it', async () => {
      const dataset = { name: 'holdout' };
      const model = await ruled({ check: 'metric', metric: 'auc', comparator: '>', value: 0.9, dataset }, {});
      expect((await check(model, 1)).detail).toBe(`${model}/1 was not evaluated on holdout`);
      await evaluate(model, 1, 0.8);
      expect((await check(model, 1)).outcome).toBe('failed');
      const id = await evaluate(model, 1, 0.95);
      const told = await check(model, 1);
      expect(told).toMatchObject({ outcome: 'passed', evidence: [{ value: 0.95, href: `/api/v1/evaluations/${id}` }] });
      expect((await t.get(`/evaluations/${id}`)).json.metrics).toEqual({ auc: 0.95 });
    });

    it('an evaluation of what was sealed later says nothing', async () => {
      const model = await ruled({ check: 'evaluated_on', dataset: HOLDOUT }, { sealed: false });
      await evaluate(model, 1, 0.9);
      await t.post(`${at(model, 1)}/seal`);
      expect(await check(model, 1)).toMatchObject({
        outcome: 'failed',
        detail: `${model}/1 was not evaluated on holdout (d1) since it was sealed`,
      });
      await evaluate(model, 1, 0.9);
      expect((await check(model, 1)).outcome).toBe('passed');
    });

    it('not worse than live: like is held against like, by the direction that the metric has', async () => {
      const dataset = { name: 'holdout' };
      const model = await ruled({ check: 'not_worse_than_live', metric: 'auc', tolerance: 0.01, dataset }, {}, {}, {});
      expect((await check(model, 1)).detail).toBe('nothing was live there to hold it against');
      expect((await promote(model, 1)).status).toBe(200);
      expect((await check(model, 2)).outcome).toBe('failed');
      await evaluate(model, 2, 0.9);
      expect((await check(model, 2)).detail).toContain(`${model}/1 was not evaluated on holdout (d1)`);
      await evaluate(model, 1, 0.99, { dataset: { name: 'holdout', digest: 'another' } });
      expect((await check(model, 2)).outcome).toBe('failed');
      await evaluate(model, 1, 0.905);
      expect((await check(model, 2)).outcome).toBe('passed');
      await evaluate(model, 1, 0.92);
      expectProblem(await promote(model, 2), 422, 'check-failed');
      await evaluate(model, 2, 0.915);
      expect((await promote(model, 2)).json).toMatchObject({ superseded: [1] });
      // now it is the other way round
      await t.put('/metric-definitions/auc', { direction: 'lower' });
      expect((await check(model, 1)).outcome).toBe('passed');
      await t.put('/metric-definitions/auc', { direction: null });
      expect((await check(model, 1)).remedy).toContain('PUT /api/v1/metric-definitions/auc');
      await t.put('/metric-definitions/auc', { direction: 'higher' });
    });

    it('a rollback is not held against what it takes away', async () => {
      const model = await ruled(
        { check: 'not_worse_than_live', metric: 'auc', direction: 'higher' },
        { metrics: { auc: 0.8 } },
        { metrics: { auc: 0.9 } },
      );
      for (const number of [1, 2]) expect((await promote(model, number)).status).toBe(200);
      expectProblem(await promote(model, 1), 422, 'check-failed');
      expect((await t.post(`/models/${model}/rollback`, { reason: 'wrong' })).json).toMatchObject({
        number: 1,
        superseded: [2],
        forced: false,
      });
    });

    it('a signature has to stay callable', async () => {
      const x = { name: 'x', type: 'double' };
      const model = await ruled(
        { check: 'signature_compatible' },
        { signature: { inputs: [x] } },
        { signature: { inputs: [x, { name: 'y', type: 'double' }] } },
        { signature: { inputs: [x, { name: 'y', type: 'double', optional: true }] } },
      );
      expect((await promote(model, 1)).status).toBe(200);
      const told = await check(model, 2);
      expect(told).toMatchObject({ outcome: 'failed', remedy: expect.stringContaining(`${model}/1`) });
      expect(told.detail).toContain('may not be able to call');
      expect((await check(model, 3)).outcome).toBe('passed');
    });

    it('an evaluation grows old by the clock of the server', async () => {
      t.clock.set('2026-03-01T00:00:00.000Z');
      const model = await ruled({ check: 'evaluated_on', dataset: { name: 'holdout' }, within_days: 7 }, {});
      await evaluate(model, 1, 0.9);
      t.clock.tick(7 * DAY_MS);
      expect((await check(model, 1)).outcome).toBe('passed');
      t.clock.tick(1);
      expect((await check(model, 1)).outcome).toBe('failed');
      t.clock.run();
    });

    it('an alias is held against the version that it names now', async () => {
      const { model } = await make.version(t, { sealed: true, metrics: { auc: 0.9 }, aliases: ['champion'] });
      await make.version(t, { model, sealed: true, metrics: { auc: 0.8 } });
      const rule = { checks: [{ check: 'not_worse_than_live', metric: 'auc' }] };
      await t.put('/policies/default', { aliases: { champion: rule } });
      const set = (version: number) => t.put(`/models/${model}/aliases/champion`, { version });
      const told = expectProblem(await set(2), 422, 'check-failed');
      expect(told).toMatchObject({ to: '@champion', policy: { of: 'default', version: 1 } });
      await t.post(`${at(model, 2)}/metrics`, { metrics: [{ name: 'auc', value: 0.91 }] });
      expect((await set(2)).json.aliases).toEqual({ champion: 2 });
      // to take it away does not clear the way
      await make.version(t, { model, sealed: true, metrics: { auc: 0.7 } });
      expect((await t.del(`/models/${model}/aliases/champion`)).status).toBe(200);
      expectProblem(await set(3), 422, 'check-failed');
      expect((await set(2)).json.aliases).toEqual({ champion: 2 });
      await t.put('/policies/default', {});
    });

    it('nobody clears the way: what was promoted last is the measure when it is gone, unless a rollback took it away', async () => {
      const better: PolicyCheck = { check: 'not_worse_than_live', metric: 'auc', direction: 'higher' };
      const model = await ruled(better, ...[0.5, 0.9, 0.6].map((auc) => ({ metrics: { auc } })));
      for (const number of [1, 2]) expect((await promote(model, number)).status).toBe(200);
      const refused = async () => {
        const told = await check(model, 3);
        expect(told).toMatchObject({ outcome: 'failed', detail: expect.stringContaining(`${model}/2`) });
      };
      await refused();
      for (const to of ['draft', 'production', 'archived']) {
        expect((await t.post(`${at(model, 2)}/promotions`, { to })).status).toBe(200);
        await refused();
      }
      await t.del(`${at(model, 2)}?reason=r`);
      await refused();
      await t.post(`${at(model, 2)}/restore`);
      await refused();
      expect((await promote(model, 2)).status).toBe(200);
      expect((await t.post(`/models/${model}/rollback`, { reason: 'r' })).json.number).toBe(1);
      expect((await check(model, 3)).outcome).toBe('passed');
    });

    it('a protected alias names no bytes that can still change, and what was measured of such counts for nothing', async () => {
      const { name: model } = await make.model(t);
      await make.version(t, { model, artifacts: { 'a.txt': 'good' } });
      const dataset = { name: 'holdout', digest: 'd1' };
      const checks = [{ check: 'metric', metric: 'auc', comparator: '>=', value: 0.9, dataset: { name: 'holdout' } }];
      await t.put(`/models/${model}/policy`, { aliases: { champion: { checks, force: true } } });
      await t.post(`${at(model, 1)}/evaluations`, { dataset, metrics: { auc: 0.95 } });
      const set = (force = false) =>
        t.put(`/models/${model}/aliases/champion`, { version: 1, ...(force && { force, reason: 'r' }) });
      for (const force of [false, true]) {
        const told = expectProblem(await set(force), 422, 'check-failed');
        expect(told).toMatchObject({
          can_force: false,
          checks: [
            { check: 'sealed', outcome: 'failed', mode: 'enforce' },
            { check: 'metric', outcome: 'failed' },
          ],
        });
      }
      await make.artifact(t, model, 1, 'b.txt', 'other');
      await t.post(`${at(model, 1)}/seal`);
      expectProblem(await set(), 422, 'check-failed');
      await t.post(`${at(model, 1)}/evaluations`, { dataset, metrics: { auc: 0.95 } });
      expect((await set()).json.aliases).toEqual({ champion: 1 });
    });

    it('what only warns is told and recorded, and goes on', async () => {
      const { model } = await make.version(t, { sealed: true });
      const rule = { mode: 'warn', checks: [{ check: 'has', fields: ['card'] }] };
      await t.put(`/models/${model}/policy`, { statuses: { production: rule } });
      const { json } = await promote(model, 1);
      expect(json).toMatchObject({ state: 'executed', forced: false });
      expect(json.checks.at(-1)).toMatchObject({ check: 'has', outcome: 'failed', mode: 'warn' });
      const [event] = (await t.get(`/events?subject=${model}&page_size=1`)).json.items;
      expect(event.details.checks).toEqual(json.checks);
    });
  });
