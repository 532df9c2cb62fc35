import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { beforeAll, describe, expect, it } from 'vitest';
import { createInspector } from '../../src/formats/inspector.ts';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { ada, useRegistry } from '../support/open-registry.ts';
import { fetchPack, jsonIn, readPack } from '../support/packs.ts';

// What a component or card is, this test reads as it finds it.
// biome-ignore lint/suspicious/noExplicitAny: a document of the schema that it is held against
type Bom = any;

describe('a bill of materials', () => {
  const at = useRegistry(databases.sqlite, { inspector: createInspector() });
  let bom: Bom;
  let text: string;

  const bomOf = async (model: string) => {
    const files = await readPack(await fetchPack(at, model, 1));
    text = String(files.get('bom.cdx.json'));
    return jsonIn(files, 'bom.cdx.json');
  };

  beforeAll(async () => {
    const { model } = await make.version(at, {
      artifacts: {
        'requirements.txt':
          'scikit-learn==1.9.1\nnumpy>=2\nTyping_Extensions==4.1\nuvicorn[standard]==0.30 ; python_version > "3"\n',
        'conda.yaml': 'name: env\nchannels: [conda-forge]\ndependencies:\n- python=3.11.4\n- pip:\n  - joblib==1.6.0\n',
        'model.bin': 'a model',
      },
      description: 'Who will leave',
      card: '---\nlicense: apache-2.0\npipeline_tag: tabular-classification\n---\n# Churn\n',
      framework: 'sklearn',
      metrics: { auc: 0.93, loss: 'NaN' },
      signature: { inputs: [{ name: 'x', type: 'float32', shape: [-1, 4] }], outputs: [{ type: 'int64' }] },
      lineage: {
        git_url: 'https://example.com/churn.git',
        git_commit: 'c0ffee',
        datasets: [{ name: 'train', digest: 'sha256:1' }],
        base: { model: 'base', version: 3, relation: 'fine-tuned' },
      },
      status: 'production',
    });
    const dataset = { name: 'holdout', digest: 'sha256:2' };
    const slices = [{ slice: 'country=DE', n: 10, metrics: { accuracy: 0.8 } }];
    await at.registry.evidence.evaluations.record(ada, model, '1', {
      dataset,
      metrics: { accuracy: 0.9 },
      n: 100,
      slices,
    });
    bom = await bomOf(model);
  });

  const component = (ref: string) => bom.components.find((one: Bom) => one['bom-ref'] === ref);
  const valid = () => new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);

  it('is one of CycloneDX 1.6, by its schema', async () => {
    expect(await valid()).toBeNull();
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 });
    expect(bom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('says what the model is, with its card', () => {
    const { component: model, tools } = bom.metadata;
    expect(model).toMatchObject({
      type: 'machine-learning-model',
      version: '1',
      description: 'Who will leave',
      licenses: [{ license: { id: 'Apache-2.0' } }],
      externalReferences: [{ type: 'vcs', url: 'https://example.com/churn.git' }],
    });
    expect(model.properties).toContainEqual({ name: 'assayer:base', value: 'base/3 (fine-tuned)' });
    expect(tools.components[0].name).toBe('assayer');
    const { modelParameters, quantitativeAnalysis } = model.modelCard;
    expect(modelParameters).toEqual({
      task: 'tabular-classification',
      datasets: [
        {
          type: 'dataset',
          name: 'train',
          description: 'named by its lineage',
          contents: { properties: [{ name: 'assayer:digest', value: 'sha256:1' }] },
        },
        {
          type: 'dataset',
          name: 'holdout',
          description: 'evaluated on',
          contents: { properties: [{ name: 'assayer:digest', value: 'sha256:2' }] },
        },
      ],
      inputs: [{ format: 'x float32 [-1,4]' }],
      outputs: [{ format: 'int64' }],
    });
    expect(quantitativeAnalysis.performanceMetrics).toEqual([
      { type: 'auc', value: '0.93' },
      { type: 'loss', value: 'NaN' },
      {
        type: 'accuracy',
        value: '0.9',
        slice: 'holdout',
        confidenceInterval: { lowerBound: expect.stringMatching(/^0\.8/), upperBound: expect.stringMatching(/^0\.9/) },
      },
      { type: 'accuracy', value: '0.8', slice: 'holdout: country=DE' },
    ]);
  });

  it('lists its files by digest, and the packages that its environments name', () => {
    expect(component('file:model.bin')).toMatchObject({
      type: 'file',
      hashes: [{ alg: 'SHA-256', content: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    expect(component('framework:sklearn')).toMatchObject({ type: 'framework', name: 'sklearn' });
    expect(component('pkg:pypi/scikit-learn@1.9.1')).toMatchObject({
      type: 'library',
      version: '1.9.1',
      purl: 'pkg:pypi/scikit-learn@1.9.1',
    });
    expect(component('pkg:pypi/numpy')).toMatchObject({ properties: [{ name: 'assayer:constraint', value: '>=2' }] });
    expect(component('pkg:pypi/typing-extensions@4.1').name).toBe('typing-extensions');
    expect(component('pkg:pypi/uvicorn@0.30').version).toBe('0.30');
    expect(component('pkg:pypi/joblib@1.6.0').version).toBe('1.6.0');
    expect(component('conda:python')).toMatchObject({ version: '3.11.4' });
    expect(component('conda:python').purl).toBeUndefined();
    const { dependsOn } = bom.dependencies.find((one: Bom) => one.ref === 'model');
    expect(dependsOn).toEqual(expect.arrayContaining(['file:model.bin', 'pkg:pypi/scikit-learn@1.9.1']));
  });

  it.each([
    ['an odd licence', '---\nlicense: other\nlicense_name: Our Own <1>\n---\n', { license: { name: 'Our Own <1>' } }],
    ['a list of licences', '---\nlicense: [mit]\n---\n', { license: { id: 'MIT' } }],
    ['no front matter', '# Nothing', undefined],
    ['front matter that is no YAML', '---\n{ [ :\n---\n', undefined],
    ['front matter without an end', '---\nlicense: mit\n', undefined],
    ['Python in it', '---\nlicense: !!python/object:os.system x\n---\n', undefined],
  ])('is valid with %s', async (_, card, licence) => {
    const { model } = await make.version(at, { card, sealed: true, lineage: { git_url: 'no url <>' } });
    const { metadata } = await bomOf(model);
    expect(await valid()).toBeNull();
    expect(metadata.component.licenses?.[0]).toEqual(licence);
    expect(metadata.component.externalReferences).toBeUndefined();
  });

  it('is valid with the oddest names', async () => {
    const { name } = await make.model(at, { name: '客户 "<&> \' urn:cdx'.replaceAll(':', '：') });
    await make.version(at, {
      model: name,
      artifacts: { '模型/<b>&"\'.bin': 'x' },
      metrics: { '<m>': 1 },
      sealed: true,
    });
    expect((await bomOf(name)).metadata.component.name).toBe(name);
    expect(await valid()).toBeNull();
  });
});
