import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done, jsonOf, makePlace, run, type Served, serve } from './support.ts';

const place = await makePlace();
const at = (name: string) => join(place.folder, name);
let server: Served;
let key: string;

beforeAll(async () => {
  server = await serve(place);
  await writeFile(at('model.txt'), 'a model');
  await done(place, 'push', 'churn', 'model.txt', '--metric', 'auc=0.93', '--promote', 'production');
  key = (await (await fetch(`${server.url}/api/v1/ledger/key`)).text()).trim();
});

afterAll(async () => {
  await server?.stop();
  await place[Symbol.asyncDispose]();
});

describe('evidence', () => {
  it('fetches a pack, verified, under the name of its version or the one that is given', async () => {
    const told = await done(place, 'evidence', 'churn/production');
    expect(told).toMatch(/^The evidence of churn\/1 is in churn-1-evidence\.zip: .*, verified\.$/m);
    expect(told).toContain(key);
    const { file, size, sha256, of } = await jsonOf(place, 'evidence', 'churn/1', '-o', 'pack.zip');
    expect({ file, of }).toMatchObject({ file: 'pack.zip', of: { model: 'churn', number: 1, artifact_count: 1 } });
    expect((await readFile(at('pack.zip'))).length).toBe(size);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await readdir(place.folder)).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('replaces no file unless it is told to', async () => {
    await writeFile(at('there.zip'), 'mine');
    const refused = await run(place, 'evidence', 'churn/1', '-o', 'there.zip');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('there.zip is there already') });
    expect(await readFile(at('there.zip'), 'utf8')).toBe('mine');
    await done(place, 'evidence', 'churn/1', '-o', 'there.zip', '--force');
    expect(await readFile(at('there.zip'), 'latin1')).toMatch(/^PK/);
    await mkdir(at('folder'));
    expect(await run(place, 'evidence', 'churn/1', '-o', 'folder', '--force')).toMatchObject({ code: 2 });
    expect(await run(place, 'evidence', 'churn/1', '-o', 'nowhere/pack.zip')).toMatchObject({ code: 2 });
  });

  it('says what is in its way', async () => {
    expect(await run(place, 'evidence', 'churn/9')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('churn has no version 9'),
    });
    expect(await run(place, 'evidence', 'churn')).toMatchObject({ code: 2 });
    const created = await fetch(`${server.url}/api/v1/models/churn/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(created.status).toBe(201);
    const { code, stderr } = await run(place, 'evidence', 'churn/2');
    expect([code, stderr]).toEqual([1, expect.stringContaining('Version 2 of churn is not sealed.')]);
  });
});

describe('evidence verify', () => {
  beforeAll(async () => {
    await done(place, 'evidence', 'churn/1', '-o', 'churn-1.zip');
    await done(place, 'pull', 'churn/1', 'pulled');
    await writeFile(at('checkpoint.txt'), await done(place, 'ledger', 'checkpoint'));
  });

  it('verifies without a server', async () => {
    const lonely = { ...place, env: { ...place.env, ASSAYER_SERVER: 'http://127.0.0.1:9' } };
    const told = await run(lonely, 'evidence', 'verify', 'churn-1.zip', '--key', key, '--artifacts', 'pulled');
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toMatch(/^✓ proofs: each event is in the tree of \d+ events$/m);
    expect(told.stdout).toMatch(/^✓ files: each in pulled has the digest of its artifact$/m);
    expect(told.stdout).toMatch(/^The pack holds: churn\/1, sha256:[0-9a-f]{64}\.$/m);
    const report = await jsonOf(lonely, 'evidence', 'verify', 'churn-1.zip', '--checkpoint', 'checkpoint.txt');
    expect(report).toMatchObject({ ok: true, of: { model: 'churn' }, key });
  });

  it('says plainly where the key is the pack’s own', async () => {
    const { code, stderr } = await run(place, 'evidence', 'verify', 'churn-1.zip');
    expect([code, stderr]).toEqual([0, expect.stringContaining("The key is the pack's own")]);
  });

  it('ends with 1 and names every failure', async () => {
    const pack = await readFile(at('churn-1.zip'));
    const where = pack.indexOf('"production"');
    pack.write('"draft", "a"', where);
    await writeFile(at('edited.zip'), pack);
    const { code, stderr } = await run(place, 'evidence', 'verify', 'edited.zip', '--key', key);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The pack edited\.zip does not hold: \d failures\.$/m);
    expect(stderr).toMatch(/^ {2}✗ contents: version\.json is not what the manifest says: it was changed$/m);
    expect(stderr).toMatch(/^ {2}✗ version: version\.json is not what the events give$/m);
    const failed = await run(place, 'evidence', 'verify', 'edited.zip', '--json');
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({ ok: false });
    await writeFile(at('cut.zip'), pack.subarray(0, 1000));
    expect(await run(place, 'evidence', 'verify', 'cut.zip')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it is no ZIP archive, or was cut'),
    });
  });

  it('holds files against the version', async () => {
    const verify = () => run(place, 'evidence', 'verify', 'churn-1.zip', '--key', key, '--artifacts', 'pulled');
    await writeFile(at('pulled/model.txt'), 'b model');
    expect(await verify()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('✗ files: model.txt has other bytes than the artifact'),
    });
    await writeFile(at('pulled/model.txt'), 'a model, and more');
    expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringContaining('has 17 bytes, and not 7') });
    const nothing = await run(place, 'evidence', 'verify', 'churn-1.zip', '--artifacts', 'folder');
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('✗ files: model.txt is not there') });
  });

  it('what is no key, no checkpoint, no folder and no file is misuse', async () => {
    const table: [string[], RegExp][] = [
      [['churn-1.zip', '--key', 'nonsense'], /^--key "nonsense" is not a verifier key/],
      [['churn-1.zip', '--checkpoint', 'model.txt'], /^model\.txt is not a checkpoint/],
      [['churn-1.zip', '--artifacts', 'model.txt'], /^model\.txt is no folder/],
      [['nothing.zip'], /^There is no file nothing\.zip\.$/m],
    ];
    for (const [args, words] of table) {
      const { code, stderr } = await run(place, 'evidence', 'verify', ...args);
      expect([args, code]).toEqual([args, 2]);
      expect(stderr).toMatch(words);
    }
  });
});
