import { describe, expect, it } from 'vitest';
import { completeLoggedModels, MOST_POINTS, requireLoggedModel } from '../../src/registry/runs/logged-model.ts';
import { databases } from '../support/databases.ts';
import { type Answer, useRegistry } from '../support/open-registry.ts';

function expectRefused(answer: Answer, status: number, code: string, message: string | RegExp) {
  expect(answer.json).toMatchObject({
    error_code: code,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
  expect(answer.status).toBe(status);
}

for (const [database, open] of Object.entries(databases))
  describe(`logged models on ${database}`, () => {
    const t = useRegistry(open);
    const log = async (body: Record<string, unknown> = {}) => {
      const answer = await t.mlflow('POST', '/logged-models', { experiment_id: '0', ...body });
      expect(answer.status, answer.text).toBe(200);
      return answer.json.model;
    };
    const get = async (id: string) => (await t.mlflow('GET', `/logged-models/${id}`)).json.model;

    it('is logged with what is told of it, and read back', async () => {
      t.clock.set(1_795_970_986_258);
      const model = await log({
        name: 'My model 模型 (1) \u{1f980}',
        model_type: 'Agent',
        source_run_id: 'a'.repeat(32),
        params: [
          { key: 'z', value: '1' },
          { key: 'a', value: '' },
        ],
        tags: [{ key: 't/x', value: '2' }, { key: 't/x', value: '3' }, { key: 'u' }],
      });
      const { model_id } = model.info;
      expect(model_id).toMatch(/^m-[0-9a-f]{32}$/);
      expect(model).toEqual({
        info: {
          model_id,
          experiment_id: '0',
          name: 'My model 模型 (1) \u{1f980}',
          creation_timestamp_ms: 1_795_970_986_258,
          last_updated_timestamp_ms: 1_795_970_986_258,
          artifact_uri: `mlflow-artifacts:/0/models/${model_id}/artifacts`,
          status: 'LOGGED_MODEL_PENDING',
          model_type: 'Agent',
          source_run_id: 'a'.repeat(32),
          tags: [
            { key: 't/x', value: '3' },
            { key: 'u', value: '' },
          ],
        },
        data: {
          params: [
            { key: 'a', value: '' },
            { key: 'z', value: '1' },
          ],
        },
      });
      expect(await get(model_id)).toEqual(model);
    });

    it('needs nothing but an experiment, and gets a name', async () => {
      const model = await log();
      expect(model.info).toMatchObject({
        model_type: '',
        source_run_id: '',
        name: expect.stringMatching(/^[a-z]+-[a-z]+-\d+$/),
      });
      expect(model.data).toEqual({});
      expect((await log({ name: '' })).info.name).not.toBe('');
      expect((await log({ modelType: 'x' })).info.model_type).toBe('x');
    });

    it.each([
      [{ name: 'a/b' }, /^Invalid model name \('a\/b'\) provided\. Model name must be a non-empty string/],
      [{ name: 'a:b' }, /^Invalid model name/],
      [{ name: 'a.b' }, /^Invalid model name/],
      [{ name: 'a%b' }, /^Invalid model name/],
      [{ name: 'a"b' }, /^Invalid model name/],
      [{ name: "a'b" }, /^Invalid model name/],
      [{ name: 3 }, /^Invalid value 3 for parameter 'name' supplied/],
      [{ name: 'n'.repeat(501) }, /^name may have at most 500 characters/],
      [{ model_type: 'n'.repeat(501) }, /^model_type may have/],
      [{ source_run_id: 'n'.repeat(37) }, /^source_run_id may have/],
      [{ source_run_id: 7 }, /'source_run_id'/],
      [{ params: {} }, /'params'/],
      [{ params: [3] }, /'params'/],
      [{ params: [{ value: 'x' }] }, /'params\[0\]\.key'/],
      [{ params: [{ key: 'k', value: 1 }] }, /'params\[0\]\.value'/],
      [
        {
          params: [
            { key: 'k', value: '1' },
            { key: 'k', value: '2' },
          ],
        },
        /^params\/1\/key repeats 'k' with another value/,
      ],
      [{ tags: [{ key: 'k'.repeat(256) }] }, /^tags\/0\/key must have 1 to 255 characters/],
      [{ tags: [{ key: 'k', value: 'v'.repeat(100_001) }] }, /^tags\/0\/value may have at most 100,000/],
      [{ tags: Array.from({ length: 10_001 }, (_, i) => ({ key: String(i) })) }, /^tags may hold at most/],
      [{ experiment_id: 0 }, /'experiment_id'/],
      [{ experiment_id: '' }, /^Missing value for required parameter 'experiment_id'/],
      [{ experiment_id: 'x' }, /must be a valid integer/],
      [{ experiment_id: '1e1' }, /must be a valid integer/],
    ])('refuses %j', async (body, message) => {
      expectRefused(
        await t.mlflow('POST', '/logged-models', { experiment_id: '0', ...body }),
        400,
        'INVALID_PARAMETER_VALUE',
        message,
      );
    });

    it('refuses an experiment that is not there, or deleted', async () => {
      for (const experiment_id of ['987654321', '99999999999999999999', '-1'])
        expectRefused(
          await t.mlflow('POST', '/logged-models', { experiment_id }),
          404,
          'RESOURCE_DOES_NOT_EXIST',
          /^No Experiment with id=/,
        );
      const { experiment_id } = (await t.mlflow('POST', '/experiments/create', { name: 'gone' })).json;
      await t.mlflow('POST', '/experiments/delete', { experiment_id });
      expectRefused(
        await t.mlflow('POST', '/logged-models', { experiment_id }),
        400,
        'INVALID_PARAMETER_VALUE',
        /must be in the 'active' state/,
      );
    });

    it('lies in the location of its experiment', async () => {
      const at = async (name: string, artifact_location: string) => {
        const { experiment_id } = (await t.mlflow('POST', '/experiments/create', { name, artifact_location })).json;
        const { info } = await log({ experiment_id });
        return info.artifact_uri.replace(info.model_id, 'ID');
      };
      expect(await at('elsewhere', 's3://bucket/root')).toBe('s3://bucket/root/models/ID/artifacts');
      expect(await at('with a query', 's3://bucket/root?versionId=3')).toBe(
        's3://bucket/root/models/ID/artifacts?versionId=3',
      );
    });

    it('becomes ready, or failed, and says when', async () => {
      t.clock.set(1_000);
      const { model_id } = (await log({ params: [{ key: 'p', value: '1' }] })).info;
      t.clock.set(2_000);
      const ready = await t.mlflow('PATCH', `/logged-models/${model_id}`, { model_id, status: 'LOGGED_MODEL_READY' });
      expect(ready.json.model.info).toMatchObject({
        status: 'LOGGED_MODEL_READY',
        creation_timestamp_ms: 1_000,
        last_updated_timestamp_ms: 2_000,
      });
      expect(ready.json.model.data.params).toEqual([{ key: 'p', value: '1' }]);
      expect(await get(model_id)).toEqual(ready.json.model);
      const failed = await t.mlflow('PATCH', `/logged-models/${model_id}`, { status: 3 });
      expect(failed.json.model.info.status).toBe('LOGGED_MODEL_UPLOAD_FAILED');
      for (const status of ['BOGUS', 'LOGGED_MODEL_STATUS_UNSPECIFIED', 0, 4, -1, 1.5, {}, true])
        expectRefused(
          await t.mlflow('PATCH', `/logged-models/${model_id}`, { model_id, status }),
          400,
          'INVALID_PARAMETER_VALUE',
          /^Unknown model status/,
        );
      for (const body of [{}, { status: null }, { status: '' }])
        expectRefused(
          await t.mlflow('PATCH', `/logged-models/${model_id}`, body),
          400,
          'INVALID_PARAMETER_VALUE',
          /'status'/,
        );
      expect((await get(model_id)).info.status).toBe('LOGGED_MODEL_UPLOAD_FAILED');
    });

    it('takes tags, and gives them up, also those with slashes in their keys', async () => {
      const { model_id } = (await log({ tags: [{ key: 'a', value: '1' }] })).info;
      const tags = `/logged-models/${model_id}/tags`;
      const key = 'team/a b/ü';
      const set = await t.mlflow('PATCH', tags, {
        tags: [{ key: 'a', value: '2' }, { key: 'a', value: '3' }, { key }, { key: 'b', value: 'x\u{1f980}' }],
      });
      expect([set.status, set.json]).toEqual([200, {}]);
      expect((await get(model_id)).info.tags).toEqual([
        { key: 'a', value: '3' },
        { key: 'b', value: 'x\u{1f980}' },
        { key, value: '' },
      ]);
      for (const path of [`${tags}/a`, `${tags}/team/a%20b/%C3%BC`])
        expect((await t.mlflow('DELETE', path)).json, path).toEqual({});
      expect((await get(model_id)).info.tags).toEqual([{ key: 'b', value: 'x\u{1f980}' }]);
      expect((await t.mlflow('PATCH', tags, {})).json).toEqual({});
      expectRefused(
        await t.mlflow('DELETE', `${tags}/zz`),
        404,
        'RESOURCE_DOES_NOT_EXIST',
        `No tag with key 'zz' found for model with ID '${model_id}'.`,
      );
      expectRefused(
        await t.mlflow('PATCH', tags, { tags: [{ key: 'a', value: 3 }] }),
        400,
        'INVALID_PARAMETER_VALUE',
        /'tags\[0\]\.value'/,
      );
      expectRefused(
        await t.mlflow('PATCH', tags, { tags: [{ key: 'ok' }, { key: '' }] }),
        400,
        'INVALID_PARAMETER_VALUE',
        /'tags\[1\]\.key'/,
      );
      expect((await get(model_id)).info.tags).toEqual([{ key: 'b', value: 'x\u{1f980}' }]);
    });

    it('is deleted without a body and without its content type, as the client does', async () => {
      const { model_id } = (await log({ tags: [{ key: 'a', value: '1' }] })).info;
      const answer = await t.ask('DELETE', `http://localhost/api/2.0/mlflow/logged-models/${model_id}/tags/a`);
      expect([answer.status, answer.json]).toEqual([200, {}]);
    });

    it('takes params once: the same again is fine, another value stores nothing of the request', async () => {
      const { model_id } = (await log({ params: [{ key: 'lr', value: '0.1' }] })).info;
      const params = `/logged-models/${model_id}/params`;
      const depth = { key: 'depth', value: '3' };
      for (const _ of [1, 2])
        expect(
          (await t.mlflow('POST', params, { model_id, params: [depth, { key: 'lr', value: '0.1' }] })).json,
        ).toEqual({});
      expectRefused(
        await t.mlflow('POST', params, {
          model_id,
          params: [
            { key: 'new', value: '1' },
            { key: 'lr', value: '0.2' },
          ],
        }),
        400,
        'INVALID_PARAMETER_VALUE',
        /^params\/1\/value is another than the one that the logged model has for param 'lr'/,
      );
      expectRefused(
        await t.mlflow('POST', params, {
          model_id,
          params: [
            { key: 'twice', value: '1' },
            { key: 'twice', value: '2' },
          ],
        }),
        400,
        'INVALID_PARAMETER_VALUE',
        /^params\/1\/value/,
      );
      expect((await get(model_id)).data.params).toEqual([depth, { key: 'lr', value: '0.1' }]);
      const many = Array.from({ length: 100 }, (_, i) => ({ key: `p${i}`, value: String(i) }));
      expect((await t.mlflow('POST', params, { model_id, params: many })).json).toEqual({});
      expect((await get(model_id)).data.params).toHaveLength(102);
    });

    it('has a bound on how much is kept of it', async () => {
      const { model_id } = (await log({ params: Array.from({ length: 9_999 }, (_, i) => ({ key: `p${i}` })) })).info;
      const params = `/logged-models/${model_id}/params`;
      expect((await t.mlflow('POST', params, { params: [{ key: 'last' }] })).status).toBe(200);
      expectRefused(
        await t.mlflow('POST', params, { params: [{ key: 'one more' }] }),
        400,
        'INVALID_PARAMETER_VALUE',
        /10,000/,
      );
    });

    it('is deleted softly: gone for those who read, still there to be tagged', async () => {
      t.clock.set(5_000);
      const { model_id } = (await log()).info;
      t.clock.set(6_000);
      for (const _ of [1, 2])
        expect((await t.mlflow('DELETE', `/logged-models/${model_id}`, { model_id })).json).toEqual({});
      expectRefused(
        await t.mlflow('GET', `/logged-models/${model_id}`),
        404,
        'RESOURCE_DOES_NOT_EXIST',
        `Logged model with ID '${model_id}' not found.`,
      );
      expect((await t.mlflow('GET', `/logged-models/${model_id}`, { allow_deleted: 'false' })).status).toBe(404);
      expect((await t.mlflow('PATCH', `/logged-models/${model_id}/tags`, { tags: [{ key: 'k' }] })).json).toEqual({});
      for (const allow_deleted of ['true', 'True'])
        expect((await t.mlflow('GET', `/logged-models/${model_id}`, { allow_deleted })).json.model.info).toMatchObject({
          last_updated_timestamp_ms: 6_000,
          tags: [{ key: 'k', value: '' }],
        });
    });

    it.each([
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['PATCH', '/tags'],
      ['POST', '/params'],
      ['DELETE', '/tags/x'],
    ])('says that there is none: %s %s', async (method, path) => {
      for (const id of ['m-0', `m-${'0'.repeat(32)}`, "x'; drop table run;--", 'x'.repeat(90)])
        expectRefused(
          await t.mlflow(method, `/logged-models/${encodeURIComponent(id)}${path}`, {
            ...(method !== 'GET' && { status: 'LOGGED_MODEL_READY', params: [], tags: [] }),
          }),
          404,
          'RESOURCE_DOES_NOT_EXIST',
          `Logged model with ID '${id}' not found.`,
        );
    });

    it('tells its metrics with run and data set, NaN as text', async () => {
      const { model_id } = (await log()).info;
      const point = {
        model_id,
        timestamp: 10,
        step: 1,
        value: 0.5,
        is_nan: 0,
        run_id: '',
        dataset_name: '',
        dataset_digest: '',
      };
      await t.db.write
        .insertInto('logged_model_metric')
        .values([
          { ...point, key: 'loss', step: 2, timestamp: 20, value: 0, is_nan: 1 },
          { ...point, key: 'loss' },
          { ...point, key: 'auc', run_id: 'r', dataset_name: 'd', dataset_digest: '1' },
        ])
        .execute();
      expect((await get(model_id)).data.metrics).toEqual([
        {
          key: 'auc',
          value: 0.5,
          timestamp: 10,
          step: 1,
          model_id,
          run_id: 'r',
          dataset_name: 'd',
          dataset_digest: '1',
        },
        { key: 'loss', value: 0.5, timestamp: 10, step: 1, model_id },
        { key: 'loss', value: 'NaN', timestamp: 20, step: 2, model_id },
      ]);
    });

    it('tells the newest point of each metric where there are too many', async () => {
      const { model_id } = (await log()).info;
      const other = await log({ params: [{ key: 'p', value: '1' }] });
      const point = { model_id, value: 0.5, is_nan: 0, run_id: '', dataset_name: '', dataset_digest: '' };
      const points = Array.from({ length: MOST_POINTS }, (_, i) => ({ ...point, key: 'loss', timestamp: i, step: i }));
      for (let i = 0; i < points.length; i += 1_000)
        await t.db.write
          .insertInto('logged_model_metric')
          .values(points.slice(i, i + 1_000))
          .execute();
      expect((await get(model_id)).data.metrics).toHaveLength(MOST_POINTS);
      await t.db.write
        .insertInto('logged_model_metric')
        .values({ ...point, key: 'auc', timestamp: 3, step: 3 })
        .execute();
      const newest = [
        { key: 'auc', value: 0.5, timestamp: 3, step: 3, model_id },
        { key: 'loss', value: 0.5, timestamp: MOST_POINTS - 1, step: MOST_POINTS - 1, model_id },
      ];
      expect((await get(model_id)).data.metrics).toEqual(newest);
      const rows = [
        await requireLoggedModel(t.db.read, model_id),
        await requireLoggedModel(t.db.read, other.info.model_id),
      ];
      const [big, small] = await completeLoggedModels(t.db.read, rows);
      expect(big?.metrics.map(({ key, step }) => ({ key, step }))).toEqual(
        newest.map(({ key, step }) => ({ key, step })),
      );
      expect(small?.params).toEqual([{ key: 'p', value: '1' }]);
    });

    it('reads many as it reads one', async () => {
      const ids = [];
      for (const name of ['one', 'two'])
        ids.push(
          (await log({ name, params: [{ key: name, value: '1' }], tags: [{ key: 't', value: name }] })).info.model_id,
        );
      const rows = await Promise.all(ids.map((id) => requireLoggedModel(t.db.read, id)));
      expect(await completeLoggedModels(t.db.read, rows)).toEqual(
        await Promise.all(ids.map((id) => t.registry.tracking.loggedModels.get(id))),
      );
    });

    it('takes tags and params from many at once', async () => {
      const { model_id } = (await log()).info;
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => [
          t.mlflow('PATCH', `/logged-models/${model_id}/tags`, {
            tags: [{ key: 'who', value: String(i) }, { key: `t${i}` }],
          }),
          t.mlflow('POST', `/logged-models/${model_id}/params`, { params: [{ key: 'won', value: String(i) }] }),
        ]).flat(),
      );
      const won = answers.filter((_, i) => i % 2 === 1).filter((answer) => answer.status === 200);
      expect(won).toHaveLength(1);
      expect(answers.every((answer) => answer.status === 200 || answer.status === 400)).toBe(true);
      expect((await get(model_id)).info.tags).toHaveLength(21);
    });
  });
