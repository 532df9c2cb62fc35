import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slim } from './slim.ts';

const SUBJECT = { model_id: 1, number: 2 };
const hostile = fc.constantFrom('"', '\\', '\\"', '{', '}', '[', ']', ',', ':', '\n', 'ж', '😀', '__proto__');
const text = fc.array(fc.oneof(hostile, fc.string({ maxLength: 4 })), { maxLength: 8 }).map((parts) => parts.join(''));
const long = text.map((part) => `${part}${'x'.repeat(300)}${part}`);
const value = fc.oneof(text, long, fc.integer(), fc.constant(null), fc.array(long, { maxLength: 3 }));
const map = fc.dictionary(text, value, { maxKeys: 4 });
const fields = fc.record({
  card: value,
  description: value,
  tags: map,
  properties: map,
  lineage: fc.option(map),
  etag: fc.nat(),
});
const change = fc.record({
  model_id: fc.constantFrom(1, 3),
  number: fc.constantFrom(0, 2),
  before: fc.option(fields),
  after: fields,
});
const event = fc.record({
  seq: fc.nat(),
  type: fc.constantFrom('version.updated', 'version.created', 'artifact.attached', 'artifact.detached'),
  subject: text,
  details: fc.option(map, { nil: undefined }),
  changes: fc.array(change, { maxLength: 4 }),
  request_id: text,
});
/** Makes a line long enough to be looked into. */
const lineOf = (one: object) => JSON.stringify({ ...one, filler: 'y'.repeat(20_000) });

const isLong = (one: unknown) => Buffer.byteLength(JSON.stringify(one)) > 256;
const emptied = (one: unknown) => (typeof one === 'object' && one !== null && !Array.isArray(one) ? {} : null);

describe('a line without what nobody asks for', () => {
  it('has all that is unknown of the subject, and says as much of the rest as whether it was an object', () => {
    fc.assert(
      fc.property(event, (one) => {
        const line = lineOf(one);
        const read = JSON.parse(
          slim(line, SUBJECT, (field, key) => field === 'card' || (field === 'tags' && key === 'a')),
        );
        const cut = (part: unknown) => (isLong(part) ? emptied(part) : part);
        const cutAll = (part: object | null) =>
          part && Object.fromEntries(Object.entries(part).map(([key, held]) => [key, cut(held)]));
        const expected = JSON.parse(line);
        if (expected.details && one.type === 'version.updated') expected.details = cut(expected.details);
        for (const told of expected.changes) {
          told.before = cutAll(told.before);
          if (told.model_id === 1 && told.number === 2) {
            told.after.card = cut(told.after.card);
            if (Object.hasOwn(told.after.tags, 'a')) told.after.tags.a = cut(told.after.tags.a);
          } else told.after = cutAll(told.after);
        }
        expect(read).toEqual(expected);
      }),
    );
  });

  it('is short where its values are known', () => {
    const after = { card: 'ж"\\'.repeat(100_000), etag: 7 };
    const line = lineOf({ changes: [{ ...SUBJECT, before: after, after }] }).replace(/"y+"/, '"y"');
    expect(slim(line, SUBJECT, (field) => field === 'card').length).toBeLessThan(200);
    expect(slim(line, { model_id: 1 }, (field) => field === 'card').length).toBeLessThan(200);
    expect(JSON.parse(slim(line, SUBJECT)).changes[0].after).toEqual(after);
  });

  it('that is cut off is no line', () => {
    const line = lineOf({ changes: [{ ...SUBJECT, before: null, after: { card: 'x'.repeat(1_000) } }] });
    for (const length of [line.length - 1, line.length - 5, 20_000, 17_000])
      expect(() => JSON.parse(slim(line.slice(0, length), SUBJECT))).toThrow(SyntaxError);
  });
});
