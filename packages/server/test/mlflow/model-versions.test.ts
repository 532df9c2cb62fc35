import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { expectRefused } from '../support/mlflow.ts';
import { type Opened, useRegistry } from '../support/open-registry.ts';

const at = (time: string) => Date.parse(time);
const T0 = '2026-03-01T10:00:00.000Z';
const T1 = '2026-03-01T10:00:01.000Z';
const T2 = '2026-03-01T10:00:02.000Z';

function verbs(t: Opened) {
  const ask = (method: string, path: string) => (body: Record<string, unknown>) =>
    t.mlflow(method, `/model-versions/${path}`, body);
  return {
    create: ask('POST', 'create'),
    get: ask('GET', 'get'),
    update: ask('PATCH', 'update'),
    transition: ask('POST', 'transition-stage'),
    remove: ask('DELETE', 'delete'),
    uri: ask('GET', 'get-download-uri'),
    setTag: ask('POST', 'set-tag'),
    deleteTag: ask('DELETE', 'delete-tag'),
  };
}

for (const [database, open] of Object.entries(databases))
  describe(`model versions of MLflow on ${database}`, () => {
    const t = useRegistry(open);
    const { create, get, update, transition, remove, uri, setTag, deleteTag } = verbs(t);
    const aModel = async (versions = 0) => {
      const { name } = await make.model(t);
      for (let i = 0; i < versions; i += 1) await create({ name, source: 's3://b/x' });
      return name;
    };
    const versionOf = async (name: string, version = '1') => (await get({ name, version })).json.model_version;
    const modelTime = async (name: string) =>
      (await t.mlflow('GET', '/registered-models/get', { name })).json.registered_model.last_updated_timestamp;
    const stages = async (name: string, numbers: string[]) =>
      Promise.all(numbers.map(async (version) => (await versionOf(name, version)).current_stage));

    it('are created with all that the client sends, READY at once, and read back', async () => {
      t.clock.set(T0);
      const name = await aModel();
      t.clock.set(T1);
      const made = await create({
        name,
        source: 's3://b/x',
        run_id: 'abc',
        run_link: 'https://x/#/run',
        description: 'first',
        tags: [
          { key: 'k', value: 'v' },
          { key: 'k', value: 'last' },
        ],
      });
      expect(made.json, made.text).toEqual({
        model_version: {
          name,
          version: '1',
          creation_timestamp: at(T1),
          last_updated_timestamp: at(T1),
          current_stage: 'None',
          description: 'first',
          source: 's3://b/x',
          run_id: 'abc',
          run_link: 'https://x/#/run',
          status: 'READY',
          tags: [{ key: 'k', value: 'last' }],
        },
      });
      expect((await get({ name, version: '1' })).json).toEqual(made.json);
      expect(await modelTime(name)).toBe(at(T1));
      t.clock.run();
    });

    it('send empty text where there is none', async () => {
      const name = await aModel(1);
      expect(await versionOf(name)).toMatchObject({ description: '', run_id: '', run_link: '' });
    });

    it('that the native API made are versions too', async () => {
      const { model, number } = await make.version(t, { description: 'native', status: 'staging', aliases: ['a'] });
      const shown = await versionOf(model, String(number));
      expect(shown).toMatchObject({ description: 'native', current_stage: 'Staging', aliases: ['a'], run_id: '' });
      expect(shown.source).toMatch(/^mlflow-artifacts:\/versions\/\d+\/1$/);
      expect((await uri({ name: model, version: '1' })).json).toEqual({ artifact_uri: shown.source });
    });

    it.each([['01'], [' 1'], ['1 '], ['+1'], ['0_1'], ['001']])(
      'read the version %j as an integer',
      async (version) => {
        const name = await aModel(1);
        expect((await get({ name, version })).json.model_version.version).toBe('1');
      },
    );

    it.each([['x'], ['1.0'], ['1e0'], ['0x1'], ['1 2'], ['__1'], ['latest']])(
      'refuse the version %j everywhere',
      async (version) => {
        const name = await aModel(1);
        const says = `Parameter 'version' must be an integer, got '${version}'.`;
        for (const verb of [get, update, remove, uri])
          expectRefused(await verb({ name, version }), 'INVALID_PARAMETER_VALUE', says);
        expectRefused(await transition({ name, version, stage: 'None' }), 'INVALID_PARAMETER_VALUE', says);
        expectRefused(await setTag({ name, version, key: 'k', value: 'v' }), 'INVALID_PARAMETER_VALUE', says);
        expectRefused(await deleteTag({ name, version, key: 'k' }), 'INVALID_PARAMETER_VALUE', says);
      },
    );

    it('that are not there are RESOURCE_DOES_NOT_EXIST, whether it is the model or the version', async () => {
      const name = await aModel(1);
      for (const [model, version, told] of [
        [name, '2', '2'],
        [name, '0', '0'],
        [name, '-3', '-3'],
        ['no such', '07', '7'],
      ]) {
        const asked = { name: model, version, stage: 'Staging', key: 'k', value: 'v', description: 'd' };
        for (const verb of [get, update, transition, remove, uri, setTag, deleteTag])
          expectRefused(
            await verb(asked),
            'RESOURCE_DOES_NOT_EXIST',
            `Model Version (name=${model}, version=${told}) not found`,
          );
      }
      expectRefused(
        await create({ name: 'no such', source: 's3://b/x' }),
        'RESOURCE_DOES_NOT_EXIST',
        'Registered Model with name=no such not found',
      );
    });

    it('miss the fields that they need, in their order', async () => {
      for (const [verb, body, field] of [
        [create, {}, 'name'],
        [create, { name: 'x' }, 'source'],
        [get, {}, 'name'],
        [get, { name: 'x' }, 'version'],
        [transition, { name: 'x', version: '1' }, 'stage'],
        [setTag, { name: 'x', version: '1', value: 'v' }, 'key'],
        [deleteTag, { name: 'x', version: '1' }, 'key'],
        [uri, { name: 'x' }, 'version'],
      ] as const)
        expectRefused(
          await verb(body),
          'INVALID_PARAMETER_VALUE',
          `Missing value for required parameter '${field}'. See the API docs for more information about request parameters.`,
        );
      expectRefused(
        await transition({ name: 'x', version: 1, stage: 'None' }),
        'INVALID_PARAMETER_VALUE',
        /^Invalid value 1 for parameter 'version' supplied: {2}Hint: Value was of type 'int'/,
      );
    });

    it('are described anew, which moves their time and not the model’s', async () => {
      t.clock.set(T0);
      const name = await aModel(1);
      t.clock.set(T1);
      const updated = await update({ name, version: '1', description: 'new' });
      expect(updated.json.model_version).toMatchObject({ description: 'new', last_updated_timestamp: at(T1) });
      expect(await modelTime(name)).toBe(at(T0));
      t.clock.set(T2);
      expect((await update({ name, version: '1' })).json.model_version.description).toBe('');
      expect((await t.registry.versions.get(name, '1')).description).toBeNull();
      t.clock.run();
    });

    it('have tags, whose setting and deleting moves no time', async () => {
      t.clock.set(T0);
      const name = await aModel(1);
      t.clock.set(T1);
      expect((await setTag({ name, version: '1', key: 'a/b', value: 'x' })).json).toEqual({});
      await setTag({ name, version: '01', key: 'gone', value: 'x' });
      await setTag({ name, version: '1', key: 'a/b', value: '' });
      expect((await deleteTag({ name, version: '1', key: 'gone' })).json).toEqual({});
      expect((await deleteTag({ name, version: '1', key: 'gone' })).json).toEqual({});
      expect(await versionOf(name)).toMatchObject({
        tags: [{ key: 'a/b', value: '' }],
        last_updated_timestamp: at(T0),
      });
      expect(await modelTime(name)).toBe(at(T0));
      expectRefused(
        await setTag({ name, version: '1', key: 'a//b', value: '' }),
        'INVALID_PARAMETER_VALUE',
        /would resolve to 'a\/b'/,
      );
      expectRefused(await deleteTag({ name, version: '1', key: '..' }), 'INVALID_PARAMETER_VALUE', /must not resolve/);
      t.clock.run();
    });

    it('go from stage to stage, in any spelling, as promotions that are told', async () => {
      t.clock.set(T0);
      const name = await aModel(1);
      t.clock.set(T1);
      for (const [stage, shown, status] of [
        ['staging', 'Staging', 'staging'],
        ['PRODUCTION', 'Production', 'production'],
        ['Archived', 'Archived', 'archived'],
        ['none', 'None', 'draft'],
      ] as const) {
        const moved = await transition({ name, version: '1', stage });
        expect(moved.json.model_version, moved.text).toMatchObject({
          current_stage: shown,
          last_updated_timestamp: at(T1),
        });
        expect((await t.registry.versions.get(name, '1')).status).toBe(status);
      }
      const { items } = (await t.get(`/events?subject=${encodeURIComponent(`${name}/1`)}`)).json;
      expect(items.filter((event: { type: string }) => event.type === 'version.promoted')).toHaveLength(4);
      expect(await modelTime(name)).toBe(at(T1));
      expectRefused(
        await transition({ name, version: '1', stage: 'Live' }),
        'INVALID_PARAMETER_VALUE',
        'Invalid Model Version stage: Live. Value must be one of None, Staging, Production, Archived.',
      );
      t.clock.run();
    });

    it('leave their stage for another version that asks for it, in one change', async () => {
      const name = await aModel(4);
      for (const version of ['1', '2', '3']) await transition({ name, version, stage: 'Production' });
      expect(await stages(name, ['1', '2', '3'])).toEqual(['Production', 'Production', 'Production']);
      await transition({ name, version: '4', stage: 'Production', archive_existing_versions: true });
      expect(await stages(name, ['1', '2', '3', '4'])).toEqual(['Archived', 'Archived', 'Archived', 'Production']);
      const [event] = (await t.get(`/events?subject=${encodeURIComponent(`${name}/4`)}`)).json.items;
      expect(event).toMatchObject({ type: 'version.promoted', details: { to: 'production', superseded: [1, 2, 3] } });
      // One that is in the stage already clears it of the others.
      await transition({ name, version: '1', stage: 'Production' });
      await transition({ name, version: '4', stage: 'Production', archive_existing_versions: true });
      expect(await stages(name, ['1', '4'])).toEqual(['Archived', 'Production']);
    });

    it.each(['None', 'Archived'])('cannot clear the stage %s: a 400, and nothing changed', async (stage) => {
      const name = await aModel(2);
      expectRefused(
        await transition({ name, version: '1', stage, archive_existing_versions: true }),
        'INVALID_PARAMETER_VALUE',
        `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
      );
      expect(await stages(name, ['1', '2'])).toEqual(['None', 'None']);
      expect((await transition({ name, version: '1', stage, archive_existing_versions: false })).status).toBe(200);
      expectRefused(
        await transition({ name, version: '1', stage, archive_existing_versions: 'yes' }),
        'INVALID_PARAMETER_VALUE',
        /archive_existing_versions/,
      );
    });

    it('that policy refuses stay where they are, with each failed check and what to do', async () => {
      const { model: name } = await make.version(t, {
        artifacts: { 'a.pkl': 'verdict=unsafe format=pickle' },
      });
      const refused = await transition({ name, version: '1', stage: 'Production' });
      expectRefused(
        refused,
        'INVALID_PARAMETER_VALUE',
        /^Model Version \(name=.*, version=1\) cannot be moved to production\. sealed: .*seal it with POST \/api\/v1\/.*\. verdict: .*unsafe.*register a version without them/,
      );
      expect((await versionOf(name)).current_stage).toBe('None');
    });

    it('are deleted into the trash, with a reason, which moves the model’s time', async () => {
      t.clock.set(T0);
      const name = await aModel(2);
      t.clock.set(T1);
      expect((await remove({ name, version: '1' })).json).toEqual({});
      expectRefused(
        await remove({ name, version: '1' }),
        'RESOURCE_DOES_NOT_EXIST',
        /^Model Version \(name=.*, version=1\) not found\. Version 1 .*\(deleted through the MLflow API\)/,
      );
      expect(await modelTime(name)).toBe(at(T1));
      expect((await create({ name, source: 's3://b/x' })).json.model_version.version).toBe('3');
      await remove({ name, version: '3' });
      expect((await create({ name, source: 's3://b/x' })).json.model_version.version).toBe('4');
      expect((await t.post(`/models/${name}/versions/1/restore`)).status).toBe(200);
      expect((await versionOf(name)).version).toBe('1');
      t.clock.run();
    });

    it('are not deleted while they are in production', async () => {
      const name = await aModel(1);
      await transition({ name, version: '1', stage: 'Production' });
      expectRefused(
        await remove({ name, version: '1' }),
        'INVALID_PARAMETER_VALUE',
        /^Version 1 of .* is in stage Production.*Transition it to stage Archived first/,
      );
      await transition({ name, version: '1', stage: 'Archived' });
      expect((await remove({ name, version: '1' })).json).toEqual({});
    });

    it('of a prompt keep their text in a tag, and its source is a placeholder', async () => {
      const name = aName();
      const is = { key: 'mlflow.prompt.is_prompt', value: 'true' };
      await t.mlflow('POST', '/registered-models/create', { name, tags: [is] });
      const tags = [is, { key: 'mlflow.prompt.text', value: 'Hello {{name}}\n' }];
      for (const source of ['dummy-source', 'prompt-template']) {
        const made = await create({ name, source, tags });
        expect(made.json.model_version, made.text).toMatchObject({ source, tags });
      }
      expectRefused(
        await create({ name, source: 's3://b/x', tags }),
        'INVALID_PARAMETER_VALUE',
        `Invalid prompt source: 's3://b/x'. Prompt sources must use an MLflow placeholder.`,
      );
      const other = await aModel();
      expectRefused(
        await create({ name: other, source: `models:/${name}/1` }),
        'INVALID_PARAMETER_VALUE',
        `Invalid model version source: 'models:/${name}/1'. Prompt versions cannot be used as model version sources.`,
      );
    });

    it('C5 deleting a model while versions are created leaves no orphan and no 5xx', async () => {
      const name = await aModel(1);
      const answers = await Promise.all([
        ...Array.from({ length: 6 }, () => create({ name, source: 's3://b/x' })),
        t.mlflow('DELETE', '/registered-models/delete', { name }),
        ...Array.from({ length: 6 }, () => create({ name, source: `models:/${name}/1` })),
      ]);
      for (const { status, text } of answers) expect([200, 404], text).toContain(status);
      expectRefused(await get({ name, version: '1' }), 'RESOURCE_DOES_NOT_EXIST', /not found/);
    });

    it('C3 of parallel promotions that clear the stage one stays', async () => {
      const name = await aModel(6);
      const numbers = ['1', '2', '3', '4', '5', '6'];
      await Promise.all(
        numbers.map((version) => transition({ name, version, stage: 'Production', archive_existing_versions: true })),
      );
      const all = await stages(name, numbers);
      expect(all.filter((stage) => stage === 'Production')).toHaveLength(1);
      expect(all.filter((stage) => stage === 'Archived')).toHaveLength(5);
    });
  });
