import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { useRegistry } from '../support/open-registry.ts';
import { ABSENT, anExperiment, aRun, entriesIn, getRun, INVALID, ok, refused } from '../support/training.ts';

for (const [name, open] of Object.entries(databases))
  describe(`runs on ${name}`, () => {
    const t = useRegistry(open);
    const post = (path: string, body: Record<string, unknown>) => t.mlflow('POST', `/runs/${path}`, body);
    const tagsOf = async (run_id: string) => entriesIn((await getRun(t, run_id)).data.tags);
    const paramsOf = async (run_id: string) => entriesIn((await getRun(t, run_id)).data.params);

    it('are created as MLflow creates them', async () => {
      const experiment_id = await anExperiment(t);
      const tags = [{ key: 'mlflow.user', value: 'ada' }];
      const asked = { experiment_id, user_id: 'ada', run_name: 'first', start_time: 1_700_000_000_123, tags };
      const { run } = ok(await post('create', asked));
      const { run_id } = run.info;
      expect(run_id).toMatch(/^[0-9a-f]{32}$/);
      const info = {
        run_id,
        run_uuid: run_id,
        run_name: 'first',
        experiment_id,
        user_id: 'ada',
        status: 'RUNNING',
        start_time: 1_700_000_000_123,
        artifact_uri: `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts`,
        lifecycle_stage: 'active',
      };
      const named = { key: 'mlflow.runName', value: 'first' };
      expect(run).toEqual({ info, data: { tags: [...tags, named] }, inputs: {}, outputs: {} });
      expect(await getRun(t, run_id)).toEqual({ info, data: { tags: [named, ...tags] }, inputs: {}, outputs: {} });
      expect(ok(await t.mlflow('GET', '/runs/get', { run_uuid: run_id })).run.info).toEqual(info);
    });

    it('go to the default experiment, at time 0 and under an invented name where nothing is told', async () => {
      const { run } = ok(await post('create', {}));
      expect(run.info).toMatchObject({ experiment_id: '0', start_time: 0, user_id: '' });
      expect(run.info.run_name).toMatch(/^[a-z]+-[a-z]+-\d{1,4}$/);
      expect(entriesIn(run.data.tags)).toEqual({ 'mlflow.runName': run.info.run_name });
    });

    it('name and tag are one: given as either, or as both if they are the same', async () => {
      const tag = (value: string) => [{ key: 'mlflow.runName', value }];
      expect(ok(await post('create', { tags: tag('by tag') })).run.info.run_name).toBe('by tag');
      expect(ok(await post('create', { run_name: 'x', tags: tag('x') })).run.info.run_name).toBe('x');
      refused(await post('create', { run_name: 'x', tags: tag('y') }), INVALID, "Both 'run_name' argument and");
      const run_id = await aRun(t, { tags: tag('') });
      expect((await getRun(t, run_id)).info.run_name).toMatch(/-\d+$/);
      ok(await post('update', { run_id, run_name: 'updated' }));
      expect(await tagsOf(run_id)).toEqual({ 'mlflow.runName': 'updated' });
      ok(await post('set-tag', { run_id, key: 'mlflow.runName', value: 'tagged' }));
      expect((await getRun(t, run_id)).info.run_name).toBe('tagged');
      ok(await post('log-batch', { run_id, tags: tag('batched') }));
      expect((await getRun(t, run_id)).info.run_name).toBe('batched');
      ok(await post('set-tag', { run_id, key: 'mlflow.runName', value: '' }));
      expect(await tagsOf(run_id)).toEqual({ 'mlflow.runName': 'batched' });
      ok(await post('delete-tag', { run_id, key: 'mlflow.runName' }));
      expect((await getRun(t, run_id)).info.run_name).toBe('batched');
      ok(await post('update', { run_id, run_name: 'again' }));
      expect(await tagsOf(run_id)).toEqual({ 'mlflow.runName': 'again' });
    });

    it('that cannot be created are refused', async () => {
      refused(await post('create', { experiment_id: '98765' }), ABSENT, 'id=98765');
      refused(await post('create', { experiment_id: 0 }), INVALID, "parameter 'experiment_id'");
      refused(await post('create', { start_time: 'soon' }), INVALID, "parameter 'start_time'");
      refused(await post('create', { start_time: 1.5 }), INVALID, "parameter 'start_time'");
      refused(await post('create', { start_time: '9007199254740993' }), INVALID, "parameter 'start_time'");
      refused(await post('create', { user_id: 'u'.repeat(257) }), INVALID, "'user_id' exceeds");
      refused(await post('create', { tags: [{ key: 'a', value: 1 }] }), INVALID, 'tags[0].value');
      refused(await post('create', { tags: [{ key: 'a//b' }] }), INVALID, 'tags[0].key');
      const tags = Array.from({ length: 1_001 }, (_, i) => ({ key: `k${i}`, value: '' }));
      refused(await post('create', { tags }), INVALID, 'at most 1000 tags');
    });

    it('are updated in what is told', async () => {
      const run_id = await aRun(t, { run_name: 'stays' });
      const { run_info } = ok(await post('update', { run_id, status: 'FINISHED', end_time: '1700000000456' }));
      expect(run_info).toMatchObject({ status: 'FINISHED', end_time: 1_700_000_000_456, run_name: 'stays' });
      for (const more of [{}, { status: 'BOGUS' }, { run_name: '' }, { status: null, end_time: null }])
        expect(ok(await post('update', { run_id, ...more })).run_info).toEqual(run_info);
      expect(ok(await post('update', { run_uuid: run_id, status: 'KILLED' })).run_info.status).toBe('KILLED');
      expect((await getRun(t, run_id)).info).toMatchObject({ status: 'KILLED', end_time: 1_700_000_000_456 });
      refused(await post('update', { run_id: 'nobody' }), ABSENT, 'Run with id=nobody not found');
      refused(await post('update', {}), INVALID, "required parameter 'run_id'");
      refused(await post('update', { run_id, end_time: 'x' }), INVALID, 'end_time');
    });

    it('refuse writes while they are deleted, and answer reads', async () => {
      const run_id = await aRun(t, { run_name: 'gone' });
      ok(await post('log-parameter', { run_id, key: 'p', value: '1' }));
      for (let i = 0; i < 2; i += 1) expect(ok(await post('delete', { run_id }))).toEqual({});
      const writes: [string, Record<string, unknown>][] = [
        ['update', { status: 'FAILED' }],
        ['log-parameter', { key: 'q', value: '1' }],
        ['log-metric', { key: 'm', value: 1, timestamp: 1 }],
        ['set-tag', { key: 't', value: '1' }],
        ['delete-tag', { key: 'mlflow.runName' }],
        ['log-batch', { tags: [{ key: 't', value: '1' }] }],
        ['log-batch', {}],
        ['log-inputs', { models: [{ model_id: 'm-1' }] }],
        ['outputs', { models: [{ model_id: 'm-1' }] }],
        ['log-model', { model_json: '{"artifact_path":"a","flavors":{},"run_id":"x","utc_time_created":"x"}' }],
      ];
      for (const [path, body] of writes)
        refused(
          await post(path, { run_id, ...body }),
          INVALID,
          `The run ${run_id} must be in the 'active' state. Current state is deleted.`,
        );
      const run = await getRun(t, run_id);
      expect(run.info.lifecycle_stage).toBe('deleted');
      for (let i = 0; i < 2; i += 1) ok(await post('restore', { run_id }));
      expect(await getRun(t, run_id)).toEqual({ ...run, info: { ...run.info, lifecycle_stage: 'active' } });
      for (const [path, body] of writes)
        refused(await post(path, { run_id: 'no', ...body }), ABSENT, 'id=no not found');
      for (const path of ['delete', 'restore']) refused(await post(path, { run_id: 'no' }), ABSENT, 'id=no not found');
    });

    it('params are written once', async () => {
      const run_id = await aRun(t);
      const log = (value?: unknown) => post('log-parameter', { run_id, key: 'lr', value });
      for (let i = 0; i < 2; i += 1) expect(ok(await log('0.1'))).toEqual({});
      refused(await log('0.2'), INVALID, /^Changing param values is not allowed\. .*key='lr'.*value='0\.1'.*'0\.2'\.$/);
      refused(await log(0.1), INVALID, "parameter 'value'");
      ok(await post('log-parameter', { run_id, key: 'empty' }));
      expect(await paramsOf(run_id)).toEqual({ lr: '0.1', empty: '' });
    });

    it('long values are cut between characters, and cut ones are the same again', async () => {
      const run_id = await aRun(t);
      const long = `${'x'.repeat(5_999)}🙂y`;
      for (let i = 0; i < 2; i += 1) ok(await post('log-parameter', { run_id, key: 'p', value: long }));
      ok(await post('set-tag', { run_id, key: 't', value: '🙂'.repeat(8_001) }));
      ok(await post('set-tag', { run_id, key: 'whole', value: '🙂'.repeat(8_000) }));
      expect((await paramsOf(run_id)).p).toBe(`${'x'.repeat(5_999)}🙂`);
      const tags = await tagsOf(run_id);
      expect([tags.t, tags.whole]).toEqual(['🙂'.repeat(8_000), '🙂'.repeat(8_000)]);
    });

    it('tags are set anew and deleted', async () => {
      const run_id = await aRun(t, { run_name: 'x' });
      for (const value of ['1', '2']) ok(await post('set-tag', { run_id, key: 'a b/c', value }));
      expect(await tagsOf(run_id)).toEqual({ 'mlflow.runName': 'x', 'a b/c': '2' });
      ok(await post('delete-tag', { run_id, key: 'a b/c' }));
      refused(
        await post('delete-tag', { run_id, key: 'a b/c' }),
        ABSENT,
        `No tag with name: a b/c in run with id ${run_id}`,
      );
    });

    it.each([
      '..',
      '../x',
      'a/./b',
      'a//b',
      '/a',
      'a/',
      '',
      'a\u0000b',
      'a\n',
      'a*',
      "a'; drop table run; --",
      'k'.repeat(251),
    ])('the key %j is refused everywhere', async (key) => {
      const run_id = await aRun(t, { run_name: 'x' });
      refused(await post('set-tag', { run_id, key, value: '1' }), INVALID, '');
      refused(await post('log-parameter', { run_id, key, value: '1' }), INVALID, '');
      refused(await post('log-metric', { run_id, key, value: 1, timestamp: 1 }), INVALID, '');
      const { data } = await getRun(t, run_id);
      expect(data).toEqual({ tags: [{ key: 'mlflow.runName', value: 'x' }] });
    });

    it('bodies that are none, or of another form, name what is missing', async () => {
      const send = (payload: string, type = 'application/json') =>
        t.ask('POST', 'http://localhost/api/2.0/mlflow/runs/log-parameter', {
          body: Buffer.from(payload),
          headers: { 'content-type': type },
        });
      refused(await send('{'), INVALID, "required parameter 'run_id'");
      refused(await send(''), INVALID, "required parameter 'run_id'");
      refused(await send('[]'), INVALID, 'JSON object');
      refused(await send('{"run_id":"a","runId":"b"}'), INVALID, '');
      refused(await send('{}', 'text/plain'), INVALID, 'application/json');
      refused(await post('log-parameter', { run_id: {}, key: 'a' }), INVALID, "parameter 'run_id'");
    });

    it('models of clients before MLflow 3 are noted in a tag', async () => {
      const run_id = await aRun(t);
      const model = {
        artifact_path: 'm',
        run_id,
        utc_time_created: 'now',
        flavors: { x: { a: 1, config: 2 }, y: 'z' },
        signature: 1,
      };
      for (let i = 0; i < 2; i += 1) ok(await post('log-model', { run_id, model_json: JSON.stringify(model) }));
      const kept = { run_id, artifact_path: 'm', utc_time_created: 'now', flavors: { x: { a: 1 }, y: 'z' } };
      expect(JSON.parse((await tagsOf(run_id))['mlflow.log-model.history'] as string)).toEqual([kept, kept]);
      refused(await post('log-model', { run_id, model_json: '{' }), INVALID, 'not valid JSON');
      refused(
        await post('log-model', { run_id, model_json: '{}' }),
        INVALID,
        'missing mandatory fields: artifact_path, flavors',
      );
      refused(
        await post('log-model', { run_id, model_json: JSON.stringify({ ...model, flavors: [] }) }),
        INVALID,
        'flavors',
      );
    });

    it('of many that write one param at once, one value stands, and those who wrote another are told', async () => {
      const run_id = await aRun(t);
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, i) => post('log-parameter', { run_id, key: 'p', value: String(i % 3) })),
      );
      const { p } = await paramsOf(run_id);
      for (const [i, answer] of answers.entries())
        if (String(i % 3) === p) ok(answer);
        else refused(answer, INVALID, 'Changing param values');
      const tags = Array.from({ length: 30 }, (_, i) => post('set-tag', { run_id, key: `t${i}`, value: 'x' }));
      for (const answer of await Promise.all(tags)) ok(answer);
      expect(Object.keys(await tagsOf(run_id))).toHaveLength(31);
    });
  });
