import { describe, expect, it } from 'vitest';
import type { Signature } from '../../src/contract/artifact.ts';
import { digestOf, manifestOf } from '../../src/contract/manifest.ts';
import { databases } from '../support/databases.ts';
import { tellingInspector } from '../support/inspector.ts';
import { logModel, logRun, putFiles, sha256Of } from '../support/logged.ts';
import { aName, make } from '../support/make.ts';
import { expectRefused } from '../support/mlflow.ts';
import { type Answer, type Opened, useRegistry } from '../support/open-registry.ts';

const create = (t: Opened, name: string, body: Record<string, unknown>) =>
  t.mlflow('POST', '/model-versions/create', { name, ...body });
const uriOf = async (t: Opened, name: string, version: number) =>
  (await t.mlflow('GET', '/model-versions/get-download-uri', { name, version: String(version) })).json.artifact_uri;
const filesOf = async (t: Opened, name: string, version: number) => {
  const read: Record<string, string> = {};
  for await (const { path, sha256 } of t.registry.artifacts.all(name, String(version))) read[path] = sha256;
  return read;
};
const SIGNATURES: Record<string, Signature> = {
  one: { inputs: [{ name: 'x', type: 'float64' }] },
  two: { outputs: [{ name: 'y', type: 'int64' }] },
  wide: { inputs: Array.from({ length: 30 }, (_, i) => ({ name: `${i}${'n'.repeat(900)}`, type: 'float64' })) },
  large: { inputs: [{ name: 'n'.repeat(2_000), type: 'float64' }] },
};
const EMPTY = digestOf('[]');

