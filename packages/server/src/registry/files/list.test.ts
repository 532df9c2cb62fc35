import fc from 'fast-check';
import { expect, it } from 'vitest';
import { childrenOf } from './list.ts';

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** A table of paths that gives so many rows at a time, and how often it was asked. */
function tableOf(paths: readonly string[], together: number) {
  const rows = [...paths].sort(byBytes).map((path) => ({ path, size_bytes: path.length }));
  const asked = { times: 0 };
  const read = async (from: string, end: string) => {
    asked.times += 1;
    return rows.filter(({ path }) => byBytes(path, from) >= 0 && byBytes(path, end) < 0).slice(0, together);
  };
  return { read, asked };
}

/** What stands next to `/` in the order of bytes, and what is more than one unit of UTF-16. */
const segment = fc.string({
  unit: fc.constantFrom('a', 'b', '-', '.', '0', '\u{ff5e}', '🌊'),
  minLength: 1,
  maxLength: 3,
});
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));

/** No path that goes through another: a file is no folder. */
function asTree(paths: string[]): string[] {
  return [...new Set(paths)].filter((one) => !paths.some((other) => other.startsWith(`${one}/`)));
}

it('a folder is listed as all paths below it say, however few rows are read at a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(path, { maxLength: 60 }),
      path,
      fc.integer({ min: 2, max: 7 }),
      async (all, at, together) => {
        const paths = asTree(all);
        for (const folder of ['', at, ...paths.map((one) => one.split('/')[0] as string)]) {
          const start = folder === '' ? '' : `${folder}/`;
          const below = paths.filter((one) => one.startsWith(start)).map((one) => one.slice(start.length));
          const expected = new Map(
            below.map((rest) => {
              const [name = '', ...deeper] = rest.split('/');
              return [name, deeper.length > 0 ? { name } : { name, size_bytes: start.length + name.length }];
            }),
          );
          const { read } = tableOf(paths, together);
          const listed = await childrenOf(folder, read, together);
          expect(listed).toEqual([...expected.values()].sort((a, b) => byBytes(a.name, b.name)));
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('what is deep in a folder is not read', async () => {
  const deep = Array.from({ length: 5_000 }, (_, i) => `at/deep/${i}/file`);
  const { read, asked } = tableOf([...deep, 'at/a', 'at/z'], 200);
  expect(await childrenOf('at', read)).toEqual([
    { name: 'a', size_bytes: 4 },
    { name: 'deep' },
    { name: 'z', size_bytes: 4 },
  ]);
  expect(asked.times).toBe(2);
});

it('a folder of more children than anyone lists is refused', async () => {
  const read = async (from: string) => {
    const next = from.length === 3 ? 0 : Number(from.slice(3)) + 1;
    return Array.from({ length: 200 }, (_, i) => ({ path: `at/${String(next + i).padStart(9, '0')}`, size_bytes: 1 }));
  };
  await expect(childrenOf('at', read)).rejects.toMatchObject({ kind: 'too-large' });
});
