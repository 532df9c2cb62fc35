import { beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { expectRefused } from '../support/mlflow.ts';
import { useRegistry } from '../support/open-registry.ts';

const IS_PROMPT = { key: 'mlflow.prompt.is_prompt', value: 'true' };
const T = Date.parse('2026-03-01T10:00:00.000Z');

for (const [database, open] of Object.entries(databases))
  describe(`searches of the registry by MLflow on ${database}`, () => {
    const t = useRegistry(open);
    const post = async (path: string, body: Record<string, unknown>) => {
      const answer = await t.mlflow('POST', path, body);
      expect(answer.status, answer.text).toBe(200);
      return answer.json;
    };
    const tags = (map: Record<string, string>) => Object.entries(map).map(([key, value]) => ({ key, value }));

    beforeAll(async () => {
      const models: [string, Record<string, string>][] = [
        ['Beta', { team: 'growth', kind: '100%' }],
        ['alpha', { team: 'Growth' }],
        ['alpha two', { team: 'risk', 'odd key': `it's` }],
        ['模型', {}],
        ['falsely', { [IS_PROMPT.key]: 'false' }],
      ];
      for (const [i, [name, of]] of models.entries()) {
        t.clock.set(T + i * 1_000);
        await post('/registered-models/create', { name, tags: tags(of) });
      }
      t.clock.set(T + 5_000);
      await post('/registered-models/create', { name: 'greeting', tags: [IS_PROMPT] });
      await post('/model-versions/create', { name: 'greeting', source: 'dummy-source', tags: [IS_PROMPT] });
      const versions = [
        ['alpha', 'run1', { stage: 'a', score: '1' }],
        ['alpha', 'run2', { stage: 'b' }],
        ['alpha', '', {}],
        ['Beta', 'run1', { stage: 'a' }],
        ['模型', 'run3', { text: 'naïve' }],
      ] as const;
      for (const [i, [name, run_id, of]] of versions.entries()) {
        t.clock.set(T + 10_000 + i * 1_000);
        await post('/model-versions/create', { name, source: `s3://b/${i}`, run_id, tags: tags(of) });
      }
      t.clock.set(T + 20_000);
      await post('/model-versions/transition-stage', { name: 'alpha', version: '1', stage: 'Production' });
      await post('/registered-models/alias', { name: 'alpha', alias: 'champ', version: '1' });
      t.clock.run();
    });

    const models = async (filter?: string, more: Record<string, unknown> = {}) => {
      const answer = await t.mlflow('GET', '/registered-models/search', {
        ...(filter !== undefined && { filter }),
        ...more,
      });
      expect(answer.status, answer.text).toBe(200);
      return (answer.json.registered_models ?? []).map((model: { name: string }) => model.name);
    };
    const versions = async (filter?: string, more: Record<string, unknown> = {}) => {
      const answer = await t.mlflow('GET', '/model-versions/search', {
        ...(filter !== undefined && { filter }),
        ...more,
      });
      expect(answer.status, answer.text).toBe(200);
      return (answer.json.model_versions ?? []).map((v: { name: string; version: string }) => `${v.name}/${v.version}`);
    };
    const MODELS = ['Beta', 'alpha', 'alpha two', 'falsely', '模型'];
    const VERSIONS = ['alpha/1', '模型/1', 'Beta/1', 'alpha/3', 'alpha/2'];

    it.each([
      [undefined, MODELS],
      ['', MODELS],
      ["name = 'alpha'", ['alpha']],
      ['name = "alpha"', ['alpha']],
      ["attribute.name = 'alpha'", ['alpha']],
      ["name != 'alpha'", ['Beta', 'alpha two', 'falsely', '模型']],
      ["name LIKE 'alpha%'", ['alpha', 'alpha two']],
      ["name LIKE '%A'", []],
      ["name ILIKE '%A'", ['Beta', 'alpha']],
      ["name LIKE '_eta'", ['Beta']],
      ['name IN (\'alpha\', "模型")', ['alpha', '模型']],
      ["name NOT IN ('alpha', 'Beta', 'falsely')", ['alpha two', '模型']],
      ["tags.team = 'growth'", ['Beta']],
      ["tag.team ILIKE 'GROWTH'", ['Beta', 'alpha']],
      ["tags.team != 'growth'", ['alpha', 'alpha two']],
      ["tags.kind LIKE '100%'", ['Beta']],
      ['tags.`odd key` = "it\'s"', ['alpha two']],
      ['tags."odd key" LIKE \'%s\'', ['alpha two']],
      ["tags.team LIKE '%r%' AND tags.team != 'risk'", ['Beta', 'alpha']],
      ["name LIKE 'alpha%' AND", ['alpha', 'alpha two']],
      ["name = 'greeting'", []],
      ["name = 'alpha' OR name = 'greeting'", ['alpha']],
      ["alias = 'champ'", ['alpha']],
      ["status = 'production'", ['alpha']],
    ])('models where %s', async (filter, names) => {
      expect(await models(filter)).toEqual(names);
    });

    it.each([
      ["tags.`mlflow.prompt.is_prompt` = 'true'", ['greeting']],
      ["tags.mlflow.prompt.is_prompt = 'TRUE'", []],
      ["tag.`mlflow.prompt.is_prompt` != 'false'", ['greeting']],
      ["tag.`mlflow.prompt.is_prompt` != 'true'", MODELS],
      ["tag.`mlflow.prompt.is_prompt` = 'false'", MODELS],
      ["name LIKE 'a%' AND tag.`mlflow.prompt.is_prompt` != 'true'", ['alpha', 'alpha two']],
      ["name LIKE 'g%' AND tags.`mlflow.prompt.is_prompt` = 'true'", ['greeting']],
      ["name LIKE 'a%' AND tags.`mlflow.prompt.is_prompt` = 'true'", []],
    ])('and prompts where %s', async (filter, names) => {
      expect(await models(filter)).toEqual(names);
    });

    it('hide the versions of prompts too', async () => {
      expect(await versions("name = 'greeting'")).toEqual([]);
      expect(await versions("tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual(['greeting/1']);
      expect(await versions("name = 'greeting' AND tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual(['greeting/1']);
    });

    it.each([
      [undefined, VERSIONS],
      ["name = 'alpha'", ['alpha/1', 'alpha/3', 'alpha/2']],
      ["name = 'no such'", []],
      ["name LIKE '%a' and run_id = 'run1'", ['alpha/1', 'Beta/1']],
      ["run_id = 'run1'", ['alpha/1', 'Beta/1']],
      ["run_id != 'run1'", ['模型/1', 'alpha/3', 'alpha/2']],
      ["run_id = ''", ['alpha/3']],
      ["run_id IN ('run2', 'run3')", ['模型/1', 'alpha/2']],
      ["run_id NOT IN ('run2', 'run3')", ['alpha/1', 'Beta/1', 'alpha/3']],
      ["run_id LIKE 'run_'", ['alpha/1', '模型/1', 'Beta/1', 'alpha/2']],
      ["source_path = 's3://b/1'", ['alpha/2']],
      ["source_path ILIKE 'S3://B/%'", VERSIONS],
      ['version_number > 1', ['alpha/3', 'alpha/2']],
      ["version_number = '2'", ['alpha/2']],
      ["name = 'alpha' AND version_number <= 2", ['alpha/1', 'alpha/2']],
      ['version_number != 1', ['alpha/3', 'alpha/2']],
      ["tags.stage = 'a'", ['alpha/1', 'Beta/1']],
      ["tag.stage != 'a'", ['alpha/2']],
      ["tags.text LIKE 'na%'", ['模型/1']],
      ["tags.stage = 'a' AND tags.score = '1'", ['alpha/1']],
      ["current_stage = 'Production'", ['alpha/1']],
      ["current_stage != 'production' AND name = 'alpha'", ['alpha/3', 'alpha/2']],
    ])('versions where %s', async (filter, found) => {
      expect(await versions(filter)).toEqual(found);
    });

    it.each([
      [['name ASC'], MODELS],
      [['name DESC'], [...MODELS].reverse()],
      [['timestamp DESC'], ['alpha', '模型', 'Beta', 'falsely', 'alpha two']],
      [['last_updated_timestamp'], ['alpha two', 'falsely', 'Beta', '模型', 'alpha']],
    ])('models in the order of %j', async (order_by, names) => {
      expect(await models(undefined, { order_by })).toEqual(names);
    });

    it.each([
      [[], VERSIONS],
      [['version_number DESC'], ['alpha/3', 'alpha/2', 'Beta/1', 'alpha/1', '模型/1']],
      [['name'], ['Beta/1', 'alpha/3', 'alpha/2', 'alpha/1', '模型/1']],
      [
        ['name DESC', 'version_number ASC'],
        ['模型/1', 'alpha/1', 'alpha/2', 'alpha/3', 'Beta/1'],
      ],
      [['creation_timestamp ASC'], ['alpha/1', 'alpha/2', 'alpha/3', 'Beta/1', '模型/1']],
      [['last_updated_timestamp ASC'], [...VERSIONS].reverse()],
    ])('versions in the order of %j', async (order_by, found) => {
      expect(await versions(undefined, { order_by })).toEqual(found);
    });

    it('answer pages: opaque tokens, none on the last one, even where it is full', async () => {
      for (const size of [1, 2, 4, 5, 6]) {
        const names: string[] = [];
        let page_token: string | undefined;
        do {
          const asked = { max_results: size, ...(page_token && { page_token }) };
          const { json } = await t.mlflow('GET', '/registered-models/search', asked);
          expect(json.registered_models.length).toBeLessThanOrEqual(size);
          names.push(...json.registered_models.map((model: { name: string }) => model.name));
          page_token = json.next_page_token;
        } while (page_token !== undefined);
        expect(names, `pages of ${size}`).toEqual(MODELS);
      }
      const first = (await t.mlflow('GET', '/model-versions/search', { max_results: 2 })).json;
      const token = first.next_page_token;
      const second = await t.mlflow('GET', '/model-versions/search', { max_results: 3, page_token: token });
      expect(second.json.next_page_token).toBeUndefined();
      expect([...first.model_versions, ...second.json.model_versions].map((v) => `${v.name}/${v.version}`)).toEqual(
        VERSIONS,
      );
      for (const [path, asked] of [
        ['/model-versions/search', { page_token: token, filter: "name = 'alpha'" }],
        ['/model-versions/search', { page_token: token, order_by: ['name'] }],
        ['/model-versions/search', { page_token: `${token}x` }],
        ['/registered-models/search', { page_token: token }],
        ['/registered-models/search', { page_token: 'eyJvZmZzZXQiOiAxfQ==' }],
      ] as const)
        expectRefused(
          await t.mlflow('GET', path, { max_results: 2, ...asked }),
          'INVALID_PARAMETER_VALUE',
          /page token/,
        );
      expect((await t.get(`/versions?page_size=2&page_token=${encodeURIComponent(token)}`)).status).toBe(400);
    });

    it('show models with the latest version of each stage and their aliases', async () => {
      const { json } = await t.mlflow('GET', '/registered-models/search', { filter: "name = 'alpha'" });
      const got = await t.mlflow('GET', '/registered-models/get', { name: 'alpha' });
      expect(json.registered_models).toEqual([got.json.registered_model]);
      expect(json.registered_models[0]).toMatchObject({
        aliases: [{ alias: 'champ', version: '1' }],
        latest_versions: [
          { version: '3', current_stage: 'None' },
          { version: '1', current_stage: 'Production', aliases: ['champ'] },
        ],
      });
      const found = await t.mlflow('GET', '/model-versions/search', { filter: "alias = 'champ'" });
      expect(found.json.model_versions[0]).toMatchObject({ version: '1', aliases: ['champ'] });
    });

    it('find versions of a run and a model alike whether there are few or many, and none that are gone', async () => {
      const { number } = { number: 230 };
      await post('/registered-models/create', { name: 'many' });
      const made = Array.from({ length: number }, (_, i) => ({
        name: 'many',
        source: `s3://b/${i}`,
        run_id: 'runMany',
      }));
      for (let i = 0; i < number; i += 50)
        await Promise.all(made.slice(i, i + 50).map((body) => post('/model-versions/create', body)));
      const all = Array.from({ length: number }, (_, i) => `many/${i + 1}`).sort();
      const walked = async (filter: string, max_results: number) => {
        const found: string[] = [];
        for (let page_token: string | undefined; ; ) {
          const asked = { filter, max_results, ...(page_token && { page_token }) };
          const { json } = await t.mlflow('GET', '/model-versions/search', asked);
          for (const { name, version } of json.model_versions ?? []) found.push(`${name}/${version}`);
          page_token = json.next_page_token;
          if (page_token === undefined) return found;
        }
      };
      for (const filter of ["run_id = 'runMany'", "name = 'many'"]) {
        expect((await versions(filter)).sort(), filter).toEqual(all);
        expect((await walked(filter, 60)).sort(), filter).toEqual(all);
      }
      for (let version = 1; version <= 100; version += 1)
        await t.mlflow('DELETE', '/model-versions/delete', { name: 'many', version: String(version) });
      const left = all.filter((one) => Number(one.slice(5)) > 100);
      for (const filter of ["run_id = 'runMany'", "name = 'many'"]) {
        expect((await versions(filter)).sort(), filter).toEqual(left);
        // The same search in other words is not answered by the short way.
        expect(await versions(filter), filter).toEqual(await versions(`${filter} AND version_number > 0`));
      }
      expect(await walked("name = 'many'", 7)).toEqual(await versions("name = 'many'"));
      await t.mlflow('DELETE', '/registered-models/delete', { name: 'many' });
      expect(await versions("run_id = 'runMany'")).toEqual([]);
    });

    it('answer {} where there is nothing', async () => {
      expect((await t.mlflow('GET', '/registered-models/search', { filter: "name = 'nothing'" })).json).toEqual({});
      expect((await t.mlflow('GET', '/model-versions/search', { filter: "name = 'nothing'" })).json).toEqual({});
    });

    it.each([
      ["name == 'x'"],
      ["name <> 'x'"],
      ["name = 'x' name = 'y'"],
      ["name = 'x';"],
      ["name = 'x'; drop table model"],
      ['name = x'],
      ['name'],
      ["'x'"],
      ["params.x = 'y'"],
      ['tags.x = 7'],
      ["tags. = 'x'"],
      ['name LIKE 7'],
      ["name IN 'x'"],
      ['name IN ()'],
      ['version_number LIKE 1'],
      [`name LIKE '${'%x'.repeat(100)}'`],
      ['('.repeat(100)],
      ['x'.repeat(7_000)],
    ])('refuse the filter %.40s', async (filter) => {
      for (const path of ['/registered-models/search', '/model-versions/search'])
        expectRefused(
          await t.mlflow('GET', path, { filter }),
          'INVALID_PARAMETER_VALUE',
          /^In the filter, column \d+: expected/,
        );
    });

    it('refuse pages and orders that cannot be', async () => {
      for (const [path, most] of [
        ['/registered-models/search', 1_000],
        ['/model-versions/search', 200_000],
      ] as const) {
        for (const max_results of [0, -1, most + 1, 'x', '1.5'])
          expectRefused(await t.mlflow('GET', path, { max_results }), 'INVALID_PARAMETER_VALUE', /max_results/);
        expect((await t.mlflow('GET', path, { max_results: most })).status).toBe(200);
        for (const order_by of [
          'nope',
          'name sideways',
          'name,name',
          ['name', 'name DESC'],
          `name${' '.repeat(10)}ASC DESC`,
        ])
          expectRefused(await t.mlflow('GET', path, { order_by }), 'INVALID_PARAMETER_VALUE', /order/);
      }
    });
  });
