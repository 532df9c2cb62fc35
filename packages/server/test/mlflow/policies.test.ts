import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { expectRefused } from '../support/mlflow.ts';
import { useRegistry } from '../support/open-registry.ts';

for (const [database, open] of Object.entries(databases))
  describe(`the policy binds the MLflow API on ${database}`, () => {
    const t = useRegistry(open);
    const transition = (name: string, version: number, actor: string, more: object = {}) =>
      t.mlflow(
        'POST',
        '/model-versions/transition-stage',
        { name, version: String(version), stage: 'Production', ...more },
        { 'x-assayer-actor': actor },
      );
    const setAlias = (name: string, version: number, actor: string) =>
      t.mlflow(
        'POST',
        '/registered-models/alias',
        { name, alias: 'champion', version: String(version) },
        { 'x-assayer-actor': actor },
      );
    const stageOf = async (name: string, version: number) =>
      (await t.mlflow('GET', '/model-versions/get', { name, version: String(version) })).json.model_version
        .current_stage;
    const checks = [{ check: 'has' as const, fields: ['card', 'tags.team'] }];

    it('a transition that fails a check names it, and what would make it pass', async () => {
      const { model } = await make.version(t, { sealed: true });
      await t.put(`/models/${model}/policy`, { statuses: { production: { checks } } });
      expectRefused(
        await transition(model, 1, 'ada'),
        'INVALID_PARAMETER_VALUE',
        /^Model Version \(name=.*, version=1\) cannot be moved to production\. has: it has no card, no tags\.team; add card, tags\.team: PATCH \/api\/v1\/models\/.*\/versions\/1\.$/,
      );
      await t.put(`/models/${model}/policy`, { statuses: { production: { checks, force: true } } });
      expectRefused(
        await transition(model, 1, 'ada'),
        'INVALID_PARAMETER_VALUE',
        /To override this with a reason: POST \/api\/v1\/models\/.*\/versions\/1\/promotions \{"to": "production", "force": true/,
      );
      expect(await stageOf(model, 1)).toBe('None');
    });

    it('a transition that needs approvals is kept, and the error says where it waits', async () => {
      const { model } = await make.version(t, { sealed: true });
      await make.version(t, { model, status: 'production' });
      await t.put(`/models/${model}/policy`, { statuses: { production: { approvals: 1 } } });
      const answer = await transition(model, 1, 'ada', { archive_existing_versions: true });
      expectRefused(
        answer,
        'RESOURCE_CONFLICT',
        /^Model Version \(name=.*, version=1\) waits for 1 approval before it is moved to production: see http:\/\/[^/]+\/api\/v1\/promotions\/\d+\. Anyone but ada approves it with POST http:\/\/[^/]+\/api\/v1\/promotions\/\d+\/approve until /,
      );
      const id = Number(/promotions\/(\d+)/.exec(answer.json.message)?.[1]);
      expect((await t.get(`/promotions/${id}`)).json).toMatchObject({ model, number: 1, state: 'waiting', by: 'ada' });
      expect((await transition(model, 1, 'ada')).json.message).toContain(`/api/v1/promotions/${id}.`);
      expect(await stageOf(model, 1)).toBe('None');
      await t.ask('POST', `/promotions/${id}/approve`, { actor: 'bob' });
      expect(await stageOf(model, 1)).toBe('Production');
      // as it was asked for with archive_existing_versions
      expect(await stageOf(model, 2)).toBe('Archived');
      expect((await transition(model, 1, 'ada')).status).toBe(200);
    });

    it('a protected alias is refused or waits in the same way, and any other is set', async () => {
      const { model } = await make.version(t, { sealed: true });
      await t.put(`/models/${model}/policy`, { aliases: { champion: { checks } } });
      expectRefused(
        await setAlias(model, 1, 'ada'),
        'INVALID_PARAMETER_VALUE',
        /^Model Version \(name=.*, version=1\) cannot become @champion\. has: /,
      );
      await t.put(`/models/${model}/policy`, { aliases: { champion: { approvals: 2 } } });
      const answer = await setAlias(model, 1, 'ada');
      expectRefused(answer, 'RESOURCE_CONFLICT', /waits for 2 approvals before it becomes @champion: see /);
      expect((await t.get(`/models/${model}`)).json.aliases).toEqual({});
      const id = /promotions\/(\d+)/.exec(answer.json.message)?.[1];
      const updated = (await t.get(`/models/${model}`)).json.updated_at;
      for (const actor of ['bob', 'cy']) await t.ask('POST', `/promotions/${id}/approve`, { actor });
      expect((await t.get(`/models/${model}`)).json).toMatchObject({ aliases: { champion: 1 }, updated_at: updated });
      expect((await setAlias(model, 1, 'ada')).json).toEqual({});
      await t.del(`/models/${model}/policy`);
      await make.version(t, { model });
      expect((await setAlias(model, 2, 'ada')).json).toEqual({});
    });
  });
