import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { ABSENT, anExperiment, aRun, entriesIn, getRun, INVALID, ok, refused } from '../support/training.ts';

for (const [name, open] of Object.entries(databases))
  describe(`experiments on ${name}`, () => {
    const t = useRegistry(open);
    const get = (experiment_id: unknown) => t.mlflow('GET', '/experiments/get', { experiment_id });
    const post = (path: string, body: Record<string, unknown>) => t.mlflow('POST', `/experiments/${path}`, body);

    it('there is a default one from the start', async () => {
      const { experiment } = ok(await get('0'));
      expect(experiment).toMatchObject({
        experiment_id: '0',
        name: 'Default',
        artifact_location: 'mlflow-artifacts:/0',
        lifecycle_stage: 'active',
      });
      expect(Date.now() - experiment.creation_time).toBeLessThan(600_000);
    });

    it('are created with ids that count on, and found by id and by name', async () => {
      t.clock.set('2026-03-01T00:00:00Z');
      const tags = [
        { key: 'team', value: 'growth' },
        { key: 'team', value: 'risk' },
        { key: 'a/b', value: '' },
      ];
      const { experiment_id } = ok(await post('create', { name: 'çürük "x" %2F\n', tags }));
      const next = ok(await post('create', { name: 'next' })).experiment_id;
      expect(Number(next)).toBe(Number(experiment_id) + 1);
      const at = Date.parse('2026-03-01T00:00:00Z');
      const experiment = {
        experiment_id,
        name: 'çürük "x" %2F\n',
        artifact_location: `mlflow-artifacts:/${experiment_id}`,
        lifecycle_stage: 'active',
        creation_time: at,
        last_update_time: at,
        tags: [
          { key: 'a/b', value: '' },
          { key: 'team', value: 'risk' },
        ],
      };
      expect(ok(await get(experiment_id))).toEqual({ experiment });
      expect(ok(await get(` 0${experiment_id}`))).toEqual({ experiment });
      const query = { experiment_name: experiment.name };
      expect(ok(await t.mlflow('GET', '/experiments/get-by-name', query))).toEqual({ experiment });
      t.clock.run();
    });

    it('that are not there, or cannot be, are told apart', async () => {
      refused(await get('987654'), ABSENT, 'No Experiment with id=987654 exists');
      refused(await get('99999999999999999999'), ABSENT, 'No Experiment with id=');
      for (const id of ['x', '1.0', '0x1', "1'; --"]) refused(await get(id), INVALID, 'must be a valid integer');
      refused(await get(''), INVALID, "Missing value for required parameter 'experiment_id'");
      refused(await t.mlflow('GET', '/experiments/get-by-name', { experiment_name: 'no' }), ABSENT, "with name 'no'");
      refused(await t.mlflow('GET', '/experiments/get-by-name'), INVALID, 'Missing value');
      refused(await post('delete', { experiment_id: 3 }), INVALID, "Invalid value 3 for parameter 'experiment_id'");
    });

    it('names are refused that are empty, too long or taken, by a deleted one too', async () => {
      refused(await post('create', {}), INVALID, "required parameter 'name'");
      refused(await post('create', { name: '' }), INVALID, "required parameter 'name'");
      refused(await post('create', { name: 'x'.repeat(501) }), INVALID, "'name' exceeds the maximum length of 500");
      ok(await post('create', { name: '🙂'.repeat(500) }));
      const id = await anExperiment(t, 'taken');
      refused(
        await post('create', { name: 'taken' }),
        'RESOURCE_ALREADY_EXISTS',
        /^Experiment\(name=taken\) already exists\.$/,
      );
      ok(await post('delete', { experiment_id: id }));
      refused(await post('create', { name: 'taken' }), 'RESOURCE_ALREADY_EXISTS', 'already exists');
      ok(await post('create', { name: 'Taken' }));
      const other = await anExperiment(t);
      refused(await post('update', { experiment_id: other, new_name: 'taken' }), 'RESOURCE_ALREADY_EXISTS', 'already');
    });

    it('what cannot be created leaves nothing', async () => {
      const tags = [
        { key: 'fine', value: 'x' },
        { key: '../up', value: 'x' },
      ];
      refused(await post('create', { name: 'left', tags }), INVALID, 'must not resolve to other names');
      refused(
        await post('create', { name: 'left', tags: [{ key: 'a', value: 'x'.repeat(20_001) }] }),
        INVALID,
        '20000',
      );
      refused(await post('create', { name: 'left', tags: [{ value: 'x' }] }), INVALID, 'tags[0].key');
      refused(await post('create', { name: 'left', tags: 'x' }), INVALID, 'tags');
      refused(await t.mlflow('GET', '/experiments/get-by-name', { experiment_name: 'left' }), ABSENT, 'left');
    });

    it.each([
      ['runs:/x/y', 'cannot be a runs:/ URI'],
      ['s3://b/x#y', "can't include fragments"],
      ['s3://b/../x', "must not hold '..'"],
      ['s3://b/%252e%252e/x', "must not hold '..'"],
      ['mlflow-artifacts:/versions/1', 'belongs to versions'],
      ['mlflow-artifacts:/%76ersions/1', 'belongs to versions'],
      ['x'.repeat(2_049), '2048'],
      ['s3://b/\u0007', 'control characters'],
    ])('the location %s is refused', async (artifact_location, words) => {
      refused(await post('create', { name: 'nowhere', artifact_location }), INVALID, words);
    });

    it('a location elsewhere is recorded, and runs stand below it', async () => {
      const artifact_location = 's3://bucket/root/?region=x';
      const { experiment_id } = ok(await post('create', { name: 'elsewhere', artifact_location }));
      const run = await aRun(t, { experiment_id });
      expect((await getRun(t, run)).info.artifact_uri).toBe(`s3://bucket/root/${run}/artifacts?region=x`);
    });

    it('are renamed while they are active', async () => {
      const experiment_id = await anExperiment(t);
      t.clock.set('2027-01-01T00:00:00Z');
      expect(ok(await post('update', { experiment_id, new_name: 'renamed' }))).toEqual({});
      expect(ok(await get(experiment_id)).experiment).toMatchObject({
        name: 'renamed',
        last_update_time: Date.parse('2027-01-01T00:00:00Z'),
      });
      t.clock.run();
      ok(await post('update', { experiment_id, new_name: 'renamed' }));
      refused(await post('update', { experiment_id }), INVALID, 'new_name');
      refused(await post('update', { experiment_id: '98765', new_name: 'x' }), ABSENT, 'id=98765');
      ok(await post('delete', { experiment_id }));
      refused(await post('update', { experiment_id, new_name: 'x' }), INVALID, "must be in the 'active' state");
    });

    it('take their runs with them into deletion and back', async () => {
      const experiment_id = await anExperiment(t);
      const [kept, deleted] = [await aRun(t, { experiment_id }), await aRun(t, { experiment_id })];
      ok(await t.mlflow('POST', '/runs/delete', { run_id: deleted }));
      ok(await post('delete', { experiment_id }));
      refused(await post('delete', { experiment_id }), ABSENT, `id=${experiment_id}`);
      expect(ok(await get(experiment_id)).experiment.lifecycle_stage).toBe('deleted');
      for (const run of [kept, deleted]) expect((await getRun(t, run)).info.lifecycle_stage).toBe('deleted');
      refused(await t.mlflow('POST', '/runs/create', { experiment_id }), INVALID, "must be in the 'active' state");
      refused(await t.mlflow('POST', '/runs/set-tag', { run_id: kept, key: 'a' }), INVALID, 'active');
      ok(await post('restore', { experiment_id }));
      refused(await post('restore', { experiment_id }), ABSENT, `id=${experiment_id}`);
      for (const run of [kept, deleted]) expect((await getRun(t, run)).info.lifecycle_stage).toBe('active');
    });

    it('tags are set, set again and deleted', async () => {
      const experiment_id = await anExperiment(t);
      const set = (tag: Record<string, unknown>) => post('set-experiment-tag', { experiment_id, ...tag });
      expect(ok(await set({ key: 'a', value: '1' }))).toEqual({});
      ok(await set({ key: 'a', value: '2' }));
      ok(await set({ key: 'none' }));
      const tags = async () => entriesIn(ok(await get(experiment_id)).experiment.tags);
      expect(await tags()).toEqual({ a: '2', none: '' });
      refused(await set({ key: 'b', value: 1 }), INVALID, "parameter 'value'");
      refused(await set({ key: 'b', value: 'x'.repeat(20_001) }), INVALID, "'value' exceeds");
      refused(await set({ key: 'k'.repeat(251) }), INVALID, "'key' exceeds the maximum length of 250");
      for (const key of ['a//b', '/a', 'a/', '.', '..', 'a/../b', 'a\nb', 'a?b', 'ключ!'])
        refused(await set({ key, value: 'x' }), INVALID, "for parameter 'key'");
      ok(await set({ key: 'ключ: a/b.c-d_e', value: 'x' }));
      ok(await post('delete-experiment-tag', { experiment_id, key: 'a' }));
      refused(await post('delete-experiment-tag', { experiment_id, key: 'a' }), ABSENT, 'No tag with name: a');
      expect(await tags()).toEqual({ none: '', 'ключ: a/b.c-d_e': 'x' });
      ok(await post('delete', { experiment_id }));
      refused(await set({ key: 'a', value: '1' }), INVALID, 'active');
      refused(await post('delete-experiment-tag', { experiment_id, key: 'none' }), INVALID, 'active');
    });

    it('of many that are created at once under one name, one is', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => post('create', { name: 'at once' })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const answer of answers) if (answer.status !== 200) refused(answer, 'RESOURCE_ALREADY_EXISTS', 'at once');
    });

    it('answer under the address of the browser, too', async () => {
      const answer = await t.ask('GET', 'http://localhost/ajax-api/2.0/mlflow/experiments/get?experiment_id=0');
      expect(answer.json.experiment.name).toBe('Default');
    });
  });
