import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SubjectChange } from '../contract/event.ts';
import { applyChange, changeBetween, type Doc } from './replay.ts';
import { startRewind } from './rewind.ts';
import { slim } from './slim.ts';

const SUBJECT = { model_id: 1, number: 2 };
const key = fc.oneof(fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__'), fc.string({ maxLength: 2 }));
const map = <T>(values: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(key, values), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as Record<string, T>);
const long = fc.constantFrom('x', 'y'.repeat(400), 'z'.repeat(9_000));
const doc = fc.record({
  description: fc.option(long),
  tags: fc.option(map(long), { freq: 9 }),
  properties: map(fc.oneof(long, fc.dictionary(fc.constantFrom('p', 'q'), fc.nat()))),
  aliases: fc.oneof(map(fc.nat()), fc.array(fc.string({ maxLength: 2 }), { maxLength: 2 })),
  lineage: fc.option(map(fc.string())),
  etag: fc.nat(),
});
const history = fc.array(doc, { minLength: 1, maxLength: 8 });

/** The changes through these states, as their lines hold them. */
function linesOf(states: readonly Doc[]): string[] {
  return states.flatMap((state, i) => {
    const change = changeBetween(SUBJECT, states[i - 1] ?? null, state);
    const other = {
      ...SUBJECT,
      number: 0,
      before: { description: 'of another' },
      after: { description: 'o'.repeat(9_000) },
    };
    return change ? [JSON.stringify({ changes: [other, change] })] : [];
  });
}

const read = (line: string) => JSON.parse(line).changes[1] as SubjectChange;

describe('changes taken from the last one back', () => {
  it('give what applying them in order gives, at every moment, from lines without what was known', () => {
    fc.assert(
      fc.property(history, (states) => {
        const lines = linesOf(states);
        let state: Doc | undefined;
        for (const [i, line] of lines.entries()) {
          state = applyChange(state, read(line));
          const rewind = startRewind();
          for (const earlier of lines.slice(0, i + 1).reverse())
            rewind.take(read(slim(earlier, SUBJECT, rewind.known)));
          expect(rewind.onto(undefined)).toEqual(state);
        }
      }),
    );
  });

  it('go onto a state that was kept', () => {
    fc.assert(
      fc.property(history, fc.nat(), (states, at) => {
        const lines = linesOf(states);
        const kept = at % (lines.length + 1);
        const all = lines.map(read);
        const state = all.slice(0, kept).reduce<Doc | undefined>(applyChange, undefined);
        const rewind = startRewind();
        for (const change of all.slice(kept).reverse()) rewind.take(change);
        expect(rewind.onto(state)).toEqual(all.reduce<Doc | undefined>(applyChange, undefined));
      }),
    );
  });

  it('are nothing where there were none', () => {
    expect(startRewind().onto(undefined)).toBeUndefined();
  });
});