for (const [database, open] of Object.entries(databases))
  describe(`the source of a version on ${database}`, () => {
    const t = useRegistry(open, { inspector: tellingInspector(SIGNATURES), limits: { version_bytes: 1_000 } });
    const aModel = async () => (await make.model(t)).name;

    it('is a folder of a run: its files become the version’s own, in one event', async () => {
      const run = await logRun(t, {
        'model/MLmodel': 'flavors',
        'model/data/model.pkl': 'bytes',
        'model2/x': 'other',
        notes: 'n',
      });
      const name = await aModel();
      const source = `runs:/${run.run_id}/model`;
      const made = await create(t, name, { source, run_id: run.run_id, run_link: 'http://x/y' });
      expect(made.status, made.text).toBe(200);
      expect(made.json.model_version).toMatchObject({
        version: '1',
        source,
        run_id: run.run_id,
        run_link: 'http://x/y',
        status: 'READY',
      });
      const entries = [
        { path: 'MLmodel', sha256: sha256Of('flavors'), size_bytes: 7 },
        { path: 'data/model.pkl', sha256: sha256Of('bytes'), size_bytes: 5 },
      ];
      expect(await filesOf(t, name, 1)).toEqual(Object.fromEntries(entries.map(({ path, sha256 }) => [path, sha256])));
      const version = await t.registry.versions.get(name, '1');
      const digest = digestOf(manifestOf(entries));
      expect(version).toMatchObject({
        state: 'sealed',
        status: 'draft',
        digest,
        size_bytes: 12,
        artifact_count: 2,
        source: { uri: source, protected: true, run_link: 'http://x/y' },
        lineage: { run_id: run.run_id },
      });
      const { items } = (await t.get(`/events?subject=${encodeURIComponent(`${name}/1`)}`)).json;
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({
        type: 'version.created',
        details: { source, digest, artifact_count: 2, formats: expect.any(Array) },
      });
    });

    it('tells its formats as of any time, however long its tags, its source and the paths are', async () => {
      const folder = 'd'.repeat(200);
      const run = await logRun(t, { [`${folder}/a.json`]: 'format=json', [`${folder}/m.pkl`]: 'format=pickle' });
      const name = await aModel();
      const tags = Array.from({ length: 6 }, (_, i) => ({ key: `t${i}`, value: 'ж'.repeat(4_000) }));
      const asked = { source: `runs:/${run.run_id}/${folder}`, run_id: run.run_id, tags };
      expect((await create(t, name, asked)).status).toBe(200);
      await make.version(t, { model: name, tags: { long: 'x'.repeat(20_000) } });
      const path = `${folder}/${folder}/m`;
      const artifacts = `/models/${name}/versions/2/artifacts`;
      await t.put(`${artifacts}/${path}`, Buffer.from('format=pickle signature=wide'));
      await t.put(`${artifacts}/${path}2`, Buffer.from('format=onnx'));
      await t.del(`${artifacts}/${path}2`);
      const at = `as_of=${new Date(Date.now() + 60_000).toISOString()}`;
      for (const format of ['json', 'pickle', 'onnx']) {
        const search = `/models/${name}/versions?filter=${encodeURIComponent(`format='${format}'`)}`;
        const numbers = (answer: Answer) => answer.json.items.map((one: { number: number }) => one.number);
        const now = numbers(await t.get(search));
        expect(now).toEqual({ json: [1], pickle: [2, 1], onnx: [] }[format]);
        expect(numbers(await t.get(`${search}&${at}`))).toEqual(now);
      }
      const compared = async (more = '') => (await t.get(`/compare?version=${name}/1&version=${name}/2${more}`)).json;
      expect((await compared(`&${at}`)).versions.map((one: { formats: string[] }) => one.formats)).toEqual([
        ['json', 'pickle'],
        ['pickle'],
      ]);
      const problems = [];
      for await (const problem of t.registry.ledger.reconcile()) problems.push(problem);
      expect(problems).toEqual([]);
    });

    it('A version is for ever: files of its run that are overwritten, deleted or added change nothing of it', async () => {
      const run = await logRun(t, { 'model/MLmodel': 'first', 'model/weights': 'w' });
      const name = await aModel();
      const asked = { source: `${run.artifact_uri}/model`, run_id: run.run_id };
      expect((await create(t, name, asked)).status).toBe(200);
      const [files, version] = [await filesOf(t, name, 1), await t.registry.versions.get(name, '1')];
      await putFiles(t, run.root, { 'model/MLmodel': 'second', 'model/more': 'm' });
      expect((await create(t, name, asked)).json.model_version.version).toBe('2');
      await t.registry.files.remove(`${run.root}/model`);
      for await (const _ of t.registry.trash.sweep({ graceMs: -60_000 })) void _;
      expect(await filesOf(t, name, 1)).toEqual(files);
      expect(await t.registry.versions.get(name, '1')).toEqual(version);
      expect(await filesOf(t, name, 2)).toEqual({
        MLmodel: sha256Of('second'),
        more: sha256Of('m'),
        weights: sha256Of('w'),
      });
      for (const [number, path, text] of [
        [1, 'MLmodel', 'first'],
        [1, 'weights', 'w'],
        [2, 'MLmodel', 'second'],
      ] as const)
        expect((await t.get(`/models/${name}/versions/${number}/artifacts/${path}`)).text).toBe(text);
      expect(await uriOf(t, name, 1)).toMatch(/^mlflow-artifacts:\/versions\/\d+\/1$/);
    });

    it.each([
      'mlflow-artifacts:///at',
      'MLFLOW-ARTIFACTS:/at',
      'mlflow-artifacts://host:5000/at',
      'mlflow-artifacts:at',
    ])(
      'A version is for ever: what an experiment at %s keeps here becomes the version’s own, too',
      async (location) => {
        const artifact_location = `${location}/${aName()}`;
        const experiment = { name: aName(), artifact_location };
        const { experiment_id } = (await t.mlflow('POST', '/experiments/create', experiment)).json;
        const { run_id, artifact_uri } = (await t.mlflow('POST', '/runs/create', { experiment_id })).json.run.info;
        const logged = { experiment_id, name: 'm', source_run_id: run_id };
        const { info } = (await t.mlflow('POST', '/logged-models', logged)).json.model;
        for (const uri of [artifact_uri, info.artifact_uri])
          await putFiles(t, uri.slice(uri.indexOf('at/')), { 'model/MLmodel': 'first' });
        const name = await aModel();
        const sources = [
          { source: `runs:/${run_id}/model`, run_id },
          { source: `models:/${info.model_id}`, model_id: info.model_id },
          // A source has to be absolute and must not name a host.
          ...(/:\/(?!\/host)/.test(location) ? [{ source: `${artifact_uri}/model`, run_id }] : []),
        ];
        for (const [i, asked] of sources.entries()) {
          const made = await create(t, name, asked);
          expect(made.status, made.text).toBe(200);
          expect(await uriOf(t, name, i + 1)).toMatch(/^mlflow-artifacts:\/versions\/\d+\/\d$/);
          expect(Object.values(await filesOf(t, name, i + 1))).toEqual([sha256Of('first')]);
        }
      },
    );

    it('A version is for ever: a copy keeps its files when the original goes, and when the name changes', async () => {
      const run = await logRun(t, { 'm/a': 'A' });
      const [name, copy] = [await aModel(), await aModel()];
      await create(t, name, { source: `runs:/${run.run_id}/m`, run_id: run.run_id });
      const made = await create(t, copy, { source: `models:/${name}/01` });
      expect(made.json.model_version).toMatchObject({ source: `models:/${name}/1`, run_id: run.run_id });
      const of = await create(t, copy, { source: `models:/${copy}/latest` });
      expect(of.json.model_version).toMatchObject({ source: `models:/${copy}/1`, run_id: run.run_id });
      const uri = await uriOf(t, copy, 2);
      await t.mlflow('DELETE', '/registered-models/delete', { name });
      await t.registry.models.purge({ actor: { name: 'x', verified: false }, request_id: 'x' }, name);
      await t.registry.files.remove(run.root);
      for await (const _ of t.registry.trash.sweep({ graceMs: -60_000 })) void _;
      await t.mlflow('POST', '/registered-models/rename', { name: copy, new_name: `${copy} renamed` });
      expect(await filesOf(t, `${copy} renamed`, 2)).toEqual({ a: sha256Of('A') });
      expect(await uriOf(t, `${copy} renamed`, 2)).toBe(uri);
      const version = await t.registry.versions.get(`${copy} renamed`, '1');
      expect(version.lineage).toEqual({ run_id: run.run_id, base: { model: name, version: 1, relation: 'copy' } });
      expect((await t.get(`/models/${encodeURIComponent(`${copy} renamed`)}/versions/2/artifacts/a`)).text).toBe('A');
    });

    it('names another version by number, alias, stage or as the latest', async () => {
      const name = await aModel();
      for (let i = 0; i < 4; i += 1) await create(t, name, { source: `s3://b/${i + 1}`, run_id: `run${i + 1}` });
      const move = (version: string, stage: string) =>
        t.mlflow('POST', '/model-versions/transition-stage', { name, version, stage });
      await move('3', 'Staging');
      await move('2', 'Staging'); // the highest number counts, not the one that came last
      await t.mlflow('POST', '/registered-models/alias', { name, alias: 'champ', version: '2' });
      const copy = await aModel();
      const from = async (ref: string) =>
        (await create(t, copy, { source: `models:/${name}${ref}` })).json.model_version;
      expect(await from('/1')).toMatchObject({ source: `models:/${name}/1`, run_id: 'run1' });
      expect(await from('@champ')).toMatchObject({ source: `models:/${name}/2`, run_id: 'run2' });
      expect(await from('/sTaging')).toMatchObject({ source: `models:/${name}/3`, run_id: 'run3' });
      expect(await from('/LATEST')).toMatchObject({ source: `models:/${name}/4`, run_id: 'run4' });
      expect(await from('@Latest')).toMatchObject({ source: `models:/${name}/4`, run_id: 'run4' });
      expect(await uriOf(t, copy, 2)).toBe('s3://b/2');
      await create(t, copy, { source: `models:/${copy}/2` });
      expect(await uriOf(t, copy, 6)).toBe('s3://b/2');
    });

    it('that names another version is refused where it does not fit', async () => {
      const name = await aModel();
      await create(t, name, { source: 's3://b/1', run_id: 'r1' });
      const refused = async (
        source: string,
        more: object,
        code: 'INVALID_PARAMETER_VALUE' | 'RESOURCE_DOES_NOT_EXIST',
        message: string | RegExp,
      ) => expectRefused(await create(t, name, { source, ...more }), code, message);
      await refused(
        `models:/${name}/1`,
        { run_id: 'r2' },
        'INVALID_PARAMETER_VALUE',
        /must match the referenced model version/,
      );
      await refused(
        `models:/${name}/1`,
        { model_id: 'm-1' },
        'INVALID_PARAMETER_VALUE',
        /must match the referenced model version/,
      );
      expect((await create(t, name, { source: `models:/${name}/1`, run_id: 'r1', model_id: '' })).status).toBe(200);
      await refused(
        `models:/${name}/9`,
        {},
        'RESOURCE_DOES_NOT_EXIST',
        `Model Version (name=${name}, version=9) not found`,
      );
      await refused('models:/no such/1', {}, 'RESOURCE_DOES_NOT_EXIST', 'Registered Model with name=no such not found');
      await refused(`models:/${name}@nope`, {}, 'INVALID_PARAMETER_VALUE', 'Registered model alias nope not found.');
      await refused(
        `models:/${name}/Sideways`,
        {},
        'INVALID_PARAMETER_VALUE',
        /^Invalid Model Version stage: Sideways/,
      );
      await refused(`models:/${name}/Archived`, {}, 'RESOURCE_DOES_NOT_EXIST', `No version of ${name} is in archived.`);
      for (const odd of [
        `models:/${name}`,
        `models:/${name}/`,
        `models:/${name}/1/2`,
        'models:/',
        'models:/@a',
        `models:/${name}@`,
        'models:x/1',
      ])
        await refused(odd, {}, 'INVALID_PARAMETER_VALUE', /^Invalid model version source: '/);
      await refused(`models://host/${name}/1`, {}, 'INVALID_PARAMETER_VALUE', /must use the active model registry/);
      expect((await t.registry.models.get(name)).version_count).toBe(2);
    });

    it('is a logged model: its files and metrics, its run, and a note on it', async () => {
      const run = await logRun(t, { 'artifact.txt': 'not of the model' });
      const metric = { run_id: run.run_id, key: 'auc', value: 0.5, timestamp: 1, step: 0 };
      await t.mlflow('POST', '/runs/log-metric', metric);
      const model = await logModel(t, run.run_id, 'clf', { MLmodel: 'x', 'model.bin': 'y' });
      await t.mlflow('POST', '/runs/log-metric', { ...metric, key: 'f1', value: 0.75, model_id: model.model_id });
      const name = await aModel();
      const source = `models:/${model.model_id}`;
      const made = await create(t, name, { source, model_id: model.model_id });
      expect(made.json.model_version, made.text).toMatchObject({
        source,
        run_id: run.run_id,
        model_id: model.model_id,
      });
      expect(Object.keys(await filesOf(t, name, 1))).toEqual(['MLmodel', 'model.bin']);
      const version = await t.registry.versions.get(name, '1');
      expect(version).toMatchObject({
        metrics: { f1: 0.75 },
        source: { uri: source, protected: true, model_id: model.model_id },
      });
      await create(t, name, { source: model.uri, model_id: model.model_id });
      expect(Object.keys(await filesOf(t, name, 2))).toEqual(['MLmodel', 'model.bin']);
      const { tags } = (await t.mlflow('GET', `/logged-models/${model.model_id}`)).json.model.info;
      const noted = tags.find((tag: { key: string }) => tag.key === 'mlflow.modelVersions');
      expect(JSON.parse(noted.value)).toEqual([
        { name, version: 1 },
        { name, version: 2 },
      ]);
    });

    it('is a logged model that the run takes for one of its folders', async () => {
      const run = await logRun(t);
      await logModel(t, run.run_id, 'clf', { MLmodel: 'old' });
      t.clock.tick(10);
      await logModel(t, run.run_id, 'clf', { MLmodel: 'new', 'sub/x': 'x' });
      t.clock.run();
      const name = await aModel();
      await create(t, name, { source: `runs:/${run.run_id}/clf`, run_id: run.run_id });
      expect(await filesOf(t, name, 1)).toEqual({ MLmodel: sha256Of('new'), 'sub/x': sha256Of('x') });
      await create(t, name, { source: `runs:/${run.run_id}/clf/sub`, run_id: run.run_id });
      expect(await filesOf(t, name, 2)).toEqual({ x: sha256Of('x') });
      await putFiles(t, run.root, { 'clf/own': 'own' });
      await create(t, name, { source: `runs:/${run.run_id}/clf`, run_id: run.run_id });
      expect(await filesOf(t, name, 3)).toEqual({ own: sha256Of('own') });
    });

    it('belongs to the run or logged model that is named, or is refused', async () => {
      const [mine, other] = [await logRun(t, { 'm/a': '1' }), await logRun(t, { 'm/a': '2', 'm2/b': '3' })];
      const model = await logModel(t, mine.run_id, 'clf', { a: '4' });
      const name = await aModel();
      const run_id = mine.run_id;
      for (const [source, more] of [
        [`runs:/${other.run_id}/m`, { run_id }],
        [`runs:/${run_id}/m`, {}],
        [`runs://host/${run_id}/m`, { run_id }],
        ['runs:/', { run_id }],
        [`${other.artifact_uri}/m`, { run_id }],
        [`${mine.artifact_uri}/m`, {}],
        [`${mine.artifact_uri}x/m`, { run_id }],
        [`mlflow-artifacts:/${mine.root.split('/')[0]}`, { run_id }],
        ['mlflow-artifacts:/', { run_id }],
        ['mlflow-artifacts:/versions/1/1', { run_id }],
        [`${mine.artifact_uri}/m`, { run_id: 'nope' }],
        [`models:/${model.model_id}`, {}],
        [`models:/${model.model_id}`, { run_id }],
        [`models:/${model.model_id}`, { model_id: 'm-other' }],
        [`runs:/${run_id}/m`, { run_id, model_id: model.model_id }],
        [`${mine.artifact_uri}/m`, { run_id, model_id: model.model_id }],
      ] as const)
        expectRefused(
          await create(t, name, { source, ...more }),
          'INVALID_PARAMETER_VALUE',
          /^Invalid model version source: '/,
        );
      const gone = 'm-00000000000000000000000000000000';
      expectRefused(
        await create(t, name, { source: `models:/${gone}`, model_id: gone }),
        'RESOURCE_DOES_NOT_EXIST',
        `Logged model with ID '${gone}' not found.`,
      );
      expect((await t.registry.models.get(name)).version_count).toBe(0);
    });

    it.each([
      ['../etc'],
      ['/etc/passwd'],
      ['./x'],
      ['x'],
      ['file:///etc/passwd'],
      ['file://evil/etc'],
      ['file:../x'],
      ['s3://b/../x'],
      ['s3://b/%2e%2e/x'],
      ['s3://b/%252e%252e/x'],
      ['s3://b/a/..%2fx'],
      ['s3://b/x/..'],
      ['s3://b'],
      ['s3://b/a%00'],
      ['s3:rel/path'],
      ['dbfs:/./x'],
      ['http://h/x'],
      ['https://h/api/2.0/mlflow-artifacts/artifacts/0/x'],
      ['HTTPS://h/x'],
      ['ftp://h/x'],
      ['sftp://h/x'],
      ['hdfs://h/x'],
      ['viewfs://h/x'],
      ['r2://h/x'],
      ['b2://h/x'],
      ['abfss://h/x'],
      ['mlflow-artifacts://h/0/x'],
      ['mlflow-artifacts:/0/../x'],
      ['dummy-source'],
      [''],
      ['   '],
    ])('P1 %s is a 400, and nothing is opened', async (source) => {
      const name = await aModel();
      expectRefused(await create(t, name, { source }), 'INVALID_PARAMETER_VALUE', /./);
      expectRefused(await create(t, name, { source, run_id: 'r' }), 'INVALID_PARAMETER_VALUE', /./);
      expect((await t.registry.models.get(name)).version_count).toBe(0);
    });

    it.each([
      ['s3://bucket/a b/模型'],
      ['gs://b/x'],
      ['wasbs://c@a.blob.core.windows.net/x'],
      ['dbfs:/FileStore/x'],
      ['s3://b/x/'],
      ['odd+scheme:/x'],
      ['s3://b/per%25cent'],
    ])('elsewhere, such as %s, is recorded and never opened, and the version can be promoted', async (source) => {
      const name = await aModel();
      const made = await create(t, name, { source, run_id: 'unknown' });
      expect(made.json.model_version, made.text).toMatchObject({ source, run_id: 'unknown' });
      expect(await t.registry.versions.get(name, '1')).toMatchObject({
        state: 'sealed',
        digest: EMPTY,
        artifact_count: 0,
        verdict: 'unknown',
        source: { uri: source, protected: false },
      });
      expect(await uriOf(t, name, 1)).toBe(source);
      const moved = await t.mlflow('POST', '/model-versions/transition-stage', {
        name,
        version: '1',
        stage: 'Production',
      });
      expect(moved.json.model_version, moved.text).toMatchObject({ current_stage: 'Production' });
    });

    it('is a path of some machine only where the run keeps its files, and is not opened', async () => {
      for (const artifact_location of ['/mnt/share', 'file:///mnt/share/', 'file:/mnt/share']) {
        const experiment = await t.mlflow('POST', '/experiments/create', { name: aName(), artifact_location });
        expect(experiment.status, experiment.text).toBe(200);
        const { info } = (await t.mlflow('POST', '/runs/create', experiment.json)).json.run;
        const name = await aModel();
        const inside = `/mnt/share/${info.run_id}/artifacts/m`;
        for (const source of [inside, `file://${inside}`]) {
          const made = await create(t, name, { source, run_id: info.run_id });
          expect(made.json.model_version, made.text).toMatchObject({ source, run_id: info.run_id });
          expect(await uriOf(t, name, Number(made.json.model_version.version))).toBe(source);
        }
        for (const source of [
          `${inside}/../../x`,
          '/mnt/share/other/artifacts/m',
          '/mnt/share',
          `/mnt/share/${info.run_id}/artifacts2`,
        ])
          expectRefused(
            await create(t, name, { source, run_id: info.run_id }),
            'INVALID_PARAMETER_VALUE',
            /To use a local path/,
          );
      }
    });

    it('of a run that is not there, or has no such files yet, is recorded', async () => {
      const run = await logRun(t, { 'm/a': '1' });
      const name = await aModel();
      for (const [run_id, path] of [
        ['nope', 'm'],
        [run.run_id, 'later'],
      ]) {
        const source = `runs:/${run_id}/${path}`;
        const { version } = (await create(t, name, { source, run_id })).json.model_version;
        expect(await t.registry.versions.get(name, version)).toMatchObject({
          artifact_count: 0,
          source: { uri: source, protected: false },
          lineage: { run_id },
        });
        expect(await uriOf(t, name, Number(version))).toBe(source);
      }
      const model = await logModel(t, run.run_id, 'empty');
      await create(t, name, { source: `models:/${model.model_id}`, model_id: model.model_id });
      expect(await uriOf(t, name, 3)).toBe(model.uri);
    });

    it('is one file, or all files of a run', async () => {
      const run = await logRun(t, { 'm/a b.txt': '1', 'm/c': '2', d: '3' });
      const name = await aModel();
      await create(t, name, { source: `runs:/${run.run_id}/m/a b.txt`, run_id: run.run_id });
      expect(await filesOf(t, name, 1)).toEqual({ 'a b.txt': sha256Of('1') });
      await create(t, name, { source: `runs:/${run.run_id}`, run_id: run.run_id });
      expect(Object.keys(await filesOf(t, name, 2)).sort()).toEqual(['d', 'm/a b.txt', 'm/c']);
      await create(t, name, { source: `${run.artifact_uri}//m/`, run_id: run.run_id });
      expect(Object.keys(await filesOf(t, name, 3)).sort()).toEqual(['a b.txt', 'c']);
    });

    it('gives the version what its run knew: git, data sets, metrics', async () => {
      const run = await logRun(t, { 'm/a': '1' });
      const { run_id } = run;
      await t.mlflow('POST', '/runs/set-tag', { run_id, key: 'mlflow.source.git.commit', value: 'abc123' });
      await t.mlflow('POST', '/runs/set-tag', { run_id, key: 'mlflow.source.git.repoURL', value: 'https://g/x.git' });
      const metrics = [
        { key: 'auc', value: 0.5, timestamp: 1, step: 1 },
        { key: 'auc', value: 0.25, timestamp: 0, step: 2 },
        { key: 'loss', value: 'NaN', timestamp: 1, step: 0 },
        { key: 'top', value: 'Infinity', timestamp: 1, step: 0 },
      ];
      await t.mlflow('POST', '/runs/log-batch', { run_id, metrics });
      const dataset = { name: 'train', digest: 'd1', source_type: 'http', source: '{"url": "http://x/train.csv"}' };
      await t.mlflow('POST', '/runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] });
      const name = await aModel();
      await create(t, name, { source: `runs:/${run_id}/m`, run_id });
      const version = await t.registry.versions.get(name, '1');
      expect(version.lineage).toEqual({
        run_id,
        git_commit: 'abc123',
        git_url: 'https://g/x.git',
        datasets: [{ name: 'train', digest: 'd1', uri: 'http://x/train.csv' }],
      });
      expect(version.metrics).toEqual({ auc: 0.25, loss: 'NaN', top: Number.MAX_VALUE });
      const found = await t.mlflow('GET', '/model-versions/search', {
        filter: `name = '${name}' and metrics.auc < 0.3`,
      });
      expect(found.json.model_versions).toHaveLength(1);
      const copy = await aModel();
      await create(t, copy, { source: `models:/${name}/1` });
      expect((await t.registry.versions.get(copy, '1')).metrics).toEqual(version.metrics);
    });

    it('C2 parallel creates get the numbers 1 to N, each with its files', async () => {
      const run = await logRun(t, { 'm/a': '1', 'm/b': '2' });
      const name = await aModel();
      const asked = { source: `runs:/${run.run_id}/m`, run_id: run.run_id };
      const made = await Promise.all(Array.from({ length: 20 }, () => create(t, name, asked)));
      const numbers = made.map((answer) => Number(answer.json.model_version.version)).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      for (const number of numbers) expect(Object.keys(await filesOf(t, name, number))).toEqual(['a', 'b']);
    });

    it('D5 bytes that the sweep has marked are named only once they are safe', async () => {
      const run = await logRun(t, { 'm/a': `marked ${aName()}` });
      const [file] = await t.db.read
        .selectFrom('file')
        .select('sha256')
        .where('path', '=', `${run.root}/m/a`)
        .execute();
      const { sha256 } = file!;
      await t.db.write.insertInto('condemned').values({ sha256, at: 1, removed_at: null }).execute();
      const name = await aModel();
      const made = await create(t, name, { source: `runs:/${run.run_id}/m`, run_id: run.run_id });
      expect(made.status, made.text).toBe(200);
      expect(await t.db.read.selectFrom('condemned').selectAll().where('sha256', '=', sha256).execute()).toEqual([]);
    });

    it('of an unsafe file makes a version that no policy lets live', async () => {
      const run = await logRun(t, { 'm/a': 'verdict=clean', 'm/model.pkl': 'verdict=unsafe format=pickle' });
      const name = await aModel();
      await create(t, name, { source: `runs:/${run.run_id}/m`, run_id: run.run_id });
      const transition = { name, version: '1', stage: 'Production' };
      expectRefused(
        await t.mlflow('POST', '/model-versions/transition-stage', transition),
        'INVALID_PARAMETER_VALUE',
        /^Model Version \(name=.*, version=1\) cannot be moved to production\. verdict: .*GET \/api\/v1\/models\/[^/]+\/versions\/1\/artifacts.*"force": true/,
      );
      const found = await t.mlflow('GET', '/model-versions/search', {
        filter: `name = '${name}' AND verdict = 'unsafe' AND format = 'pickle'`,
      });
      expect(found.json.model_versions).toHaveLength(1);
    });

    it('says by its MLmodel, or else by an ONNX file, of which framework it is and what goes in and out', async () => {
      const run = await logRun(t, {
        'a/MLmodel': 'format=mlmodel signature=one',
        'a/model.onnx': 'format=onnx signature=two',
        'b/MLmodel': 'format=mlmodel and says nothing',
        'b/model.onnx': 'format=onnx signature=two',
        'c/deeper/MLmodel': 'format=mlmodel signature=one',
        'd/MLmodel': 'format=text signature=large',
      });
      const facts = JSON.stringify({ flavors: ['python_function', 'sklearn'] });
      await t.db.write.updateTable('inspection').set({ facts }).where('format', '=', 'mlmodel').execute();
      const name = await aModel();
      const of = async (folder: string) => {
        const made = await create(t, name, { source: `runs:/${run.run_id}/${folder}`, run_id: run.run_id });
        return t.registry.versions.get(name, made.json.model_version.version);
      };
      expect(await of('a')).toMatchObject({ framework: 'sklearn', signature: SIGNATURES.one });
      expect(await of('b')).toMatchObject({ framework: 'sklearn', signature: SIGNATURES.two });
      expect(await of('c')).toMatchObject({ framework: null, signature: SIGNATURES.one });
      expect(await of('d')).toMatchObject({ framework: null, signature: null });
    });

    it('is told by an event that replays to the version, and is found as it was then', async () => {
      const run = await logRun(t, { 'm/a': 'format=pickle' });
      const name = await aModel();
      await create(t, name, { source: `runs:/${run.run_id}/m`, run_id: run.run_id, tags: [{ key: 'a', value: 'b' }] });
      const before = (await t.get(`/models/${name}/versions/1`)).json;
      const at = new Date(t.clock.now() + 5).toISOString();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await t.mlflow('POST', '/model-versions/set-tag', { name, version: '1', key: 'a', value: 'c' });
      expect((await t.get(`/models/${name}/versions/1?as_of=${at}`)).json).toEqual(before);
      const query = `filter=${encodeURIComponent("format = 'pickle' AND tags.a = 'b'")}&as_of=${at}`;
      expect((await t.get(`/models/${name}/versions?${query}`)).json.items).toEqual([before]);
      const problems = [];
      for await (const problem of t.registry.ledger.reconcile()) problems.push(problem);
      expect(problems).toEqual([]);
    });

    it('is refused where it holds more bytes than a version may', async () => {
      const run = await logRun(t, { 'm/a': 'x'.repeat(600), 'm/b': 'y'.repeat(600), 'n/a': 'x' });
      const name = await aModel();
      const refused = await create(t, name, { source: `runs:/${run.run_id}/m`, run_id: run.run_id });
      expectRefused(refused, 'INVALID_PARAMETER_VALUE', /^A version holds at most 1000 bytes here/);
      expect((await create(t, name, { source: `runs:/${run.run_id}/n`, run_id: run.run_id })).status).toBe(200);
    });

    it.each([
      ['source', { source: `s3://b/${'x'.repeat(5_000)}` }],
      ['run_id', { source: 's3://b/x', run_id: 'x'.repeat(5_000) }],
      ['run_link', { source: 's3://b/x', run_link: 'x'.repeat(5_000) }],
      ['description', { source: 's3://b/x', description: 'x'.repeat(10_001) }],
      ['source', { source: 7 }],
      ['run_id', { source: 's3://b/x', run_id: 7 }],
      ['tags', { source: 's3://b/x', tags: 'x' }],
      ['key', { source: 's3://b/x', tags: [{ key: 'a//b', value: '' }] }],
    ])('R1 with a %s that cannot be is a 400 that names it', async (field, body) => {
      const name = await aModel();
      expectRefused(await create(t, name, body), 'INVALID_PARAMETER_VALUE', new RegExp(field));
      expect((await t.registry.models.get(name)).version_count).toBe(0);
    });
  });
