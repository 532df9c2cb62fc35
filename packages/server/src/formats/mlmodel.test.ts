import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Signature } from '../contract/artifact.ts';
import { fits } from '../contract/fits.ts';
import { bytesSource } from './byte-source.ts';
import { inspect } from './inspect.ts';
import { signatureOf } from './mlmodel-signature.ts';

const REAL = fileURLToPath(new URL('../../test/support/tiny-models/mlflow/', import.meta.url));
const real = (name: string) => inspect(bytesSource(readFileSync(`${REAL}${name}`)), 'any');
const told = (text: string) => inspect(bytesSource(Buffer.from(text)), 'model.pkl');
const model = (flavor: string, rest = '') =>
  `flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n${flavor}mlflow_version: 3.17.2\n${rest}`;
const rulesOf = (text: string) => {
  const { verdict, findings } = told(text);
  return [verdict, ...new Set(findings.map((finding) => finding.rule))];
};

describe('what MLflow writes', () => {
  it('every file of a model of scikit-learn is clean, and so is its pickle', () => {
    const verdicts = readdirSync(`${REAL}sklearn`).map((name) => {
      const { format, verdict } = real(`sklearn/${name}`);
      return [name, format, verdict].join(' ');
    });
    expect(verdicts.sort()).toEqual([
      'MLmodel mlmodel clean',
      'conda.yaml conda-env clean',
      'model.pkl pickle clean',
      'model.skops skops clean',
      'python_env.yaml python-env clean',
      'requirements.txt requirements clean',
    ]);
    for (const example of [
      '{"columns": ["sepal length (cm)"], "data": [[5.1]]}',
      '{"dataframe_split": {"columns": ["a"], "data": [[5.1]]}}',
    ])
      expect(told(example)).toMatchObject({ format: 'json', verdict: 'clean', media_type: 'application/json' });
  });

  it('tells what it says of a model of scikit-learn', () => {
    const { facts, signature, media_type } = real('sklearn/MLmodel');
    expect(media_type).toBe('text/plain; charset=utf-8');
    expect(facts).toEqual({
      flavors: ['python_function', 'sklearn'],
      framework: 'sklearn',
      mlflow_version: '3.17.2',
      model_uuid: '380abc1ecb0f47a682eeabf310e2943c',
      model_size_bytes: '26969',
      utc_time_created: '2026-11-29 16:55:54.016682',
      python_version: '3.11.7',
      loader_module: 'mlflow.sklearn',
      serialization_format: 'skops',
      sklearn_version: '1.9.1',
      pickled: false,
      has_input_example: true,
    });
    expect(signature).toEqual({
      inputs: ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'].map((name) => ({
        name,
        type: 'float64',
      })),
      outputs: [{ type: 'int64', shape: [null] }],
    });
  });

  it('tells tensors of ONNX, and params of a function', () => {
    const onnx = real('onnx/MLmodel');
    expect(onnx).toMatchObject({ verdict: 'clean', facts: { framework: 'onnx', pickled: false } });
    expect(onnx.signature).toEqual({
      inputs: [{ type: 'float32', shape: [null, 3] }],
      outputs: [{ type: 'float32', shape: [null, 3] }],
    });
    const pyfunc = real('pyfunc/MLmodel');
    expect(pyfunc).toMatchObject({ verdict: 'clean', facts: { framework: 'python_function', pickled: true } });
    expect(pyfunc.signature?.params).toEqual([
      { name: 't', type: 'float64', optional: true },
      { name: 'names', type: 'string', shape: [null], optional: true },
    ]);
    expect(real('pyfunc/python_model.pkl').verdict).toBe('unsafe');
  });

  it('a model that is its code is suspicious', () => {
    const { verdict, findings } = real('code/MLmodel');
    expect(verdict).toBe('suspicious');
    expect(findings.map((finding) => finding.rule)).toEqual(['mlmodel.loader', 'mlmodel.code']);
  });
});

