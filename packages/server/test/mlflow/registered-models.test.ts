import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName } from '../support/make.ts';
import { expectRefused } from '../support/mlflow.ts';
import { type Opened, useRegistry } from '../support/open-registry.ts';

const REASON = 'deleted through the MLflow API';
const at = (time: string) => Date.parse(time);
const T0 = '2026-03-01T10:00:00.000Z';
const T1 = '2026-03-01T10:00:01.000Z';

function verbs(t: Opened) {
  const ask = (method: string, path: string) => (body: Record<string, unknown>) =>
    t.mlflow(method, `/registered-models/${path}`, body);
  return {
    create: ask('POST', 'create'),
    get: ask('GET', 'get'),
    rename: ask('POST', 'rename'),
    update: ask('PATCH', 'update'),
    remove: ask('DELETE', 'delete'),
    latest: ask('POST', 'get-latest-versions'),
    setTag: ask('POST', 'set-tag'),
    deleteTag: ask('DELETE', 'delete-tag'),
    setAlias: ask('POST', 'alias'),
    getAlias: ask('GET', 'alias'),
    deleteAlias: ask('DELETE', 'alias'),
    version: (name: string, more: Record<string, unknown> = {}) =>
      t.mlflow('POST', '/model-versions/create', { name, source: 's3://b/x', ...more }),
    transition: (name: string, version: string, stage: string) =>
      t.mlflow('POST', '/model-versions/transition-stage', { name, version, stage }),
  };
}

