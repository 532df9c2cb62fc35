import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/contract/manifest.ts';
import type { Version } from '../../src/contract/version.ts';
import { leafHash } from '../../src/events/merkle.ts';
import { BOUNDS } from '../../src/pack/format.ts';
import { openPack } from '../../src/pack/pack.ts';
import { bytesOf } from '../support/blob-contract.ts';
import { databases } from '../support/databases.ts';
import { logModel, logRun } from '../support/logged.ts';
import { aName, make } from '../support/make.ts';
import { ada, type Opened, useRegistry } from '../support/open-registry.ts';
import { failing, fetchPack, jsonIn, linesIn, readPack, verified } from '../support/packs.ts';
import { expectProblem } from '../support/problems.ts';

const run = promisify(execFile);
const HOLDOUT = { name: 'holdout', digest: 'sha256:1' };

/** What every list of events shows of one: from all the ledger, by hand. */
async function linesAbout(at: Opened, { model, number }: Version): Promise<string[]> {
  const { model_id } = await at.registry.rows.version(model, String(number));
  const lines: string[] = [];
  for await (const { line } of at.ledger.lines(1, await at.ledger.size())) {
    const { changes } = JSON.parse(line) as { changes: { model_id: number; number: number }[] };
    if (changes.some((one) => one.model_id === model_id && one.number === number)) lines.push(line);
  }
  return lines;
}

