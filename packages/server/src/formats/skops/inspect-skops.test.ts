import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../byte-source.ts';
import { inspect } from '../inspect.ts';

const REAL = new URL('../../../test/support/tiny-models/mlflow/sklearn/model.skops', import.meta.url);
const told = (bytes: Uint8Array) => inspect(bytesSource(bytes), 'any');

/** A node as skops writes it. */
const node = (full: string, loader: string, rest: object = {}) => {
  const dot = full.lastIndexOf('.');
  return { __class__: full.slice(dot + 1), __module__: full.slice(0, dot), __loader__: loader, ...rest };
};
const text = (content: unknown) =>
  node('builtins.str', 'JsonNode', { content: JSON.stringify(content), is_json: true });
const list = (...content: unknown[]) => node('builtins.list', 'ListNode', { content });
const skops = (root: object, members: Record<string, Uint8Array> = {}) =>
  zip({ ...members, 'schema.json': Buffer.from(JSON.stringify({ ...root, protocol: 2, _skops_version: '0.16.0' })) });
const rulesOf = (bytes: Uint8Array) => {
  const { format, verdict, findings } = told(bytes);
  return [format, verdict, ...new Set(findings.map((finding) => finding.rule))];
};
const generator = (name: string) =>
  node('numpy.random._generator.Generator', 'RandomGeneratorNode', {
    content: {
      bit_generator: node('builtins.dict', 'DictNode', {
        content: { bit_generator: text(name) },
        key_types: list(node('builtins.str', 'TypeNode')),
      }),
      seed_seq: node('builtins.dict', 'DictNode', { content: {}, key_types: list() }),
    },
  });

describe('skops', () => {
  it('tells what a real one is made of', () => {
    const { format, verdict, media_type, facts } = told(readFileSync(REAL));
    expect({ format, verdict, media_type }).toEqual({
      format: 'skops',
      verdict: 'clean',
      media_type: 'application/zip',
    });
    expect(facts).toMatchObject({ protocol: 2, member_count: 9 });
    expect(facts.types).toEqual(
      expect.arrayContaining([
        'sklearn.pipeline.Pipeline',
        'sklearn.preprocessing._data.StandardScaler',
        'sklearn.linear_model._logistic.LogisticRegression',
        'numpy.ndarray',
      ]),
    );
  });

  it('a real one that is cut, or of which a byte was changed, is never taken for another clean one', () => {
    const bytes = readFileSync(REAL);
    for (let end = 0; end < bytes.length; end += 257) expect(told(bytes.subarray(0, end)).verdict).not.toBe('clean');
  });

  it.each([
    ['a list', list(text(1)), ['skops', 'clean']],
    ['a call', list(node('posix.system', 'FunctionNode')), ['skops', 'unsafe', 'skops.import']],
    ['a type that is a call', list(node('builtins.eval', 'TypeNode')), ['skops', 'unsafe', 'skops.import']],
    ['a type of nobody', list(node('mine.Thing', 'ObjectNode')), ['skops', 'suspicious', 'skops.import']],
    [
      'a dotted name',
      list({ ...node('a.b', 'TypeNode'), __class__: 'sys.modules' }),
      ['skops', 'unsafe', 'skops.import'],
    ],
    ['an unknown loader', list(node('builtins.list', 'EvalNode')), ['skops', 'suspicious', 'skops.loader']],
    [
      'a constructor of data',
      node('datetime.timezone', 'ConstructorFromReduceNode', { content: list() }),
      ['skops', 'clean'],
    ],
    [
      'a constructor of more',
      node('pandas.DataFrame', 'ConstructorFromReduceNode', { content: list() }),
      ['skops', 'suspicious', 'skops.call'],
    ],
    [
      'a method',
      node('builtins.list', 'MethodNode', { content: { func: 'append', obj: list() } }),
      ['skops', 'suspicious', 'skops.method'],
    ],
    [
      'a method that reaches everything',
      node('builtins.list', 'MethodNode', { content: { func: '__reduce_ex__', obj: list() } }),
      ['skops', 'unsafe', 'skops.method'],
    ],
    [
      'keys that are called',
      node('builtins.dict', 'DictNode', { content: { x: text(1) }, key_types: list(node('os.system', 'TypeNode')) }),
      ['skops', 'unsafe', 'skops.import'],
    ],
    ['a generator of numbers', generator('PCG64'), ['skops', 'clean']],
    ['a call in numpy.random', generator('seed'), ['skops', 'suspicious', 'skops.call']],
    [
      'what no loader comes to',
      { ...list(), extra: [[node('os.system', 'FunctionNode')]] },
      ['skops', 'unsafe', 'skops.import'],
    ],
    [
      'a class that is no text',
      { ...list(), content: [{ __loader__: 'ListNode' }] },
      ['skops', 'malformed', 'zip.malformed'],
    ],
  ])('S2 %s', (_, root, expected) => {
    expect(rulesOf(skops(root))).toEqual(expected);
  });

  it('another protocol may mean something else', () => {
    for (const protocol of [0, 3, '2', true, null])
      expect(rulesOf(zip({ 'schema.json': Buffer.from(JSON.stringify({ ...list(), protocol })) }))).toEqual([
        'skops',
        'unknown',
        'skops.protocol',
      ]);
  });

  it('S5 every member is a part of it, or stays unread', () => {
    const bytes = node('builtins.bytes', 'BytesNode', { file: 'a.bin' });
    expect(rulesOf(skops(bytes, { 'a.bin': Buffer.from('x') }))).toEqual(['skops', 'clean']);
    expect(rulesOf(skops(list(), { 'a.bin': Buffer.from('x') }))).toEqual(['skops', 'unknown', 'zip.not-read']);
    expect(rulesOf(skops({ ...bytes, file: 'a.py' }, { 'a.py': Buffer.from('x') }))[1]).toBe('unknown');
    const pickle = Buffer.from('cos\nsystem\n(Vtrue\ntR.');
    expect(rulesOf(skops(bytes, { 'a.bin': pickle })).slice(0, 2)).toEqual(['zip', 'unsafe']);
  });

  it('S8 nested without end is not followed, and other JSON is an archive of something', () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const schema = JSON.stringify({ ...list(), protocol: 2 }).replace('[]', deep);
    expect(rulesOf(zip({ 'schema.json': Buffer.from(schema) }))).toEqual(['skops', 'unknown', 'zip.not-read']);
    for (const other of ['{}', '[]', 'x', '{"__loader__": 1, "protocol": 2}', '{"__loader__": "ListNode"}'])
      expect(rulesOf(zip({ 'schema.json': Buffer.from(other) }))).toEqual(['zip', 'unknown', 'zip.members']);
  });
});

/** A zip archive of stored members. */
function zip(members: Record<string, Uint8Array>): Uint8Array {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, data] of Object.entries(members)) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    locals.push(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), data]));
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, place, Buffer.from(name)]));
    at += locals.at(-1)?.length ?? 0;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}
