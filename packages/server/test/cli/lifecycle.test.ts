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
  server = await serve(place, '--single', 'production');
  await writeFile(join(place.folder, 'config.json'), '{}');
  for (const metric of ['0.8', '0.9'])
    await done(place, 'push', 'churn', 'config.json', '--metric', `auc=${metric}`, '--actor', 'ada');
});

afterAll(async () => {
  await server?.stop();
  await place[Symbol.asyncDispose]();
});

describe('the life of a version', () => {
  it('promote tells each check; the policy holds; rollback puts back', async () => {
    const first = await run(place, 'promote', 'churn/1', 'production');
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/✓ sealed.*moved from draft to production/s),
    });
    const second = await jsonOf(place, 'promote', 'churn/2', 'production', '--reason', 'better');
    expect(second).toMatchObject({ from: 'draft', to: 'production', superseded: [1], reason: 'better' });
    const back = await run(place, 'rollback', 'churn', '--reason', 'false alarms');
    expect(back).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/churn\/1 moved from archived to production/),
    });
    expect(await run(place, 'rollback', 'churn')).toMatchObject({ code: 2 });
  });

  it('a refused promotion prints every check and ends with 1', async () => {
    await done(place, 'push', 'churn', 'config.json', '--no-seal');
    const refused = await run(place, 'promote', 'churn/3', 'staging');
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/✗ sealed/) });
    expect(refused.stderr).not.toMatch(/^\s+at /m);
    const machine = await run(place, 'promote', 'churn/3', 'staging', '--json');
    expect(JSON.parse(machine.stdout)).toMatchObject({ status: 422, checks: expect.any(Array) });
    expect(await run(place, 'promote', 'churn/3', 'live')).toMatchObject({ code: 2 });
  });

  it('aliases are set, listed and removed', async () => {
    await done(place, 'alias', 'set', 'churn/2', 'champion');
    expect(linesOf(await done(place, 'alias', 'ls', 'churn', '--json'))).toEqual([{ alias: 'champion', version: 2 }]);
    expect(await jsonOf(place, 'show', 'churn/@champion')).toMatchObject({ version: { number: 2 } });
    await done(place, 'alias', 'rm', 'churn', 'champion');
    expect(await run(place, 'alias', 'rm', 'churn', 'champion')).toMatchObject({ code: 1 });
    expect(await run(place, 'alias', 'set', 'churn/2', 'v2')).toMatchObject({ code: 2 });
  });

  it('tags are set and removed, of models and versions', async () => {
    expect(await jsonOf(place, 'tag', 'churn', 'team=growth', 'tmp=1')).toMatchObject({ tags: { team: 'growth' } });
    expect((await jsonOf(place, 'tag', 'churn', '--rm', 'tmp')).tags).toEqual({ team: 'growth' });
    expect((await jsonOf(place, 'tag', 'churn/1', 'a=b=c')).tags).toEqual({ a: 'b=c' });
    expect(await run(place, 'tag', 'churn')).toMatchObject({ code: 2 });
  });
});

describe('search and show', () => {
  it('search finds models and versions, one JSON line each', async () => {
    expect(linesOf(await done(place, 'search', 'chu', '--json')).map((one) => one.name)).toEqual(['churn']);
    const filtered = await done(place, 'search', '--versions', '--filter', 'metrics.auc > 0.85', '--json');
    expect(linesOf(filtered).map((one) => one.number)).toEqual([2]);
    expect(await run(place, 'search', 'nothing-like-that')).toMatchObject({ code: 0, stdout: '' });
    const wrong = await run(place, 'search', '--filter', 'status = ');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('filter') });
    expect(await run(place, 'search', '--limit', 'x')).toMatchObject({ code: 2 });
  });

  it('show tells a model, a version, and how it was', async () => {
    expect(await done(place, 'show', 'churn')).toMatch(/production\s+1.*VERSION\s+STATUS/s);
    expect(await done(place, 'show', 'churn/1')).toMatch(/config\.json\s+2 B/);
    const model = await jsonOf(place, 'show', 'churn');
    expect(model).toMatchObject({ model: { name: 'churn' }, versions: [{ number: 3 }, { number: 2 }, { number: 1 }] });
    const early = model.versions[2].created_at;
    const then = await jsonOf(place, 'show', 'churn/1', '--as-of', early);
    expect(then.version).toMatchObject({ status: 'draft' });
    expect(await run(place, 'show', 'nobody')).toMatchObject({ code: 1, stdout: '' });
  });

  it('text of others cannot move the cursor', async () => {
    await done(place, 'tag', 'churn', 'evil=\u001b[2J\u202egnp.exe');
    const { stdout } = await run(place, 'show', 'churn');
    expect(stdout).toContain('\\u001b[2J\\u202egnp.exe');
    const json = await done(place, 'show', 'churn', '--json');
    expect(json).not.toContain('\u202e');
    expect(JSON.parse(json).model.tags.evil).toBe('\u001b[2J\u202egnp.exe');
  });
});

describe('the trash', () => {
  it('rm needs a word, and a reason; restore brings back; purge does not', async () => {
    expect(await run(place, 'rm', 'churn/2', '--reason', 'x')).toMatchObject({ code: 2 });
    expect(await run(place, 'rm', 'churn/2', '--yes')).toMatchObject({ code: 2 });
    await done(place, 'rm', 'churn/2', '--reason', 'leaked labels', '--yes');
    expect(linesOf(await done(place, 'trash', '--json'))).toMatchObject([
      { kind: 'version', model: 'churn', number: 2, deregistered: { reason: 'leaked labels' } },
    ]);
    await done(place, 'restore', 'churn/2');
    await done(place, 'rm', 'churn/latest', '--reason', 'open', '--yes');
    await done(place, 'rm', 'churn/3', '--reason', 'for ever', '--purge', '--yes');
    expect(await run(place, 'restore', 'churn/3')).toMatchObject({ code: 1 });
    expect(await run(place, 'rm', 'churn', '--reason', 'live', '--yes')).toMatchObject({ code: 1 });
  });

  it('rename leaves a pointer, which push does not overrun', async () => {
    await done(place, 'rename', 'churn', 'churn-eu');
    const gone = await run(place, 'push', 'churn', 'config.json');
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringMatching(/churn-eu.*--create/s) });
    await done(place, 'rename', 'churn-eu', 'churn');
  });
});

describe('exit codes', () => {
  it('nobody there is a fault, and says how to start', async () => {
    const { code, stderr } = await run(place, 'show', 'churn', '--server', 'http://127.0.0.1:9');
    expect(code).toBe(3);
    expect(stderr).toMatch(/Cannot reach Assayer at http:\/\/127\.0\.0\.1:9.*assayer serve/s);
  });

  it('a wrong address is misuse', async () => {
    expect(await run(place, 'show', 'churn', '--server', 'ftp://x')).toMatchObject({ code: 2 });
    expect(await run(place, 'show', 'a/b/c')).toMatchObject({ code: 2 });
  });

  it('the actor is recorded, whatever the alphabet', async () => {
    await done(place, 'tag', 'churn', 'by=me', '--actor', 'Ädä 李');
    const [event] = linesOf(await done(place, 'ledger', 'log', '--limit', '1', '--json'));
    expect(event).toMatchObject({ actor: 'Ädä 李', type: 'model.updated' });
  });
});
