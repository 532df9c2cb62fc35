import { describe, expect, it } from 'vitest';
import { SortError } from './errors.ts';
import { parseSort, sortOf } from './sort.ts';

describe('sort', () => {
  it('reads keys and directions', () => {
    expect(parseSort(' -updated_at , name', 'version')).toEqual([
      { key: 'updated_at', desc: true },
      { key: 'name', desc: false },
    ]);
    expect(parseSort('-tags."odd, key",properties.a."b.c",-version_number', 'version')).toEqual([
      { key: 'tags.odd, key', desc: true },
      { key: 'properties.a."b.c"', desc: false },
      { key: 'number', desc: true },
    ]);
  });

  it.each([
    ['nam', 'sort has no key nam: the keys are name, created_at'],
    ['number', 'sort has no key number'],
    ['name,', 'sort is a list of keys'],
    ['name name', 'sort is a list of keys'],
    ["'name'", 'sort is a list of keys'],
    ['name,-name', 'sort names name twice'],
    ['tags.', 'sort has no key tags.'],
    ['#rank', 'sort has no key #rank'],
    ['constructor', 'sort has no key constructor'],
    ['name,owner,tags.a,tags.b,tags.c,tags.d', 'at most 5 keys'],
  ])('refuses %s', (text, message) => {
    expect(() => parseSort(text, 'model')).toThrow(SortError);
    expect(() => parseSort(text, 'model')).toThrow(message);
  });

  it('has an order where none is asked for', () => {
    const keys = (...query: Parameters<typeof sortOf>) =>
      sortOf(...query).map(({ key, desc }) => (desc ? '-' : '') + key);
    expect(keys('model', {}, false)).toEqual(['name']);
    expect(keys('version', { sort: '' }, false)).toEqual(['-#newest']);
    expect(keys('version', { model_id: 1 }, false)).toEqual(['-number']);
    expect(keys('model', {}, true)).toEqual(['-#rank', '-updated_at']);
    expect(keys('model', { sort: 'name' }, true)).toEqual(['name']);
  });
});
