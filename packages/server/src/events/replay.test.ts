import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyChange, changeBetween, same } from './replay.ts';

const SUBJECT = { model_id: 1, number: 2 };
const key = fc
  .oneof(fc.constantFrom('a', 'b', 'c', 'constructor', 'toString', 'line\nbreak'), fc.string({ maxLength: 3 }))
  .filter((k) => k !== '__proto__');
const value = fc.jsonValue({ maxDepth: 2 }).filter((v) => v !== null);
const map = <T>(values: fc.Arbitrary<T>) => fc.dictionary(key, values, { maxKeys: 4 });
/** Documents as models and versions are: all with the same fields, maps without null. */
const doc = fc.record({
  name: fc.string(),
  description: fc.option(fc.string()),
  tags: map(fc.string()),
  properties: map(value),
  aliases: fc.oneof(map(fc.nat()), fc.array(fc.string())),
  metrics: map(fc.double({ noNaN: true, noDefaultInfinity: true })),
  lineage: fc.option(map(value)),
  etag: fc.nat(),
});

describe('what lies between two states', () => {
  it('applied to the one gives the other, also through JSON', () => {
    fc.assert(
      fc.property(doc, doc, (before, after) => {
        const [a, b] = JSON.parse(JSON.stringify([before, after]));
        const change = changeBetween(SUBJECT, a, b);
        expect(applyChange(a, JSON.parse(JSON.stringify(change ?? { after: {} })))).toEqual(b);
      }),
    );
  });

  it('backwards gives the one again', () => {
    fc.assert(
      fc.property(doc, doc, (before, after) => {
        const [a, b] = JSON.parse(JSON.stringify([before, after]));
        const change = changeBetween(SUBJECT, a, b);
        if (change) expect(applyChange(b, { after: change.before ?? {} })).toEqual(a);
      }),
    );
  });

  it('a chain of changes from nothing gives the last state', () => {
    fc.assert(
      fc.property(fc.array(doc, { minLength: 1, maxLength: 6 }), (docs) => {
        const states = JSON.parse(JSON.stringify(docs)) as (typeof docs)[number][];
        let state: Record<string, unknown> | undefined;
        let last: Record<string, unknown> | null = null;
        for (const next of states) {
          const change = changeBetween(SUBJECT, last, next);
          if (change) state = applyChange(state, change);
          last = next;
        }
        expect(state).toEqual(states.at(-1));
      }),
    );
  });

  it('names only what differs, of maps only the keys', () => {
    const before = { name: 'a', tags: { a: '1', b: '2' }, etag: 1 };
    expect(changeBetween(SUBJECT, before, { ...before, tags: { a: '1', c: '3' }, etag: 2 })).toEqual({
      ...SUBJECT,
      before: { tags: { b: '2', c: null }, etag: 1 },
      after: { tags: { b: null, c: '3' }, etag: 2 },
    });
    expect(changeBetween(SUBJECT, before, { ...before })).toBeUndefined();
    expect(changeBetween(SUBJECT, null, before)).toEqual({ ...SUBJECT, before: null, after: before });
  });
});

it('sameness is that of JSON, whatever the order of keys', () => {
  expect(same({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 })).toBe(true);
  for (const [a, b] of [
    [[1], [1, 2]],
    [{ a: 1 }, { a: 2 }],
    [{ a: undefined }, {}],
    [[], {}],
    [null, {}],
    [1, '1'],
    [{ a: 1 }, { b: 1 }],
  ])
    expect(same(a, b)).toBe(false);
});