describe('S2 what a MLmodel has its loader do', () => {
  it.each([
    ['a loader of its own', model('').replace('mlflow.sklearn', 'evil'), ['suspicious', 'mlmodel.loader']],
    ['a loader that is no text', model('').replace('mlflow.sklearn', '[evil]'), ['suspicious', 'mlmodel.loader']],
    ['no loader', 'flavors:\n  python_function: {}\nrun_id: a\n', ['suspicious', 'mlmodel.loader']],
    ['code', model('    code: code\n'), ['suspicious', 'mlmodel.code']],
    ['code beside another flavor', model('  sklearn:\n    code: code\n'), ['suspicious', 'mlmodel.code']],
    ['no code', model('    code: null\n    data: ~\n'), ['clean']],
    ['a path out of the folder', model('    model_path: ../../x\n'), ['suspicious', 'mlmodel.path']],
    ['an absolute path', model('    env:\n      conda: /etc/passwd\n'), ['suspicious', 'mlmodel.path']],
    ['an address', model('    data: s3://bucket/model\n'), ['suspicious', 'mlmodel.path']],
    ['a type that is listed', model('  sklearn:\n    skops_trusted_types: [sklearn.tree._tree.Tree]\n'), ['clean']],
    [
      'a type that is not',
      model('  sklearn:\n    skops_trusted_types: [mine.Thing]\n'),
      ['suspicious', 'mlmodel.trusts'],
    ],
    ['a call', model('  sklearn:\n    skops_trusted_types:\n    - os.system\n'), ['unsafe', 'mlmodel.trusts']],
    ['a Python object', model('', 'x: !!python/object/apply:os.system [id]\n'), ['unsafe', 'mlmodel.tag']],
    ['another tag', model('', 'x: !mine a\n'), ['malformed', 'mlmodel.malformed']],
  ])('%s', (_, text, expected) => {
    expect(rulesOf(text)).toEqual(expected);
  });

  it('the same as JSON, which is YAML, too', () => {
    const json = (loader_module: string) =>
      JSON.stringify({ flavors: { python_function: { loader_module, n: 1, t: true } }, run_id: null });
    expect(told(json('mlflow.onnx'))).toMatchObject({ format: 'mlmodel', verdict: 'clean' });
    expect(rulesOf(json('evil'))).toEqual(['suspicious', 'mlmodel.loader']);
    expect(rulesOf('{flavors: {python_function: {loader_module: evil}}, run_id: a}')[0]).toBe('unknown');
  });
});

describe('S3 S8 hostile YAML', () => {
  const laughs = `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefghi'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`).join('\n')}\n`;
  it.each([
    ['billion laughs', laughs],
    ['an alias of itself', 'x: &x [*x]\n'],
    ['an alias of nothing', 'x: *x\n'],
    ['two equal keys', 'run_id: a\nrun_id: b\n'],
    ['two equal keys below', 'x: {a: 1, a: 2}\n'],
    ['a merge', 'y: &y {a: 1}\nx:\n  <<: *y\n'],
    ['deep lists', `x: ${'['.repeat(100)}${']'.repeat(100)}\n`],
    ['deep maps', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['deeper maps', Array.from({ length: 1_300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['two documents', '---\nflavors: {}\n'],
    ['a line to others', 'x: a # b\u2028code: evil\n'],
    ['a line to others, of old', 'x: a # b\u0085code: evil\n'],
    ['a lone return', 'x: a # b\rcode: evil\n'],
    ['a quote that stays open', 'x: "\n'],
    ['a tab', 'x:\n\t- a\n'],
    ['a key that is a list', '? [a]\n: b\n'],
  ])('%s is malformed', (_, rest) => {
    expect(rulesOf(model('', rest))).toEqual(['malformed', 'mlmodel.malformed']);
  });

  it('too many parts stay unread', () => {
    expect(rulesOf(model('', '? \n'.repeat(100_000)))).toEqual(['unknown', 'mlmodel.not-read']);
    const list = `x: [${'a,'.repeat(200_000)}]\n`;
    expect(rulesOf(model('', list))).toEqual(['unknown', 'mlmodel.not-read']);
  });

  it('an alias that is small is followed', () => {
    const { facts, verdict } = told(model('  sklearn: &s\n    serialization_format: skops\n  other: *s\n'));
    expect({ verdict, flavors: facts.flavors }).toEqual({
      verdict: 'clean',
      flavors: ['python_function', 'sklearn', 'other'],
    });
  });

  it('a MLmodel of more than a MiB stays unread, one of just that is read', () => {
    const comment = (size: number) => model('', `# ${'x'.repeat(size - model('').length - 3)}\n`);
    expect(comment(2 ** 20)).toHaveLength(2 ** 20);
    expect(told(comment(2 ** 20)).format).toBe('mlmodel');
    expect(told(comment(2 ** 20 + 1))).toMatchObject({ format: 'unknown', verdict: 'unknown' });
  });

  it('names of the prototype are names', () => {
    const text = model('  __proto__:\n    code: evil\n', '__proto__: {a: b}\nconstructor: x\n');
    expect(told(text).facts.flavors).toEqual(['python_function', '__proto__']);
    expect(rulesOf(text)).toEqual(['suspicious', 'mlmodel.code']);
  });

  it('every answer is fast and small', () => {
    const n = 2 ** 20 - 200;
    for (const rest of [
      '[',
      '{a: ',
      '- ',
      '? ',
      'a: ',
      '&a ',
      '!a ',
      '"\\x41',
      'a\n b\n',
      '\n',
      ' ',
      '---\n',
      '%a\n',
      '*x,',
      ':',
    ].map((part) => part.repeat(n / part.length))) {
      const started = performance.now();
      const answer = told(model('', `x: ${rest}`));
      expect(performance.now() - started, rest.slice(0, 9)).toBeLessThan(5_000);
      expect(JSON.stringify(answer).length).toBeLessThan(64 * 1024);
    }
  });
});

