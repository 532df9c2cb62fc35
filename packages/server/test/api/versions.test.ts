import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const at = (name: string, ref: string | number = '') =>
  `/models/${encodeURIComponent(name)}/versions${ref === '' ? '' : `/${encodeURIComponent(ref)}`}`;

for (const [database, open] of Object.entries(databases))
  describe(`versions on ${database}`, () => {
    const t = useRegistry(open);

    it('is created with all its metadata: the next number, a draft, open', async () => {
      t.clock.set('2026-03-01T10:00:00.000Z');
      const { name } = await make.model(t);
      const asked = {
        description: 'second try',
        tags: { stage: 'night', 'a\nb': 'kept' },
        properties: { epochs: 3, nested: { lr: 0.1 } },
        card: '# v1',
        framework: 'sklearn',
        signature: {
          inputs: [{ name: 'x', type: 'float32', shape: [null, 'batch', 4], optional: true }],
          outputs: [{ type: 'int64' }],
          params: [],
        },
        lineage: {
          run_id: 'r1',
          git_commit: 'abc',
          git_url: 'https://example.com/x.git',
          datasets: [{ name: 'train', digest: 'sha256:1', uri: 's3://b/train' }, { name: 'test' }],
          base: { model: 'other', version: 3, relation: 'finetune' },
        },
        metrics: { auc: 0.93, loss: 'NaN', worst: '-Infinity', best: 'Infinity', 'line\nbreak': 1, zero: 0 },
      };
      const answer = await t.ask('POST', at(name), { body: asked, actor: 'ada' });
      expect(answer.status, answer.text).toBe(201);
      expect(answer.headers.location).toBe(`/api/v1${at(name, 1)}`);
      expect(answer.headers.etag).toBe('"1"');
      expect(answer.json).toEqual({
        model: name,
        number: 1,
        status: 'draft',
        state: 'open',
        digest: null,
        size_bytes: 0,
        artifact_count: 0,
        verdict: 'unknown',
        ...asked,
        source: null,
        aliases: [],
        created_at: '2026-03-01T10:00:00.000Z',
        created_by: 'ada',
        updated_at: '2026-03-01T10:00:00.000Z',
        etag: 1,
        deregistered: null,
      });
      expect((await t.get(at(name, 1))).json).toEqual(answer.json);
      expect((await t.get(at(name))).json.items).toEqual([answer.json]);
      expect((await t.get(`/versions?filter=${encodeURIComponent(`name = '${name}'`)}`)).json.items).toEqual([
        answer.json,
      ]);
      expect((await t.get(`/models/${name}`)).json).toMatchObject({ latest_version: 1, version_count: 1 });
      t.clock.run();
    });

    it('refuses what a version cannot have, by name', async () => {
      const { name } = await make.model(t);
      for (const [body, path] of [
        [{ status: 'production' }, '/status'],
        [{ metrics: { auc: '0.9' } }, '/metrics/auc'],
        [{ metrics: { 'a\nb': 'much' } }, '/metrics/a\nb'],
        [{ metrics: { ['m'.repeat(251)]: 1 } }, `/metrics/${'m'.repeat(251)}`],
        [{ lineage: { runid: 'x' } }, '/lineage/runid'],
        [{ lineage: { base: { model: 'a' } } }, '/lineage/base/version'],
        [{ lineage: { datasets: [{}] } }, '/lineage/datasets/0/name'],
        [{ signature: { inputs: [{ name: 'x' }] } }, '/signature/inputs/0/type'],
        [{ signature: { inputs: [{ type: 'x', shape: [1.5] }] } }, '/signature/inputs/0/shape/0'],
        [{ framework: '' }, '/framework'],
      ] as const) {
        const { errors } = expectProblem(await t.post(at(name), body), 422, 'invalid');
        expect((errors as { path: string }[]).map((error) => error.path)).toContain(path);
      }
      expect((await t.get(`/models/${name}`)).json.version_count).toBe(0);
      expect((await t.post(at(name), {})).json.number).toBe(1);
    });

    describe('a merge patch', () => {
      it('completes lineage and signature in depth, null removes', async () => {
        const { model, number } = await make.version(t, {
          lineage: { run_id: 'r', base: { model: 'm', version: 1, relation: 'x' } },
          signature: { inputs: [{ type: 'float' }] },
        });
        const first = await t.patch(at(model, number), {
          lineage: { git_commit: 'abc', base: { relation: null } },
          signature: { outputs: [{ type: 'int' }] },
        });
        expect(first.json).toMatchObject({ etag: 2, lineage: { run_id: 'r', git_commit: 'abc' } });
        expect(first.json.lineage.base).toEqual({ model: 'm', version: 1 });
        expect(first.json.signature).toEqual({ inputs: [{ type: 'float' }], outputs: [{ type: 'int' }] });
        const second = await t.patch(at(model, number), { lineage: { base: null, run_id: null }, signature: null });
        expect(second.json).toMatchObject({ lineage: { git_commit: 'abc' }, signature: null });
        expect(Object.keys(second.json.lineage)).toEqual(['git_commit']);
      });

      it('refuses to leave half a lineage', async () => {
        const { model, number } = await make.version(t);
        const answer = await t.patch(at(model, number), { lineage: { base: { relation: 'finetune' } } });
        const { errors } = expectProblem(answer, 422, 'invalid');
        expect((errors as { path: string }[])[0]?.path).toMatch(/^\/lineage\/base/);
        expect((await t.get(at(model, number))).json).toMatchObject({ lineage: null, etag: 1 });
      });

      it('describes a sealed version, and cannot touch what is sealed, nor metrics, nor aliases', async () => {
        const { model, number, digest } = await make.version(t, { sealed: true });
        const { json } = await t.patch(at(model, number), { description: 'later', tags: { a: 'b' } });
        expect(json).toMatchObject({ description: 'later', digest, state: 'sealed' });
        for (const field of ['digest', 'state', 'status', 'size_bytes', 'metrics', 'aliases', 'number', 'verdict'])
          expectProblem(await t.patch(at(model, number), { [field]: null }), 422, 'invalid');
      });
    });

    describe('refs', () => {
      it('number, latest, alias and status names stand for a version', async () => {
        const { name } = await make.model(t);
        const of = (ref: string) => t.get(at(name, ref)).then((answer) => answer.json.number);
        expectProblem(await t.get(at(name, 'latest')), 404, 'version-not-found');
        await make.version(t, { model: name, status: 'production', aliases: ['champion'] });
        await make.version(t, { model: name, status: 'staging' });
        await make.version(t, { model: name, status: 'production' });
        await make.version(t, { model: name, status: 'archived' });
        await make.version(t, { model: name });
        expect(await of('2')).toBe(2);
        expect(await of('latest')).toBe(5);
        expect(await of('@champion')).toBe(1);
        expect(await of('production')).toBe(3);
        expect(await of('staging')).toBe(2);
        expect(await of('archived')).toBe(4);
        expect(await of('draft')).toBe(5);
        await t.post(`${at(name, 1)}/promotions`, { to: 'staging' });
        await t.post(`${at(name, 1)}/promotions`, { to: 'production' });
        expect(await of('production')).toBe(1); // the newest promoted, not the highest number
        expect((await t.patch(at(name, '@champion'), { owner: 1 })).status).toBe(422);
        expect((await t.patch(at(name, '@champion'), { description: 'by alias' })).json.number).toBe(1);
      });

      it('P5 what is no ref is 404 and says what would be one', async () => {
        const { model } = await make.version(t);
        for (const ref of [
          '0',
          '-1',
          '01',
          '1.0',
          '1e3',
          ' 1',
          '+1',
          '٣',
          '9999999999999999',
          'live',
          'Production',
          'LATEST',
          '@',
          '@v1',
          '@latest',
          '@a b',
          'v1',
          'null',
          '__proto__',
          'constructor',
          '@__proto__',
          '@constructor',
        ]) {
          const answer = await t.get(at(model, ref));
          expect(answer.status, ref).toBe(404);
          expect(answer.json.type).toMatch(/(version|alias)-not-found$/);
        }
        expect(expectProblem(await t.get(at(model, 'live')), 404, 'version-not-found').detail).toContain('@alias');
        expect(expectProblem(await t.get(at(model, '2')), 404, 'version-not-found').detail).toContain('newest is 1');
        expectProblem(await t.get(at(model, '@nobody')), 404, 'alias-not-found');
        expectProblem(await t.get(at(model, 'staging')), 404, 'version-not-found');
      });
    });

    describe('A version is for ever: numbers follow each other without a gap and are never used again', () => {
      it('not after a refused create, not after deregistration of the newest', async () => {
        const { name } = await make.model(t);
        const next = async () => (await t.post(at(name), {})).json.number;
        expect(await next()).toBe(1);
        await t.post(at(name), { framework: 7 });
        await t.post(at(name), { tags: { '': 'v' } });
        expect(await next()).toBe(2);
        await t.del(`${at(name, 2)}?reason=r`);
        expect((await t.get(`/models/${name}`)).json).toMatchObject({ latest_version: 1, version_count: 1 });
        expect(await next()).toBe(3);
        await t.post(`${at(name, 2)}/purge`);
        expect(await next()).toBe(4);
      });

      it('not after the model is deregistered or purged and its name registered anew', async () => {
        const { name } = await make.model(t);
        await make.version(t, { model: name });
        await make.version(t, { model: name });
        await t.del(`/models/${name}?reason=r`);
        await make.model(t, { name });
        expect((await t.get(`/models/${name}`)).json).toMatchObject({ latest_version: null, version_count: 0 });
        expectProblem(await t.get(at(name, 1)), 404, 'version-not-found');
        expect((await t.post(at(name), {})).json.number).toBe(3);
        await t.del(`/models/${name}?reason=r`);
        await t.post(`/models/${name}/purge`);
        await t.post(`/models/${name}/purge`);
        await make.model(t, { name });
        expect((await t.post(at(name), {})).json.number).toBe(4);
      });

      it('not by renaming away and registering the old name anew, nor under another spelling of it', async () => {
        const name = aName('é');
        await make.version(t, { model: (await make.model(t, { name })).name });
        await t.post(`/models/${encodeURIComponent(name)}/rename`, { name: aName() });
        await make.model(t, { name: name.normalize('NFD') });
        expect((await t.post(at(name.normalize('NFD')), {})).json.number).toBe(2);
      });

      it('goes on where it ended when an older model of the name is restored', async () => {
        const { name } = await make.model(t);
        await make.version(t, { model: name });
        await t.del(`/models/${name}?reason=r`);
        await make.model(t, { name });
        await make.version(t, { model: name });
        await t.del(`/models/${name}?reason=r`);
        await t.post(`/models/${name}/purge`); // the newer one
        expect((await t.post(`/models/${name}/restore`)).json.latest_version).toBe(1);
        expect((await t.post(at(name), {})).json.number).toBe(3);
      });

      it('not by taking a name that was given away, nor by coming back to it', async () => {
        const [one, other] = [aName('one'), aName('other')];
        const rename = (from: string, to: string) => t.post(`/models/${from}/rename`, { name: to });
        const next = async (name: string) => (await t.post(at(name), {})).json.number;
        await make.model(t, { name: one });
        expect(await next(one)).toBe(1);
        await rename(one, other);
        expect(await next(other)).toBe(2);
        await make.model(t, { name: one });
        expect([await next(one), await next(one)]).toEqual([2, 3]);
        await t.del(`/models/${one}?reason=r`);
        expect(expectProblem(await rename(other, one), 409, 'name-retired').last_number).toBe(3);
        expect(await next(other)).toBe(3);
        await make.model(t, { name: one });
        expect(await next(one)).toBe(4);
      });

      it('but those of a name do not go with a model that gave none under it', async () => {
        const [used, fresh] = [aName('used'), aName('fresh')];
        await make.version(t, { model: (await make.model(t, { name: used })).name });
        await t.del(`/models/${used}?reason=r`);
        await make.model(t, { name: used });
        await t.post(`/models/${used}/rename`, { name: fresh });
        expect((await t.post(at(fresh), {})).json.number).toBe(1);
        await t.post(`/models/${fresh}/rename`, { name: used });
        expect((await t.post(at(used), {})).json.number).toBe(2);
      });
    });

    describe('seal', () => {
      it('freezes the artifacts; the digest is the SHA-256 of the manifest', async () => {
        const { model, number } = await make.version(t, {
          artifacts: { 'b/2.txt': 'two', 'a.txt': 'one', é: 'é', 'b.txt': 'x' },
        });
        const before = await t.get(`${at(model, number)}/manifest`);
        expect(before.headers.etag).toBeUndefined();
        const answer = await t.post(`${at(model, number)}/seal`);
        expect(answer.status).toBe(200);
        expect(answer.json).toMatchObject({ state: 'sealed', status: 'draft', artifact_count: 4, size_bytes: 9 });
        expect(answer.headers.etag).toBe(`"${answer.json.etag}"`);
        const manifest = await t.get(`${at(model, number)}/manifest`);
        expect(manifest.text).toBe(before.text);
        expect(manifest.headers['content-type']).toMatch(/^application\/json/);
        expect(`sha256:${createHash('sha256').update(manifest.bytes).digest('hex')}`).toBe(answer.json.digest);
        expect(manifest.json.map((entry: { path: string }) => entry.path)).toEqual(['a.txt', 'b.txt', 'b/2.txt', 'é']);
        for (const entry of manifest.json) expect(Object.keys(entry)).toEqual(['path', 'sha256', 'size']);
        expect(manifest.headers.etag).toBe(`"${answer.json.digest}"`);
        const again = await t.get(`${at(model, number)}/manifest`, { 'if-none-match': `"${answer.json.digest}"` });
        expect(again.status).toBe(304);
      });

      it('again changes nothing; an empty version has the digest of the empty manifest', async () => {
        const { model, number } = await make.version(t, { sealed: true, artifacts: {} });
        const size = await t.registry.ledger.size();
        const answer = await t.post(`${at(model, number)}/seal`);
        expect(answer.json.digest).toBe(`sha256:${createHash('sha256').update('[]').digest('hex')}`);
        expect(await t.registry.ledger.size()).toBe(size);
      });

      it('honours If-Match, and takes no body', async () => {
        const { model, number } = await make.version(t);
        expectProblem(await t.post(`${at(model, number)}/seal`, undefined, { 'if-match': '"9"' }), 412, 'stale-write');
        expectProblem(await t.post(`${at(model, number)}/seal`, { force: true }), 422, 'invalid');
        expect((await t.post(`${at(model, number)}/seal`, {}, { 'if-match': '"1"' })).json.state).toBe('sealed');
      });
    });

    it('reads and writes carry ETag and honour If-Match and If-None-Match', async () => {
      const { model, number } = await make.version(t);
      expect((await t.get(at(model, number), { 'if-none-match': '"1"' })).status).toBe(304);
      expect((await t.patch(at(model, number), { card: 'x' }, { 'if-match': '"1"' })).headers.etag).toBe('"2"');
      expectProblem(await t.patch(at(model, number), { card: 'y' }, { 'if-match': '"1"' }), 412, 'stale-write');
      expectProblem(await t.del(`${at(model, number)}?reason=r`, { 'if-match': '"1"' }), 412, 'stale-write');
      expect((await t.get(at(model, number))).json.card).toBe('x');
    });
  });
