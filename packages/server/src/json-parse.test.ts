import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasFlaw, parseMended } from './json-parse.ts';

/** The same document with every character of its keys written as an escape. */
function escaped(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(escaped).join(' , ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${escapedText(key)} : ${escaped(item)}`);
  return `{ ${members.join(',')} }`;
}
const escapedText = (text: string) =>
  `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;

it('a key is read as it was written, whatever was read before', () => {
  expect(hasFlaw(parseMended as typeof JSON.parse)).toBe(false);
  expect(hasFlaw(JSON.parse)).toBe(false);
  for (let i = 0; i < 10; i += 1) JSON.parse('{"of":"it","\\\\":1,"x\\\\":2,"\\\\u":3}');
  const keysOf = (text: string) => Object.keys(JSON.parse(text));
  expect(keysOf('{"of":"it","\\n":1}')).toEqual(['of', '\n']);
  expect(keysOf('{"of":"it","\\\\":1,"x\\u00e9":2}')).toEqual(['of', '\\', 'xé']);
  expect(keysOf('{"of":"it","\\\\":1,"x\\\\":2,"\\u4e2d\\u6587":3}')).toEqual(['of', '\\', 'x\\', '中文']);
});

it('every document is read as it was written', () => {
  const key = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\\', 'u', 'n', '"', 'é') }));
  const document = fc.json().map((text) => JSON.parse(text) as unknown);
  const object = fc.dictionary(key, document, { maxKeys: 5 });
  fc.assert(
    fc.property(fc.oneof(document, object, fc.array(object)), (value) => {
      const plain = JSON.stringify(value);
      expect(JSON.stringify(parseMended(plain))).toBe(plain);
      expect(JSON.stringify(parseMended(escaped(value)))).toBe(plain);
    }),
    { numRuns: 2_000 },
  );
});

it('what is no JSON is refused with the same words, and a reviver is given the same', () => {
  for (const text of ['', '{"\\n":}', '{"\\n":1', '"\\', '{"a\\":1}', '{"\\n":1}}', '{"\\x":1}', '[1,"\\n":2]'])
    expect(() => parseMended(text)).toThrow(SyntaxError);
  const seen: unknown[] = [];
  const text = '{"a":[1,{"\\n":null}],"\\u0062":"x","drop\\n":1}';
  const value = parseMended(text, (key, item: unknown) => {
    seen.push(key);
    return key === 'drop\n' ? undefined : item;
  });
  expect(value).toEqual({ a: [1, { '\n': null }], b: 'x' });
  expect(seen).toEqual(['0', '\n', '1', 'a', 'b', 'drop\n', '']);
  expect(Object.keys(parseMended('{"__proto__":1,"\\n":2}') as object)).toEqual(['__proto__', '\n']);
  expect(Object.getPrototypeOf(parseMended('{"\\u005f_proto__":{}}'))).toBe(Object.prototype);
});

it('takes a time that grows with the length', () => {
  const deep = 100_000;
  expect(parseMended(`${'{"\\n":'.repeat(deep)}0${'}'.repeat(deep)}`)).toBeTypeOf('object');
  const long = `{"${'\\\\'.repeat(200_000)}":"${'\\"'.repeat(200_000)}"}`;
  expect(Object.keys(parseMended(long) as object)[0]).toHaveLength(200_000);
});