for (const [database, open] of Object.entries(databases))
  describe(`registered models of MLflow on ${database}`, () => {
    const t = useRegistry(open);
    const { create, get, rename, update, remove, latest, setTag, deleteTag, setAlias, getAlias, deleteAlias } =
      verbs(t);
    const { version, transition } = verbs(t);
    const aModel = async (more: Record<string, unknown> = {}) => {
      const name = aName();
      expect((await create({ name, ...more })).status).toBe(200);
      return name;
    };
    const modelOf = async (name: string) => (await get({ name })).json.registered_model;
    const eventsOf = async (name: string) =>
      (await t.get(`/events?subject=${encodeURIComponent(name)}`)).json.items.map((e: { type: string }) => e.type);

    it('are created with tags and description, and read back', async () => {
      t.clock.set(T0);
      const name = aName();
      const tags = [
        { key: 'team', value: 'growth' },
        { key: 'twice', value: 'first' },
        { key: 'twice', value: 'last' },
        { key: 'empty', value: '' },
        { key: '__proto__', value: 'kept' },
      ];
      const made = await create({ name, description: 'churn in 30 days', tags });
      expect(made.status, made.text).toBe(200);
      expect(made.json).toEqual({
        registered_model: {
          name,
          creation_timestamp: at(T0),
          last_updated_timestamp: at(T0),
          description: 'churn in 30 days',
          tags: [tags[0], tags[2], tags[3], tags[4]],
        },
      });
      expect(made.headers['content-type']).toMatch(/^application\/json/);
      expect((await get({ name })).json).toEqual(made.json);
      expect(await t.registry.models.get(name)).toMatchObject({ description: 'churn in 30 days' });
      expect(await eventsOf(name)).toEqual(['model.registered']);
      t.clock.run();
    });

    it('leave out what is empty', async () => {
      const name = await aModel({ description: '', tags: [] });
      expect(Object.keys(await modelOf(name))).toEqual(['name', 'creation_timestamp', 'last_updated_timestamp']);
    });

    it('exist once: the second create is RESOURCE_ALREADY_EXISTS, which is a 400', async () => {
      const name = await aModel();
      expectRefused(
        await create({ name }),
        'RESOURCE_ALREADY_EXISTS',
        `Registered Model (name=${name}) already exists.`,
      );
      expect((await create({ name: name.toUpperCase() })).status).toBe(200);
      const spaced = await aModel({ name: `${name} with space` });
      expect(spaced).toBeDefined();
      expectRefused(
        await create({ name: `${name}%20with%20space` }),
        'RESOURCE_ALREADY_EXISTS',
        /^Registered Model \(name=.*%20.*\) already exists\. .*percent-encoding/,
      );
    });

    it('and prompts cannot share a name', async () => {
      const prompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
      const name = await aModel();
      expectRefused(
        await create({ name, tags: prompt }),
        'RESOURCE_ALREADY_EXISTS',
        `Tried to create a prompt with name '${name}', but the name is already taken by a registered model. MLflow does not allow creating a model and a prompt with the same name.`,
      );
      const other = await aModel({ tags: prompt });
      expectRefused(await create({ name: other }), 'RESOURCE_ALREADY_EXISTS', /taken by a prompt/);
      expectRefused(
        await create({ name: other, tags: prompt }),
        'RESOURCE_ALREADY_EXISTS',
        `Prompt (name=${other}) already exists.`,
      );
    });

    it('that are not there are RESOURCE_DOES_NOT_EXIST, with where they went', async () => {
      const says = (name: string) => `Registered Model with name=${name} not found`;
      expectRefused(await get({ name: 'no such' }), 'RESOURCE_DOES_NOT_EXIST', says('no such'));
      const name = await aModel();
      await rename({ name, new_name: `${name} 2` });
      expectRefused(
        await get({ name }),
        'RESOURCE_DOES_NOT_EXIST',
        `${says(name)}. The model ${name} is now called ${name} 2. Ask for it by that name.`,
      );
      await remove({ name: `${name} 2` });
      expectRefused(
        await get({ name: `${name} 2` }),
        'RESOURCE_DOES_NOT_EXIST',
        new RegExp(`not found\\. .*${REASON}`),
      );
      const bodies = { description: 'x', key: 'k', value: 'v', new_name: 'y', stages: [] };
      for (const verb of [update, remove, latest, setTag, deleteTag, rename])
        expectRefused(await verb({ name: 'no such', ...bodies }), 'RESOURCE_DOES_NOT_EXIST', says('no such'));
      for (const verb of [getAlias, deleteAlias])
        expectRefused(await verb({ name: 'no such', alias: 'a' }), 'RESOURCE_DOES_NOT_EXIST', says('no such'));
    });

    it.each([
      ['spaces in it'],
      [`quotes ' " \``],
      ['percent %2F %25 100%'],
      ['?query#fragment&a=b;c'],
      ['naïve 模型 🚀 ﷽'],
      ['a+b=c'],
      ['..almost'],
      ['back\\slash'],
      ['<script>alert(1)'],
      [`' OR 1=1 --`],
      ['%'],
      ['n'.repeat(250)],
    ])('P6 the name %s goes through bodies, queries, filters and sources', async (stem) => {
      const name = `${stem}${database[0]}`;
      expect((await create({ name })).json.registered_model).toMatchObject({ name });
      expect((await modelOf(name)).name).toBe(name);
      expect((await version(name)).json.model_version).toMatchObject({ name, version: '1' });
      expect((await version(name, { source: `models:/${name}/1` })).json.model_version).toMatchObject({ version: '2' });
      await setAlias({ name, alias: 'a', version: '2' });
      expect((await getAlias({ name, alias: 'a' })).json.model_version).toMatchObject({ name, version: '2' });
      expect((await version(name, { source: `models:/${name}@a` })).json.model_version.source).toBe(
        `models:/${name}/2`,
      );
      const quoted = `name = '${name.replaceAll("'", "''")}'`;
      for (const path of ['/registered-models/search', '/model-versions/search']) {
        const { json } = await t.mlflow('GET', path, { filter: quoted });
        expect((json.registered_models ?? json.model_versions)[0].name).toBe(name);
      }
      expect((await rename({ name, new_name: `${name}!` })).json.registered_model.name).toBe(`${name}!`);
      expect((await remove({ name: `${name}!` })).json).toEqual({});
    });

    it.each([
      ['', /^Missing value for required parameter 'name'/],
      ['   ', /^Missing value for required parameter 'name'/],
      ['a/b', `Invalid model name 'a/b'. Names cannot contain '/' or ':'.`],
      ['a:b', /Names cannot contain/],
      ['.', /^Invalid value "\." for parameter 'name' supplied/],
      ['..', /^Invalid value "\.\." for parameter 'name' supplied/],
      [' led', /white space/],
      ['a\nb', /control characters/],
      ['x'.repeat(257), /at most 256 characters/],
    ])('of the name %j cannot be, everywhere', async (name, message) => {
      for (const verb of [create, get, update, remove, latest])
        expectRefused(await verb({ name }), 'INVALID_PARAMETER_VALUE', message);
      expectRefused(await setTag({ name, key: 'k', value: 'v' }), 'INVALID_PARAMETER_VALUE', message);
      expectRefused(await setAlias({ name, alias: 'a', version: '1' }), 'INVALID_PARAMETER_VALUE', message);
    });

    it('are renamed, also to their own name, with everything of theirs', async () => {
      const [name, other] = [await aModel({ description: 'd' }), await aModel()];
      await version(name);
      await setAlias({ name, alias: 'a', version: '1' });
      expectRefused(
        await rename({ name, new_name: other }),
        'RESOURCE_ALREADY_EXISTS',
        `Registered Model (name=${other}) already exists.`,
      );
      expect((await rename({ name, new_name: name })).status).toBe(200);
      const renamed = await rename({ name, new_name: `${name} new` });
      expect(renamed.json.registered_model).toMatchObject({
        name: `${name} new`,
        description: 'd',
        aliases: [{ alias: 'a', version: '1' }],
        latest_versions: [{ name: `${name} new`, version: '1' }],
      });
      expectRefused(
        await rename({ name: `${name} new`, new_name: ' ' }),
        'INVALID_PARAMETER_VALUE',
        `Missing value for required parameter 'new_name'.`,
      );
      expectRefused(await rename({ name: `${name} new` }), 'INVALID_PARAMETER_VALUE', /required parameter 'new_name'/);
      expectRefused(
        await rename({ name: `${name} new`, new_name: 'a/b' }),
        'INVALID_PARAMETER_VALUE',
        /Invalid model name 'a\/b'/,
      );
    });

    it('are described anew; an absent description clears it', async () => {
      const name = await aModel({ description: 'old' });
      expect((await update({ name, description: 'new' })).json.registered_model.description).toBe('new');
      expect((await update({ name, description: null })).json.registered_model.description).toBeUndefined();
      expect((await t.registry.models.get(name)).description).toBeNull();
      expectRefused(
        await update({ name, description: 'x'.repeat(10_001) }),
        'INVALID_PARAMETER_VALUE',
        /'description' exceeds/,
      );
      expectRefused(
        await update({ name, description: 7 }),
        'INVALID_PARAMETER_VALUE',
        /for parameter 'description' supplied/,
      );
    });

    it('are deleted into the trash, with a reason, and numbers go on under the name', async () => {
      const name = await aModel();
      await version(name);
      expect((await remove({ name })).json).toEqual({});
      expectRefused(await remove({ name }), 'RESOURCE_DOES_NOT_EXIST', /not found/);
      const { items } = (await t.get('/trash?page_size=1000')).json;
      expect(items.find((item: { model: string }) => item.model === name).deregistered.reason).toBe(REASON);
      await create({ name });
      expect((await version(name)).json.model_version.version).toBe('2');
    });

    it('are not deleted while a version is in production', async () => {
      const name = await aModel();
      await version(name);
      await transition(name, '1', 'Production');
      expectRefused(
        await remove({ name }),
        'INVALID_PARAMETER_VALUE',
        /^Version 1 of .* is in stage Production.*Transition it to stage Archived first/,
      );
      await transition(name, '1', 'Archived');
      expect((await remove({ name })).json).toEqual({});
    });

    it('tell the latest version of each stage: the highest number, not the one that came last', async () => {
      const name = await aModel();
      expect((await latest({ name })).json).toEqual({});
      for (let i = 0; i < 6; i += 1) await version(name);
      for (const [number, stage] of [
        ['4', 'Staging'],
        ['2', 'Staging'],
        ['1', 'Archived'],
        ['5', 'Production'],
      ] as const)
        await transition(name, number, stage);
      const numbers = async (stages?: string[]) =>
        ((await latest({ name, ...(stages && { stages }) })).json.model_versions ?? []).map(
          (v: { current_stage: string; version: string }) => `${v.current_stage} ${v.version}`,
        );
      const all = ['None 6', 'Staging 4', 'Production 5', 'Archived 1'];
      expect(await numbers()).toEqual(all);
      expect(await numbers([])).toEqual(all);
      expect(await numbers(['production', 'NONE'])).toEqual(['None 6', 'Production 5']);
      const asked = { name, stages: ['Staging', 'Archived'] };
      const got = await t.mlflow('GET', '/registered-models/get-latest-versions', asked);
      expect(got.json).toEqual((await latest(asked)).json);
      expect((await modelOf(name)).latest_versions.map((v: { version: string }) => v.version)).toEqual([
        '6',
        '4',
        '5',
        '1',
      ]);
      expectRefused(
        await latest({ name, stages: ['Sideways'] }),
        'INVALID_PARAMETER_VALUE',
        'Invalid Model Version stage: Sideways. Value must be one of None, Staging, Production, Archived.',
      );
      await t.mlflow('DELETE', '/model-versions/delete', { name, version: '6' });
      expect(await numbers(['None'])).toEqual(['None 3']);
      await setAlias({ name, alias: 'a', version: '3' });
      expect((await latest({ name, stages: ['None'] })).json.model_versions[0].aliases).toEqual(['a']);
    });

    it('have tags, whose setting and deleting moves no time', async () => {
      t.clock.set(T0);
      const name = await aModel();
      t.clock.set(T1);
      for (const [key, value] of [
        ['a b.c-d_e/f:g', 'v'],
        ['模型', ''],
        ['large', 'x'.repeat(100_000)],
      ] as const)
        expect((await setTag({ name, key, value })).json, key).toEqual({});
      await setTag({ name, key: '模型', value: 'anew' });
      await setTag({ name, key: 'no value' });
      expect((await deleteTag({ name, key: 'large' })).json).toEqual({});
      expect((await deleteTag({ name, key: 'was never there' })).json).toEqual({});
      expect(await modelOf(name)).toEqual({
        name,
        creation_timestamp: at(T0),
        last_updated_timestamp: at(T0),
        tags: [
          { key: 'a b.c-d_e/f:g', value: 'v' },
          { key: '模型', value: 'anew' },
          { key: 'no value', value: '' },
        ],
      });
      expect(await eventsOf(name)).toHaveLength(7);
      t.clock.run();
    });

    it.each([
      ['', 'v', /required parameter 'key'/],
      ['a$b', 'v', /Names may only contain alphanumerics/],
      ['a\n', 'v', /Names may only contain alphanumerics/],
      ['a//b', 'v', /would resolve to 'a\/b'/],
      ['/a', 'v', /must not resolve to other names/],
      ['a/../b', 'v', /would resolve to 'b'/],
      ['../a', 'v', /must not resolve to other names/],
      ['.', 'v', /must not resolve to other names/],
      ['a/', 'v', /would resolve to 'a'/],
      ['k'.repeat(251), 'v', `'key' exceeds the maximum length of 250 characters`],
      ['k', 'x'.repeat(100_001), `'value' exceeds the maximum length of 100000 characters`],
      ['mlflow.prompt.text', 'x'.repeat(100_001), 'Prompt text exceeds max length of 100000 characters.'],
      ['k', 7, /^Invalid value 7 for parameter 'value' supplied: {2}Hint: Value was of type 'int'/],
    ])('refuse the tag %j = %.20s', async (key, value, message) => {
      const name = await aModel();
      expectRefused(await setTag({ name, key, value }), 'INVALID_PARAMETER_VALUE', message);
      if (key === '') return;
      const other = aName();
      expectRefused(
        await create({ name: other, tags: [{ key, value }] }),
        'INVALID_PARAMETER_VALUE',
        typeof value === 'number' ? /tags\[0\]\.value/ : message,
      );
      expectRefused(await get({ name: other }), 'RESOURCE_DOES_NOT_EXIST', /not found/);
    });

    it('have aliases, each of one version; setting moves it, and no time', async () => {
      t.clock.set(T0);
      const name = await aModel();
      for (let i = 0; i < 3; i += 1) await version(name);
      t.clock.set(T1);
      expect((await setAlias({ name, alias: 'champion', version: '2' })).json).toEqual({});
      expect((await setAlias({ name, alias: 'x-1_模', version: ' 02 ' })).json).toEqual({});
      expect((await getAlias({ name, alias: 'champion' })).json.model_version).toMatchObject({
        version: '2',
        aliases: ['champion', 'x-1_模'],
        last_updated_timestamp: at(T0),
      });
      await setAlias({ name, alias: 'champion', version: '1' });
      expect((await getAlias({ name, alias: 'champion' })).json.model_version).toMatchObject({
        version: '1',
        aliases: ['champion'],
      });
      expect(await modelOf(name)).toMatchObject({
        last_updated_timestamp: at(T0),
        aliases: [
          { alias: 'champion', version: '1' },
          { alias: 'x-1_模', version: '2' },
        ],
      });
      expectRefused(
        await getAlias({ name, alias: 'Champion' }),
        'INVALID_PARAMETER_VALUE',
        'Registered model alias Champion not found.',
      );
      expect((await deleteAlias({ name, alias: 'champion' })).json).toEqual({});
      expect((await deleteAlias({ name, alias: 'champion' })).json).toEqual({});
      expect((await deleteAlias({ name, alias: 'v1' })).json).toEqual({});
      expectRefused(
        await getAlias({ name, alias: 'champion' }),
        'INVALID_PARAMETER_VALUE',
        'Registered model alias champion not found.',
      );
      t.clock.run();
    });

    it('lose the aliases of a version that is deleted', async () => {
      const name = await aModel();
      await version(name);
      await version(name);
      await setAlias({ name, alias: 'a', version: '1' });
      await t.mlflow('DELETE', '/model-versions/delete', { name, version: '1' });
      expectRefused(
        await getAlias({ name, alias: 'a' }),
        'INVALID_PARAMETER_VALUE',
        'Registered model alias a not found.',
      );
      expect((await modelOf(name)).aliases).toBeUndefined();
    });

    it('know latest, in any case, as the highest version that is there', async () => {
      const name = await aModel();
      expectRefused(
        await getAlias({ name, alias: 'latest' }),
        'RESOURCE_DOES_NOT_EXIST',
        `Latest version not found for model ${name}.`,
      );
      for (let i = 0; i < 3; i += 1) await version(name);
      await transition(name, '3', 'Archived');
      for (const alias of ['latest', 'LATEST', 'Latest'])
        expect((await getAlias({ name, alias })).json.model_version.version).toBe('3');
      await t.mlflow('DELETE', '/model-versions/delete', { name, version: '3' });
      expect((await getAlias({ name, alias: 'latest' })).json.model_version.version).toBe('2');
      await deleteAlias({ name, alias: 'latest' });
    });

    it.each([
      [{ alias: 'latest' }, 'INVALID_PARAMETER_VALUE', `'latest' alias name (case insensitive) is reserved.`],
      [{ alias: 'LaTest' }, 'INVALID_PARAMETER_VALUE', `'latest' alias name (case insensitive) is reserved.`],
      [{ alias: 'v12' }, 'INVALID_PARAMETER_VALUE', `Version alias name 'v12' is reserved.`],
      [{ alias: 'V1' }, 'INVALID_PARAMETER_VALUE', `Version alias name 'V1' is reserved.`],
      [{ alias: 'a b' }, 'INVALID_PARAMETER_VALUE', /^Invalid alias name: 'a b'\. Names may only contain/],
      [{ alias: 'a@b' }, 'INVALID_PARAMETER_VALUE', /^Invalid alias name/],
      [{ alias: '' }, 'INVALID_PARAMETER_VALUE', /required parameter 'alias'/],
      [{ alias: 'x'.repeat(256) }, 'INVALID_PARAMETER_VALUE', /alias name' exceeds the maximum length of 255/],
      [{ version: 'x' }, 'INVALID_PARAMETER_VALUE', `Parameter 'version' must be an integer, got 'x'.`],
      [{ version: '1.0' }, 'INVALID_PARAMETER_VALUE', `Parameter 'version' must be an integer, got '1.0'.`],
      [{ version: 1 }, 'INVALID_PARAMETER_VALUE', /^Invalid value 1 for parameter 'version' supplied:/],
      [{ version: '9' }, 'RESOURCE_DOES_NOT_EXIST', /^Model Version \(name=.*, version=9\) not found$/],
      [{ version: '-1' }, 'RESOURCE_DOES_NOT_EXIST', /^Model Version \(name=.*, version=-1\) not found$/],
      [{ version: '9'.repeat(40) }, 'RESOURCE_DOES_NOT_EXIST', /^Model Version \(name=.*\) not found$/],
      [{ name: 'no such' }, 'RESOURCE_DOES_NOT_EXIST', 'Model Version (name=no such, version=1) not found'],
    ] as const)('refuse the alias %j', async (more, code, message) => {
      const name = await aModel();
      await version(name);
      expectRefused(await setAlias({ name, alias: 'a', version: '1', ...more }), code, message);
    });

    it.each(['v', 'v1x', '7', '-', '_', 'vv1'])('take the alias %s', async (alias) => {
      const name = await aModel();
      await version(name);
      expect((await setAlias({ name, alias, version: '1' })).json).toEqual({});
      expect((await getAlias({ name, alias })).json.model_version.version).toBe('1');
    });

    it('C1 of parallel creates of one name one succeeds', async () => {
      const name = aName();
      const answers = await Promise.all(Array.from({ length: 10 }, () => create({ name })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200))
        expectRefused(answer, 'RESOURCE_ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`);
    });

    it('A3 are changed by whom the client says it is', async () => {
      const name = aName();
      const headers = { authorization: `Basic ${Buffer.from('grace:secret').toString('base64')}` };
      await t.mlflow('POST', '/registered-models/create', { name }, headers);
      await t.mlflow('POST', '/registered-models/set-tag', { name, key: 'k' }, { authorization: 'Bearer abc' });
      const { items } = (await t.get(`/events?subject=${name}`)).json;
      expect(items.map((e: { actor: string; verified: boolean }) => [e.actor, e.verified])).toEqual([
        ['bearer:ba7816bf', false],
        ['grace', false],
      ]);
    });

    it('answer under /ajax-api too', async () => {
      const name = await aModel();
      const url = `http://localhost/ajax-api/2.0/mlflow/registered-models/get?name=${name}`;
      expect((await t.ask('GET', url)).json.registered_model.name).toBe(name);
    });
  });
