import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SubjectChange } from '../contract/event.ts';
import { applyChange, changeBetween, type Doc } from '../events/replay.ts';
import { Growing } from './growing.ts';

const key = fc.constantFrom('a', 'b', 'c');
const map = fc.dictionary(key, fc.constantFrom(1, 2));
const state = fc.record(
  {
    status: fc.constantFrom('draft', 'production'),
    tags: map,
    metrics: map,
    aliases: fc.array(key),
    card: fc.option(key),
  },
  { requiredKeys: [] },
);

it('what grows is what applying the changes in order gives', () => {
  fc.assert(
    fc.property(fc.array(state, { minLength: 1 }), (states) => {
      const growing = new Growing();
      let doc: Doc | undefined;
      for (const next of states) {
        const whole = { ...doc, ...next } as Doc;
        const change: SubjectChange | undefined = changeBetween({ model_id: 1, number: 1 }, doc ?? null, whole);
        if (change) growing.take(change);
        if (change) doc = applyChange(doc, change);
        expect(growing.doc()).toEqual(doc ?? {});
        if (doc) expect(JSON.stringify(growing.doc())).toBe(JSON.stringify(doc));
      }
    }),
  );
});
