import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';

const read = (text: string) => parseJson(Buffer.from(text));

describe('a JSON body', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        if (/\\u0000|\\ud[89a-f]|"__proto__":/i.test(text) || /\d{16}/.test(text)) return;
        expect(read(text)).toEqual(JSON.parse(text));
        expect(read(JSON.stringify(value, null, 2))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('may be empty, and may begin with a byte order mark', () => {
    expect(read('')).toBeUndefined();
    expect(read('\ufeff{"a":1}')).toEqual({ a: 1 });
  });

  it.each([
    ['{"a":1,"a":2}', 'names a twice'],
    ['{"a":1,"\\u0061":2}', 'names a twice'],
    ['{"x":{"a":1},"y":[{"b":1,"b":1}]}', 'names b twice'],
    ['{"a" : 1 , "a"\n:2}', 'names a twice'],
    ['{"n":1e999}', 'out of range'],
    ['{"n":-1e999}', 'out of range'],
    ['{"n":12345678901234567890}', 'cannot be kept exactly: 12345678901234567890'],
    ['{"n":9007199254740993}', 'cannot be kept exactly'],
    ['{"a":"\\u0000"}', 'a NUL character at /a'],
    ['{"a\\u0000":1}', 'a NUL character in a key'],
    ['{"a":["\\ud800"]}', 'half a surrogate pair at /a/0'],
    ['{"__proto__":{"x":1}}', '__proto__'],
    ['{"a":{"\\u005f_proto__":1}}', '__proto__'],
    ['{', 'is not JSON'],
    ['{"a":1}}', 'is not JSON'],
    ['nonsense', 'is not JSON'],
    ['{"a\\', 'is not JSON'],
    ['"', 'is not JSON'],
    ['-', 'is not JSON'],
  ])('%s is refused: %s', (text, why) => {
    expect(() => read(text)).toThrow(why);
  });

  it.each([
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}'],
    ['[{"a":1},{"a":2}]'],
    ['{"a":{"a":{"a":1}}}'],
    ['{"constructor":1,"toString":2}'],
    ['{"n":9007199254740991,"m":1e300,"f":0.12345678901234567890}'],
    ['{"a":"\\\\","b":"\\""}'],
  ])('%s is taken', (text) => {
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it('R2 that is deeper than 64 levels is refused in bounded time', () => {
    expect(read(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeDefined();
    expect(() => read(`${'['.repeat(65)}${']'.repeat(65)}`)).toThrow('deeper than 64');
    const began = performance.now();
    expect(() => read('['.repeat(1_048_576))).toThrow('deeper than 64');
    expect(() => read('{"a":'.repeat(200_000))).toThrow('deeper than 64');
    expect(() => read(`"${'\\'.repeat(1_048_575)}`)).toThrow('is not JSON');
    expect(() => read(`[${'"a" '.repeat(250_000)}`)).toThrow('is not JSON');
    expect(() => read(`["a"${' '.repeat(1_000_000)}`)).toThrow('is not JSON');
    expect(() => read(`[${'1'.repeat(1_000_000)}]`)).toThrow('out of range');
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('that is not UTF-8 is refused', () => {
    for (const bytes of [[0xff], [0x22, 0xc0, 0xaf, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xff, 0xfe, 0x7b, 0x00]])
      expect(() => parseJson(Buffer.from(bytes))).toThrow('is not UTF-8');
  });
});