describe.each(Object.keys(databases) as (keyof typeof databases)[])('a pack of evidence on %s', (kind) => {
  const at = useRegistry(databases[kind]);

  it('holds what is known of the version, and exactly its events, each as it stands in the ledger', async () => {
    const made = { card: '# Churn', metrics: { auc: 0.93 }, lineage: { run_id: 'r', git_commit: 'c0ffee' } };
    const artifacts = { 'b.bin': 'b', 'a/a.bin': 'a' };
    const version = await make.version(at, { ...made, artifacts, status: 'production', aliases: ['champion'] });
    const { model, number } = version;
    const other = await make.version(at, { model, status: 'production' });
    await at.registry.evidence.evaluations.record(ada, model, '1', { dataset: HOLDOUT, metrics: { auc: 0.9 }, n: 10 });
    await at.registry.evidence.metrics.log(ada, model, '1', { metrics: [{ name: 'auc', value: 0.95, step: 1 }] });
    await at.registry.versions.promote(ada, model, '1', { to: 'archived' });
    await at.registry.models.rollBack(ada, model, { reason: 'worse' });
    const answer = await at.get(`/models/${model}/versions/@champion/evidence.zip`);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': expect.stringContaining(`${model}-${number}-evidence.zip`),
      'x-content-type-options': 'nosniff',
    });
    expect(await failing(answer.bytes, { key: at.ledger.vkey })).toEqual([]);

    const files = await readPack(answer.bytes);
    const now = (await at.get(`/models/${model}/versions/1`)).json;
    expect(jsonIn(files, 'version.json')).toEqual(now);
    expect(jsonIn(files, 'model.json')).toEqual((await at.get(`/models/${model}`)).json);
    expect(String(files.get('card.md'))).toBe('# Churn');
    expect(jsonIn(files, 'lineage.json')).toEqual({ lineage: now.lineage, source: null });
    expect(jsonIn(files, 'metrics.json')).toEqual({ metrics: { auc: 0.95 }, linked: [] });
    expect(jsonIn(files, 'artifacts.json')).toEqual((await at.get(`/models/${model}/versions/1/artifacts`)).json.items);
    expect(digestOf(String(files.get('artifact-manifest.json')))).toBe(version.digest);
    expect(jsonIn(files, 'evaluations.json')).toEqual(
      (await at.get(`/models/${model}/versions/1/evaluations`)).json.items,
    );
    expect(jsonIn(files, 'promotions.json').map(({ type, subject }: never) => [type, subject])).toEqual([
      ['version.promoted', `${model}/1`],
      ['version.promoted', `${model}/1`],
      ['version.rolled-back', `${model}/1`],
    ]);
    expect(jsonIn(files, 'promotions.json')[0].details.checks[0]).toMatchObject({ check: 'sealed', outcome: 'passed' });

    const about = await linesAbout(at, version);
    const packed = linesIn(files, 'events.jsonl');
    expect(packed.filter((line) => about.includes(line))).toEqual(about);
    expect(packed.filter((line) => !about.includes(line)).map((line) => JSON.parse(line).type)).toEqual([
      'model.registered',
    ]);
    const size = await at.ledger.size();
    for (const [i, proof] of jsonIn(files, 'proofs.json').entries()) {
      const { seq } = JSON.parse(packed[i]!);
      const asked = (await at.get(`/ledger/proofs/inclusion?seq=${seq}&size=${size}`)).json;
      expect(proof).toEqual({ seq, leaf: asked.leaf, proof: asked.proof });
      expect(Buffer.from(leafHash(packed[i]!)).toString('base64')).toBe(asked.leaf);
    }
    expect(String(files.get('checkpoint.txt'))).toBe((await at.get('/ledger/checkpoint')).text);
    expect(String(files.get('vkey.txt')).trim()).toBe(at.ledger.vkey);
    const { of, ledger, left_out, files: listed } = jsonIn(files, 'manifest.json');
    expect(of).toMatchObject({ model, number: 1, digest: version.digest, artifact_count: 2, size_bytes: 2 });
    expect(ledger).toMatchObject({ origin: at.ledger.origin, size });
    expect(left_out).toEqual(['The bytes of the artifacts: they are in archive.tar and archive.zip of the version.']);
    expect(listed.map(({ name }: { name: string }) => name)).toEqual([...files.keys()].slice(0, -2));
    // The version that took its place and left again has both moves in its own.
    expect(await failing(await fetchPack(at, model, other.number))).toEqual([]);
  });

  it('has what a version was made from, and says of linked metrics that they are', async () => {
    const { run_id } = await logRun(at);
    const { model_id, uri } = await logModel(at, run_id, 'model', { MLmodel: 'flavors: {}', 'model.bin': 'x' });
    await at.mlflow('POST', '/runs/log-metric', { run_id, key: 'auc', value: 0.9, timestamp: 1, step: 0 });
    const dataset = { dataset_name: 'holdout', dataset_digest: '1' };
    await at.mlflow('POST', '/runs/log-metric', { run_id, model_id, key: 'f1', value: 0.8, timestamp: 1, ...dataset });
    const model = aName();
    await at.mlflow('POST', '/registered-models/create', { name: model });
    const asked = { name: model, source: uri, run_id, model_id };
    const made = await at.mlflow('POST', '/model-versions/create', asked);
    expect(made.status, made.text).toBe(200);
    const pack = await fetchPack(at, model, 1);
    expect(await failing(pack, { key: at.ledger.vkey })).toEqual([]);
    const files = await readPack(pack);
    expect(jsonIn(files, 'lineage.json')).toMatchObject({ lineage: { run_id }, source: { model_id, protected: true } });
    const { linked } = jsonIn(files, 'metrics.json');
    expect(linked).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'auc', value: 0.9, origin: { of: 'run', id: run_id } })]),
    );
    expect(jsonIn(files, 'evaluations.json')).toMatchObject([{ metrics: { f1: 0.8 }, source: { run_id } }]);
    expect(String(files.get('index.html'))).toContain('stand in no event');
    expect(jsonIn(files, 'artifacts.json').map(({ path }: { path: string }) => path)).toEqual(['MLmodel', 'model.bin']);
  });

  it('is the same bytes for the same position of the ledger', async () => {
    const { model } = await make.version(at, { sealed: true });
    const first = await fetchPack(at, model, 1);
    expect(await fetchPack(at, model, 'latest')).toEqual(first);
    await make.model(at);
    expect(await fetchPack(at, model, 1)).not.toEqual(first);
  });

  it('takes any ref, and answers HEAD without making it', async () => {
    const { model } = await make.version(at, { status: 'production', aliases: ['champion'] });
    for (const ref of ['1', 'latest', '@champion', 'production'])
      expect((await at.ask('HEAD', `/models/${model}/versions/${ref}/evidence.zip`)).status).toBe(200);
    const missing = await at.get(`/models/${model}/versions/9/evidence.zip`);
    expectProblem(missing, 404, 'version-not-found');
    expectProblem(await at.get(`/models/${aName()}/versions/1/evidence.zip`), 404, 'model-not-found');
  });

  it('is refused of a version that is not sealed', async () => {
    const { model } = await make.version(at);
    const problem = expectProblem(await at.get(`/models/${model}/versions/1/evidence.zip`), 409, 'version-open');
    expect(problem).toMatchObject({ model, number: 1, detail: expect.stringContaining('Seal it first') });
  });

  it('is there of a version in the trash, and of one that was purged', async () => {
    const version = await make.version(at, { sealed: true, card: 'secret', metrics: { auc: 1 } });
    const { model, digest } = version;
    await at.del(`/models/${model}/versions/1?reason=leak`);
    expectProblem(await at.get(`/models/${model}/versions/latest/evidence.zip`), 404, 'version-not-found');
    const trashed = await fetchPack(at, model, 1);
    expect(await failing(trashed, { key: at.ledger.vkey })).toEqual([]);
    expect(jsonIn(await readPack(trashed), 'version.json').deregistered.reason).toBe('leak');

    await at.registry.versions.purge(ada, model, '1');
    const purged = await fetchPack(at, model, 1);
    const { ok, checks } = await verified(purged, { key: at.ledger.vkey });
    expect(ok).toBe(true);
    expect(checks).toContainEqual({
      check: 'artifacts',
      outcome: 'passed',
      detail: 'the version was purged: the digest is all that is left of them',
    });
    const files = await readPack(purged);
    expect(files.has('artifact-manifest.json')).toBe(false);
    expect(files.has('card.md')).toBe(false);
    expect(jsonIn(files, 'version.json')).toMatchObject({ digest, metrics: {}, card: null });
    expect(jsonIn(files, 'manifest.json').left_out[1]).toContain('purged');
    expect(linesIn(files, 'events.jsonl').map((line) => JSON.parse(line).type)).toEqual(
      expect.arrayContaining(['version.created', 'version.deregistered', 'version.purged']),
    );
  });

  it('follows a model through its names', async () => {
    const version = await make.version(at, { status: 'staging' });
    const names = [aName(), aName('客户'), aName()];
    let name = version.model;
    for (const next of names) {
      await at.registry.models.rename(ada, name, next);
      name = next;
    }
    await at.registry.idle();
    const pack = await fetchPack(at, name, 1);
    expect(await failing(pack)).toEqual([]);
    const files = await readPack(pack);
    expect(jsonIn(files, 'version.json').model).toBe(name);
    const types = linesIn(files, 'events.jsonl').map((line) => JSON.parse(line).type);
    expect(types.filter((type) => type.startsWith('model.'))).toEqual([
      'model.registered',
      'model.renamed',
      'model.renamed',
      'model.renamed',
    ]);
  });

  it('has the policies that were in force at each step, and no others, and who approved', async () => {
    const { model } = await make.version(at, { sealed: true });
    let days = 0;
    const edit = async (path: string, approvals = 0) => {
      days += 1;
      const answer = await at.put(path, { statuses: { production: { approvals, expires_days: days } } });
      expect(answer.status, answer.text).toBe(200);
      return days;
    };
    const promote = (to: string) =>
      at.post(`/models/${model}/versions/1/promotions`, { to }, { 'x-assayer-actor': 'ada' });
    await edit('/policies/default');
    const first = await edit('/policies/default');
    await promote('staging');
    await edit(`/models/${model}/policy`);
    const own = await edit(`/models/${model}/policy`, 1);
    const asked = await promote('production');
    expect(asked.status, asked.text).toBe(202);
    await at.post(`/promotions/${asked.json.id}/approve`, { reason: 'seen' }, { 'x-assayer-actor': 'grace' });
    await edit('/policies/default');
    const last = await edit('/policies/default');
    const pack = await fetchPack(at, model, 1);
    expect(await failing(pack)).toEqual([]);
    const files = await readPack(pack);
    const edits = jsonIn(files, 'policy.json').map(({ of, policy }: never) => [
      of,
      (policy as { statuses: { production: { expires_days: number } } }).statuses.production.expires_days,
    ]);
    expect(edits).toEqual([
      ['default', first],
      ['model', own],
      ['default', last],
    ]);
    const steps = jsonIn(files, 'promotions.json');
    expect(steps.map(({ type, by }: { type: string; by: string }) => [type, by])).toEqual([
      ['version.promoted', 'ada'],
      ['promotion.requested', 'ada'],
      ['promotion.approved', 'grace'],
      ['version.promoted', 'grace'],
    ]);
    expect(steps[3].details).toMatchObject({
      policy: { of: 'model' },
      requested_by: 'ada',
      approvals: [{ by: 'grace', reason: 'seen' }],
    });
    expect(String(files.get('index.html'))).toContain('approved by grace');
    await at.put('/policies/default', {});
  });

  it('stands any name and text, in its page as in its files', async () => {
    const name = `客户 "><script>alert(1)</script> ' & \u202eevil ${aName()}`.replaceAll('/', '／');
    await make.model(at, { name, description: '<img src=x onerror=alert(1)>', owner: '</style><script>' });
    const path = '../'.replace('../', '‥／') + '<b>"模型" & \'x\'</b>.bin'.replaceAll('/', '∕');
    const version = await make.version(at, {
      model: name,
      artifacts: { [path]: 'x' },
      card: '</pre><script>alert(1)</script>\u0007 \ud83d\ude00',
      tags: { '<i>': '<script>' },
      metrics: { '<script>': 1 },
      lineage: { git_url: 'javascript:alert(1)', datasets: [{ name: '<script>', digest: '"' }] },
      status: 'production',
    });
    await at.registry.evidence.evaluations.record(ada, name, '1', {
      dataset: { name: '<script>', digest: '</h3>' },
      metrics: { '<script>x': 0.5 },
      slices: [{ slice: '<script>=1', metrics: { a: 1 } }],
    });
    const answer = await at.get(`/models/${encodeURIComponent(name)}/versions/1/evidence.zip`);
    expect(answer.status).toBe(200);
    expect(String(answer.headers['content-disposition'])).toContain('-1-evidence.zip');
    expect(await failing(answer.bytes)).toEqual([]);
    const files = await readPack(answer.bytes);
    const page = String(files.get('index.html'));
    expect(page).not.toMatch(/<script|<img|<i>|<b>|href|\u202e/);
    expect(page).toContain('\\u{7} 😀');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('客户');
    expect(page.match(/<(\w+)/g)?.filter((tag) => /script|iframe|link|img|object|form/i.test(tag))).toEqual([]);
    expect(jsonIn(files, 'artifacts.json')[0].path).toBe(path);
    expect(version.model).toBe(name);
  });

  it('is of one position of the ledger, whatever happens to the version meanwhile', async () => {
    let { model } = await make.version(at, { sealed: true });
    const happen = async () => {
      for (let i = 0; i < 15; i += 1) {
        // So that a pack is put together in the meantime.
        await new Promise((resolve) => setTimeout(resolve, 20));
        const next = aName();
        await at.registry.versions.tag(ada, model, '1', `k${i % 7}`, String(i));
        await at.registry.versions.promote(ada, model, '1', { to: i % 2 ? 'staging' : 'draft' });
        await at.registry.evidence.evaluations.record(ada, model, '1', { dataset: HOLDOUT, metrics: { auc: i / 100 } });
        await at.put('/policies/default', { statuses: { staging: { expires_days: 1 + i } } });
        await at.registry.models.rename(ada, model, next);
        model = next;
      }
      return true as const;
    };
    const happening = happen();
    const sizes = new Set<number>();
    for (let isOver = false; !isOver; ) {
      isOver = await Promise.race([happening, new Promise<false>((resolve) => setTimeout(resolve, 1, false))]);
      const answer = await at.get(`/models/${model}/versions/1/evidence.zip`);
      if (answer.status === 404) continue; // renamed on the way
      const report = await verified(answer.bytes, { key: at.ledger.vkey });
      expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      sizes.add(report.ledger!.size);
    }
    await at.registry.idle();
    await at.put('/policies/default', {});
    expect(sizes.size).toBeGreaterThan(2);
  });

  it('tells what it leaves out where there is more than its bounds', async () => {
    const version = await make.version(at, { sealed: true });
    const { model } = version;
    for (let i = 0; i < 12; i += 1) await at.registry.versions.tag(ada, model, '1', `k${i}`, 'v');
    const make5 = async () => {
      const bounds = { ...BOUNDS, events: 5, shown: 3, components: 0 };
      return bytesOf((await openPack(at.registry.source, model, '1', bounds)).chunks());
    };
    const pack = await make5();
    const files = await readPack(pack);
    const about = await linesAbout(at, version);
    const besides = linesIn(files, 'events.jsonl').filter((line) => !about.includes(line));
    expect(linesIn(files, 'events.jsonl')).toEqual([...besides, ...about.slice(-5)]);
    const { events, left_out } = jsonIn(files, 'manifest.json');
    expect(events).toEqual({ of_version: 5, besides: besides.length, complete: false, all_policies: true });
    expect(left_out[1]).toContain('Events of the version before the newest 5');
    expect(jsonIn(files, 'version.json')).toEqual((await at.get(`/models/${model}/versions/1`)).json);
    expect(String(files.get('index.html'))).toContain(
      `These are 3 of ${besides.length + 5}; all are in <code>events.jsonl</code>`,
    );
    const { ok, notes } = await verified(pack, { key: at.ledger.vkey });
    expect(ok).toBe(true);
    expect(notes).toEqual([expect.stringContaining('Earlier events of the version are left out')]);
  });

  it('is read by Python as by us', async () => {
    const { model } = await make.version(at, { sealed: true });
    const pack = await fetchPack(at, model, 1);
    const folder = await mkdtemp(join(tmpdir(), 'assayer-pack-'));
    try {
      await writeFile(join(folder, 'pack.zip'), pack);
      const lister = `import sys, zipfile, json
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
print(json.dumps([[i.filename, i.file_size] for i in z.infolist()]))`;
      const { stdout } = await run('python3', ['-c', lister, join(folder, 'pack.zip')]);
      expect(JSON.parse(stdout)).toEqual([...(await readPack(pack))].map(([name, bytes]) => [name, bytes.length]));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('breaks off rather than say what the digest does not hold', async () => {
    const { model } = await make.version(at, { sealed: true });
    const { id } = await at.registry.rows.version(model, '1');
    await at.db.write.updateTable('artifact').set({ size_bytes: 1 }).where('version_id', '=', id).execute();
    await expect(fetchPack(at, model, 1)).rejects.toThrow();
  });
});
