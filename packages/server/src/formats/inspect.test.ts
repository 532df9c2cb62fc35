import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { makeCorpus } from '../../test/support/tiny-models/corpus.ts';
import { bytesSource } from './byte-source.ts';
import { inspect, RULES_VERSION } from './inspect.ts';

const told = (bytes: Uint8Array) => inspect(bytesSource(bytes), 'model.pkl');

describe('S5 what is no model is not taken for one', () => {
  it.each([
    ['an empty file', ''],
    ['a readme', '# Title\n\nThis model (version 1.0) predicts churn.\n'],
    ['a readme that begins with an opcode', 'classifier\nmodel\nfor churn\n'],
    ['a list that begins like an import', 'city\nname\nBerlin\nRome\n'],
    ['CSV', 'id,name\n1,Ada\n2,Grace\n'],
    ['broken JSON', '{"a": [1, 2, {"b": null}]'],
    ['a literal of Python', "{'a': [1, 2, None]}"],
    ['YAML', 'name: conda\nchannels:\n- defaults\n'],
    ['Python', 'import os\n\nos.system("true")\n'],
    ['a Python class', 'class Model(object):\n    def predict(self):\n        return 1\n'],
    ['a Lisp', '(defun a (b) c)\n'],
    ['numbers', 'I1\n2\n3\n'],
    ['German', 'Größe\nÄnderung\n'],
  ])('%s', (_, text) => {
    const { format, verdict, media_type } = told(Buffer.from(text));
    expect({ format, verdict }).toEqual({ format: 'unknown', verdict: 'unknown' });
    expect(media_type).toBe(text === '' ? 'application/octet-stream' : 'text/plain; charset=utf-8');
  });

  it('markup and scripts are text, never what a browser would run', () => {
    for (const text of [
      '<!doctype html><script>alert(1)</script>',
      '<svg onload="alert(1)"/>',
      'alert(1)',
      '%PDF-1.7\n',
    ]) {
      expect(told(Buffer.from(text)).media_type).toBe('text/plain; charset=utf-8');
    }
  });

  it('the path tells nothing', () => {
    const bytes = Buffer.from('cos\nsystem\n(Vtrue\ntR.');
    for (const path of ['a.txt', 'README.md', 'model.onnx', 'x'])
      expect(inspect(bytesSource(bytes), path).verdict).toBe('unsafe');
  });

  it('other protobufs are not taken for ONNX', () => {
    expect(told(Buffer.from('0a03616263120464656667', 'hex')).format).toBe('unknown');
    // A SavedModel: field 1 is a number, field 2 a message.
    expect(told(Buffer.from('0801120a0a08616263646566', 'hex')).format).toBe('unknown');
  });
});

describe('S8 nothing that is uploaded throws or takes long', () => {
  const corpus = makeCorpus();
  afterAll(() => corpus.remove());
  const names = Object.keys(corpus.expected.clean!).filter((name) => corpus.read('clean', name).length < 60_000);

  it('random bytes behind every known beginning', () => {
    const marks = [
      '',
      '\x80\x04',
      'PK\x03\x04',
      'PK\x05\x06',
      '\x93NUMPY\x01\0',
      '\x1f\x8b\x08\0',
      'x\x9c',
      '\x08\x07:',
      '\x10\0\0\0\0\0\0\0{"',
      'flavors:\nrun_id: x\n',
      'python: 3\n',
      '{"',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...marks), fc.uint8Array({ maxLength: 400 }), (mark, bytes) => {
        const started = performance.now();
        expect(told(Buffer.concat([Buffer.from(mark, 'latin1'), bytes])).rules_version).toBe(RULES_VERSION);
        expect(performance.now() - started).toBeLessThan(2000);
      }),
      { numRuns: 5000 },
    );
  });

  it('real files with bytes changed, removed and repeated', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 1, max: 8 }),
        (name, numbers, edits) => {
          let bytes = Uint8Array.from(corpus.read('clean', name));
          const nat = () => numbers.next().value as number;
          for (let i = 0; i < edits; i++) {
            const at = nat() % bytes.length;
            const kind = nat() % 3;
            if (kind === 0) bytes[at] = nat() % 256;
            else if (kind === 1)
              bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + (nat() % 20))]);
            else
              bytes = Uint8Array.from([
                ...bytes.subarray(0, at),
                ...bytes.subarray(at, at + (nat() % 40)),
                ...bytes.subarray(at),
              ]);
            if (bytes.length === 0) return;
          }
          const started = performance.now();
          told(bytes);
          expect(performance.now() - started).toBeLessThan(2000);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('an archive whose member inflates to more than it says is malformed', () => {
    const data = deflateRawSync(Buffer.alloc(5000));
    expect(told(zip('a', data, 10)).verdict).toBe('malformed');
  });
});

/** A zip archive of one deflated member that states `size`. */
function zip(name: string, data: Uint8Array, size: number): Uint8Array {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(size, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), data]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\0', 'latin1'),
    common,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
