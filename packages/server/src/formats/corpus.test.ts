import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { makeCorpus } from '../../test/support/tiny-models/corpus.ts';
import { bytesSource } from './byte-source.ts';
import { inspect } from './inspect.ts';

const corpus = makeCorpus();
afterAll(() => corpus.remove());

function told(kind: string, name: string) {
  return inspect(bytesSource(corpus.read(kind, name)), 'any/name.txt');
}

for (const kind of ['clean', 'hostile']) {
  describe(`S5 told from the bytes: ${kind}`, () => {
    it.each(Object.entries(corpus.expected[kind]!))('%s', (name, { format, verdict }) => {
      const { format: toldFormat, verdict: toldVerdict, findings } = told(kind, name);
      expect({ format: toldFormat, verdict: toldVerdict, findings }).toMatchObject({ format, verdict });
    });
  });
}

describe('promises', () => {
  const hostile = Object.keys(corpus.expected.hostile!);

  it('Nothing uploaded is ever executed (promise 5, S1)', () => {
    for (const name of hostile) told('hostile', name);
    expect(existsSync(corpus.marker)).toBe(false);
  });

  it('S2 S6 nothing hostile is clean, and nothing benign is more than unknown', () => {
    expect(hostile.filter((name) => told('hostile', name).verdict === 'clean')).toEqual([]);
    const benign = Object.keys(corpus.expected.clean!);
    expect(benign.filter((name) => !['clean', 'unknown'].includes(told('clean', name).verdict))).toEqual([]);
  });

  it('S2 says what is imported, once', () => {
    const { findings, facts } = told('hostile', 'nested-4.pkl');
    expect(findings.filter((f) => f.rule === 'pickle.import')).toEqual([
      {
        rule: 'pickle.import',
        severity: 'unsafe',
        where: expect.stringMatching(/^byte \d+$/),
        what: 'imports posix.system',
      },
    ]);
    expect(facts).toMatchObject({ protocol: 4, streams: 1, imports: ['posix.system'] });
  });

  it('S6 a cut file is never clean, wherever it is cut', () => {
    for (const name of [
      'logistic-0.pkl',
      'logistic-2.pkl',
      'logistic-5.pkl',
      'forest.joblib',
      'arrays.joblib',
      'layers.pt',
      'two.npz',
    ]) {
      const bytes = corpus.read('clean', name);
      for (let end = 0; end < bytes.length; end += 1 + (bytes.length >> 9)) {
        const { verdict } = inspect(bytesSource(bytes.subarray(0, end)), name);
        expect(`${name} ${end} ${verdict}`).not.toMatch(/clean$/);
      }
    }
  });

  it('S8 every answer is small', () => {
    for (const kind of ['clean', 'hostile']) {
      for (const name of Object.keys(corpus.expected[kind]!)) {
        const answer = told(kind, name);
        expect(JSON.stringify(answer.facts).length).toBeLessThan(64 * 1024);
        expect(answer.findings.length).toBeLessThanOrEqual(100);
      }
    }
  });
});

describe('facts', () => {
  it('ONNX: inputs and outputs become the signature, without initialisers', () => {
    const { signature, facts, findings } = told('clean', 'branches.onnx');
    expect(signature).toEqual({
      inputs: [{ name: 'c', type: 'bool', shape: [] }],
      outputs: [{ name: 'z', type: 'float32' }],
    });
    expect(facts).toMatchObject({
      opset_import: { 'ai.onnx': 20, 'org.example': 1 },
      graph_name: 'g',
      nodes: 2,
      operators: { If: 1, Identity: 2, 'org.example.Fancy': 1 },
      initializers: 1,
    });
    expect(findings).toEqual([
      { rule: 'onnx.custom-domain', severity: 'info', where: 'node', what: 'uses operators of the domain org.example' },
    ]);
  });

  it('ONNX: a classifier of scikit-learn, with its sequence of maps', () => {
    const { signature, facts } = told('clean', 'logistic.onnx');
    expect(signature?.inputs).toEqual([{ name: 'X', type: 'float32', shape: [null, 4] }]);
    expect(signature?.outputs).toEqual([
      { name: 'output_label', type: 'int64', shape: [null] },
      { name: 'output_probability', type: 'sequence(map(int64, float32))' },
    ]);
    expect(facts).toMatchObject({ producer_name: 'skl2onnx' });
  });

  it('ONNX: data beside the model is told', () => {
    const { findings, facts } = told('clean', 'beside.onnx');
    expect(findings[0]).toMatchObject({ rule: 'onnx.external-data', severity: 'info' });
    expect(facts.external_data).toEqual(['weights.bin']);
  });

  it('safetensors', () => {
    expect(told('clean', 'weights.safetensors').facts).toEqual({
      tensors: 3,
      parameters: 243,
      types: { F32: 1, F16: 1, I64: 1 },
      metadata: { format: 'np' },
    });
  });

  it('NumPy', () => {
    expect(told('clean', 'floats.npy').facts.arrays).toEqual([{ type: '<f8', shape: [60, 4], fortran_order: false }]);
    expect(told('clean', 'two.npz').facts.arrays).toMatchObject([{ member: 'a.npy' }, { member: 'b.npy', shape: [3] }]);
  });

  it('joblib', () => {
    expect(told('clean', 'arrays.joblib').facts).toMatchObject({ arrays: 7, streams: 1 });
    expect(told('clean', 'forest-gzip.joblib').facts).toMatchObject({ compression: 'gzip' });
    expect(told('clean', 'forest-xz.joblib').facts).toEqual({ compression: 'xz' });
  });

  it('PyTorch', () => {
    expect(told('clean', 'layers.pt').facts).toMatchObject({ layout: 'zip', torchscript: false, member_count: 4 });
    expect(told('clean', 'legacy.pt').facts).toMatchObject({ layout: 'legacy', streams: 5 });
  });
});
