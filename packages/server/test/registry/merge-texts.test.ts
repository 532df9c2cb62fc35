import { expect, it } from 'vitest';
import { countSegments } from '../../src/registry/search/merge-texts.ts';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { ada, type Opened, openRegistry, useRegistry } from '../support/open-registry.ts';
import { indexThereAndAnew } from '../support/search-index.ts';

const MANY = 8;
const going = new AbortController().signal;

/** Changes one by one, each a commit and a segment, until so many are left that are not merged by themselves. */
async function untilManySegments(opened: Opened): Promise<string> {
  const { name: model } = await make.model(opened);
  for (let i = 0; i < 60 || (await countSegments(opened.db, 'version')) <= MANY; i += 1) {
    const { number } = await make.version(opened, { model, description: `candidate ${i} of the night` });
    if (i % 7 === 0) {
      await opened.registry.versions.deregister(ada, model, String(number), { reason: 'not wanted' });
      await opened.registry.versions.purge(ada, model, String(number));
    }
    if (i % 5 === 0) await opened.patch(`/models/${model}`, { description: `has seen ${i}` });
  }
  return model;
}

const versionsWith = async ({ get }: Opened, model: string, q: string) =>
  (await get(`/models/${model}/versions?page_size=1000&q=${q}`)).json.items.map(
    ({ number }: { number: number }) => number,
  );

const opened = useRegistry(databases.sqlite);

it('many segments become one, which finds and holds the same', async () => {
  const model = await untilManySegments(opened);
  const asked = ['candidate', 'candidate 1', 'night 30', 'candidate 7', 'seen'];
  const before = await Promise.all(asked.map((q) => versionsWith(opened, model, q)));
  expect(before[0].length).toBeGreaterThan(20);

  await opened.registry.mergeTexts(going);
  expect(await countSegments(opened.db, 'version')).toBe(1);
  expect(await Promise.all(asked.map((q) => versionsWith(opened, model, q)))).toEqual(before);
  const { there, anew } = await indexThereAndAnew(opened.db);
  expect(there).toEqual(anew);
});

it('few segments stay as they are', async () => {
  await make.version(opened, { description: 'one more' });
  const segments = await countSegments(opened.db, 'version');
  expect(segments).toBeGreaterThan(1);
  await opened.registry.mergeTexts(going);
  expect(await countSegments(opened.db, 'version')).toBe(segments);
});

it('ends after the step under way, and goes on the next time, with changes between', async () => {
  const model = await untilManySegments(opened);
  const stopped = new AbortController();
  const merging = opened.registry.mergeTexts(stopped.signal);
  setImmediate(() => stopped.abort());
  await merging;
  // The models come first, and take a step.
  expect(await countSegments(opened.db, 'version')).toBeGreaterThan(MANY);
  await make.version(opened, { model, description: 'made meanwhile' });
  expect(await versionsWith(opened, model, 'meanwhile')).toHaveLength(1);
  await untilManySegments(opened);
  await opened.registry.mergeTexts(going);
  expect(await countSegments(opened.db, 'version')).toBe(1);
  const { there, anew } = await indexThereAndAnew(opened.db);
  expect(there).toEqual(anew);
});

it('there is nothing to do on PostgreSQL', async () => {
  const other = await openRegistry(databases.postgres);
  await make.version(other, { description: 'somewhere else' });
  await other.registry.mergeTexts(going);
  await other.close();
});
