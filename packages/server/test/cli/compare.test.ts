import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done, jsonOf, makePlace, run, type Served, serve } from './support.ts';

const place = await makePlace();
let server: Served;

beforeAll(async () => {
  server = await serve(place);
  await mkdir(join(place.folder, 'both'));
  await writeFile(join(place.folder, 'one.json'), '{}');
  for (const file of ['one.json', 'two.json']) await writeFile(join(place.folder, 'both', file), '{}');
  const evaluate = async (version: number, digest: string, auc: number) => {
    const body = JSON.stringify({ dataset: { name: 'holdout', digest }, metrics: { auc } });
    const url = `${server.url}/api/v1/models/churn/versions/${version}/evaluations`;
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(201);
  };
  const push = (path: string, ...metrics: string[]) =>
    done(place, 'push', 'churn', path, ...metrics.flatMap((one) => ['--metric', one]));
  await push('one.json', 'auc=0.8', 'rmse=2', 'odd=1');
  await push('both', 'auc=0.9', 'rmse=3', 'odd=2');
  await push('one.json', 'auc=0.8');
  await done(place, 'alias', 'set', 'churn/1', 'champion');
  for (const version of [1, 2]) await evaluate(version, 'sha256:aa', version / 4);
  await evaluate(3, 'sha256:bb', 1);
});

afterAll(async () => {
  await server?.stop();
  await place[Symbol.asyncDispose]();
});

describe('assayer compare', () => {
  it('prints a table in which signs, and no colour alone, tell better and worse', async () => {
    const { code, stdout, stderr } = await run(place, 'compare', 'churn/@champion', 'churn/2', 'churn/3');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^ +churn\/1 \(base\) +churn\/2 +churn\/3$/m);
    expect(stdout).toMatch(/^asked +churn\/@champion$/m);
    expect(stdout).toMatch(/^metrics\n.*\nauc +0\.8 +\+ 0\.9 \(\+12\.5%\) +=\s0\.8$/m);
    expect(stdout).toMatch(/^rmse +2 +- 3 \(\+50%\)$/m);
    expect(stdout).toMatch(/^odd +1 +~ 2 \(\+100%\)$/m);
    expect(stdout).toMatch(/^evaluated on holdout, sha256:aa\n.*\nauc +0\.25 +\+ 0\.5 \(\+100%\)$/m);
    expect(stdout).toMatch(/^churn\/3 on holdout: churn\/[12] was evaluated on holdout with another digest/m);
    expect(stdout).toMatch(/^churn\/2: 1 the same, 0 changed, 1 added, 0 removed\n {2}added two\.json$/m);
    expect(stdout).toMatch(/^digest: churn\/1 \(base\), churn\/3$/m);
    expect(stderr).toContain('+ better than the base, - worse');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
    expect(stdout).not.toMatch(/\u001b/);
  });

  it('holds against another base, by its place or its name, and prints JSON', async () => {
    const byPlace = await jsonOf(place, 'compare', 'churn/1', 'churn/2', '--base', '1');
    expect(byPlace).toEqual(await jsonOf(place, 'compare', 'churn/1', 'churn/2', '--base', 'churn/2'));
    expect(byPlace.base).toBe(1);
    expect(byPlace.metrics.items[0]).toMatchObject({
      name: 'auc',
      values: [{ outcome: 'worse' }, { outcome: 'base' }],
    });
  });

  it('says what is wrong', async () => {
    for (const args of [
      ['churn/1'],
      ['churn/1', 'churn'],
      ['churn/1', 'churn/2', '--base', '2'],
      ['churn/1', 'churn/x'],
    ])
      expect(await run(place, 'compare', ...args)).toMatchObject({ code: 2, stdout: '' });
    expect(await run(place, 'compare', 'churn/1', 'churn/9')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Of the second version, "churn/9": churn has no version 9'),
    });
    const past = await run(place, 'compare', 'churn/1', 'churn/2', '--as-of', '2020-01-01T00:00:00Z');
    expect(past).toMatchObject({ code: 1, stderr: expect.stringContaining('There was no model churn') });
  });
});