describe('what is no MLmodel', () => {
  it.each([
    ['a readme', '# Flavors\n\nflavors: many\n'],
    ['flavors alone', 'flavors:\n  python_function: {}\n'],
    ['flavors that are a text', 'flavors: vanilla\nrun_id: x\n'],
    ['a list', '- flavors:\n- run_id:\n'],
    ['flavors further in', 'x:\n  flavors: {}\n  run_id: a\n'],
  ])('%s', (_, text) => {
    expect(told(text)).toMatchObject({ format: 'unknown', verdict: 'unknown' });
  });
});

describe('signatures', () => {
  const inputs = (...columns: unknown[]) => signatureOf({ inputs: JSON.stringify(columns) })?.inputs;

  it('has names of ours for types of columns', () => {
    const types = ['double', 'float', 'long', 'integer', 'boolean', 'string', 'binary', 'datetime', 'any'];
    expect(inputs(...types.map((type) => ({ type, name: type })))?.map(({ type }) => type)).toEqual([
      'float64',
      'float32',
      'int64',
      'int32',
      'bool',
      'string',
      'binary',
      'datetime',
      'any',
    ]);
  });

  it('writes nested types as text', () => {
    const nested = [
      { type: 'array', items: { type: 'array', items: 'double' } },
      { type: 'array', items: 'long' },
      { type: 'map', values: { type: 'string' } },
      { type: 'object', properties: { a: { type: 'long', required: true }, b: { type: 'string', required: false } } },
    ];
    expect(inputs(...nested)).toEqual([
      { type: 'array<array<float64>>' },
      { type: 'array<int64>' },
      { type: 'map<string, string>' },
      { type: 'object{a: int64, b?: string}' },
    ]);
  });

  it('knows what may be left out', () => {
    expect(inputs({ type: 'long', name: 'a', required: false }, { type: 'long', name: 'b', optional: true })).toEqual([
      { type: 'int64', name: 'a', optional: true },
      { type: 'int64', name: 'b', optional: true },
    ]);
  });

  it('leaves out what cannot be read, and always fits', () => {
    for (const text of ['', 'x', 'null', '{}', '[]', '[1]', '[null]', '[[]]', undefined, null, 3])
      expect(signatureOf({ inputs: text })).toBeUndefined();
    let deep: unknown = 'long';
    for (let i = 0; i < 1_000; i += 1) deep = { type: 'array', items: deep };
    const odd = inputs(
      deep,
      {},
      { type: 3, name: 4 },
      { name: 'n'.repeat(2_000), type: '\u{1f980}'.repeat(500) },
      { type: 'tensor', 'tensor-spec': { dtype: {}, shape: [1.5] } },
      { type: 'tensor', 'tensor-spec': { dtype: 'int8', shape: Array(100).fill(1) } },
      { type: 'tensor', 'tensor-spec': 3 },
      { type: 'object', properties: Object.fromEntries(Array.from({ length: 999 }, (_, i) => [`p${i}`, 'long'])) },
    );
    expect(fits(Signature, { inputs: odd })).toBe(true);
    expect(signatureOf({ inputs: JSON.stringify(Array(10_001).fill({ type: 'long' })) })).toBeUndefined();
  });
});
