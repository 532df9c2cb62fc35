import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done, jsonOf, makePlace, run, type Served, serve } from './support.ts';

const place = await makePlace();
let server: Served;
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  server = await serve(place);
  await writeFile(join(place.folder, 'config.json'), '{}');
  for (const metric of ['0.8', '0.9']) await done(place, 'push', 'churn', 'config.json', '--metric', `auc=${metric}`);
});

afterAll(async () => {
  await server?.stop();
  await place[Symbol.asyncDispose]();
});

describe('evidence from the shell', () => {
  it('metrics are added and listed', async () => {
    const written = await jsonOf(place, 'metrics', 'churn/2', 'auc=0.95', 'loss=nan', '--step', '3');
    expect(written.metrics).toMatchObject([
      { name: 'auc', value: 0.95, step: 3 },
      { name: 'loss', value: 'NaN', step: 3 },
    ]);
    expect(await done(place, 'metrics', 'churn/2')).toMatch(/METRIC +VALUE +STEP +AT.*\nauc +0\.95 +3 /);
    const history = linesOf(await done(place, 'metrics', 'churn/2', '--history', 'auc', '--json'));
    expect(history.map(({ value }) => value)).toEqual([0.9, 0.95]);
    for (const args of [['churn'], ['churn/2', 'auc'], ['churn/2', 'auc=1', '--step', 'x']])
      expect(await run(place, 'metrics', ...args)).toMatchObject({ code: 2 });
    expect(await run(place, 'metrics', 'churn/2', '--history', 'none')).toMatchObject({ code: 1 });
  });

  it('evaluations are recorded, listed and ranked', async () => {
    const on = ['--dataset', 'holdout', '--digest', 'd1', '--n', '1000'];
    const first = await done(place, 'evaluations', 'add', 'churn/1', 'accuracy=0.9', ...on);
    expect(first).toMatch(/^evaluation \d+ of churn\/1 on holdout\n {2}accuracy 0\.9 \(0\.880 to 0\.917\)\n$/);
    await done(place, 'evaluations', 'add', 'churn/2', 'accuracy=0.93', ...on, '--tag', 'build=7');
    const all = linesOf(await done(place, 'evaluations', 'ls', '--filter', 'metrics.accuracy > 0.8', '--json'));
    expect(all.map(({ number, tags }) => [number, tags])).toEqual([
      [2, { build: '7' }],
      [1, {}],
    ]);
    expect(await done(place, 'evaluations', 'ls', 'churn/1')).toMatch(/churn\/1 +holdout +d1 +1000 +accuracy=0\.9 /);
    const ranked = linesOf(await done(place, 'leaderboard', 'holdout', 'accuracy', '--json'));
    expect(ranked.map(({ rank, number }) => [rank, number])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(await done(place, 'leaderboard', 'holdout', 'accuracy')).toMatch(/ 1 +churn\/2 +0\.93 \(0\.912 to 0\.944\)/);
    expect(await run(place, 'leaderboard', 'none', 'accuracy')).toMatchObject({ code: 1 });
    expect(await run(place, 'leaderboard', 'holdout', 'accuracy', '--direction', 'up')).toMatchObject({ code: 2 });
    expect(await run(place, 'evaluations', 'add', 'churn/1', 'accuracy=0.9')).toMatchObject({ code: 2 });
  });
});
