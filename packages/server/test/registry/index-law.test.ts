import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { indexThereAndAnew } from '../support/search-index.ts';

const long = 'x'.repeat(64);
const word = fc.constantFrom('churn', 'Модель', 'true', long, `${long}y`, `${long}z`);
const scalar = fc.oneof(word, fc.constantFrom(0, -0, 1, 2.5), fc.boolean());
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 5 }), fc.dictionary(fc.constantFrom('x', 'y'), scalar));
const patched = <T>(one: fc.Arbitrary<T>) => fc.option(one, { freq: 3 });
const described: Record<string, fc.Arbitrary<unknown>> = {
  description: patched(word),
  tags: patched(fc.dictionary(fc.constantFrom('a', 'b'), patched(word))),
  properties: patched(fc.dictionary(fc.constantFrom('labels', 'deep'), patched(value))),
  card: patched(fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '))),
};
const dataset = fc.record({ name: word });
const lineage = fc.record(
  {
    run_id: patched(word),
    datasets: patched(fc.array(dataset, { maxLength: 4 })),
    base: patched(fc.record({ model: fc.constantFrom('churn', long, `${long}y`), version: fc.constantFrom(1, 7) })),
  },
  { requiredKeys: [] },
);
/** Of one field, or of several. */
function patchesOf(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const single = Object.entries(fields).map(([key, one]) => fc.record({ [key]: one }));
  return fc.oneof(...single, fc.record(fields, { requiredKeys: [] }));
}
const patches = {
  model: patchesOf({ ...described, owner: patched(word) }),
  version: patchesOf({ ...described, framework: patched(word), lineage: patched(lineage) }),
};

describe.each(Object.keys(databases) as (keyof typeof databases)[])('the search index on %s', (name) => {
  const t = useRegistry(databases[name]);

  it.each(['model', 'version'] as const)('is the same as written anew, after any changes of a %s', async (noun) => {
    const { model, number } = await make.version(t);
    const path = noun === 'model' ? `/models/${model}` : `/models/${model}/versions/${number}`;
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(patches[noun], async (patch) => {
        const { status, text } = await t.patch(path, patch);
        expect(status, text).toBe(200);
        changed += Number(Object.keys(patch).length > 0);
        const { there, anew } = await indexThereAndAnew(t.db);
        expect(there, JSON.stringify(patch)).toEqual(anew);
      }),
      { numRuns: 80, seed: 1, endOnFailure: true },
    );
    expect(changed).toBeGreaterThan(40);
  });
});
