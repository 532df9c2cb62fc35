import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { done, jsonOf, makePlace, run, type Served, serve } from './support.ts';

const place = await makePlace();
let server: Served;

beforeAll(async () => {
  server = await serve(place);
  await writeFile(join(place.folder, 'config.json'), '{}');
  for (const metric of ['0.8', '0.9']) await done(place, 'push', 'churn', 'config.json', '--metric', `auc=${metric}`);
});
afterAll(async () => {
  await server?.stop();
  await place[Symbol.asyncDispose]();
});

it('a chart is a picture on stdout, or in a file what its ending says', async () => {
  expect(await done(place, 'chart', 'history', 'churn/1', 'churn/latest', '--metric', 'auc')).toMatch(
    /^<svg .*<\/svg>\n$/s,
  );
  const kinds: string[][] = [
    ['versions', 'churn', '--metric', 'auc'],
    ['metrics', 'churn/1', 'churn/2'],
    ['parallel', 'churn/1', 'churn/2'],
    ['slices', 'churn/1'],
    ['roc', 'churn/1', 'churn/2'],
    ['confusion-matrix', 'churn/1'],
  ];
  for (const args of kinds) {
    const told = await jsonOf(place, 'chart', ...args, '-o', 'chart.json');
    expect(told).toEqual({ file: 'chart.json', bytes: expect.any(Number) });
    const data = JSON.parse(await readFile(join(place.folder, 'chart.json'), 'utf8'));
    expect(data.chart).toBe(args[0] === 'versions' ? 'metric' : args[0]);
  }
  await done(place, 'chart', 'metrics', 'churn/1', 'churn/2', '--theme', 'dark', '--width', '500', '-o', 'a.vl.json');
  expect(JSON.parse(await readFile(join(place.folder, 'a.vl.json'), 'utf8')).$schema).toContain('vega-lite');
  expect(await done(place, 'chart', 'badge', 'churn')).toContain('draft v2');
});

it('says what is missing or does not go together', async () => {
  for (const args of [
    ['history', 'churn/1'],
    ['history', 'churn', '--metric', 'auc'],
    ['versions', 'churn/1', '--metric', 'auc'],
    ['versions', 'churn', 'fraud', '--metric', 'auc'],
    ['confusion-matrix', 'churn/1', 'churn/2'],
    ['badge', 'churn', '-o', 'badge.json'],
    ['pie', 'churn/1'],
  ])
    expect(await run(place, 'chart', ...args), args.join(' ')).toMatchObject({ code: 2, stdout: '' });
  expect(await run(place, 'chart', 'roc', 'churn/9')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no version 9'),
  });
});
