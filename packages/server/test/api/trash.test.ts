import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { DAY_MS, type Opened, useRegistry } from '../support/open-registry.ts';
import { expectProblem, walk } from '../support/problems.ts';

/** Rows of the search index of one noun: facets and full text. */
async function indexed(t: Opened, noun: 'model' | 'version', id: number) {
  const key = t.db.name === 'postgres' ? 'id' : 'rowid';
  const facets = await sql`select 1 from ${sql.table(`${noun}_facet`)} where ${sql.ref(`${noun}_id`)} = ${id}`.execute(
    t.db.read,
  );
  const words = await sql`select 1 from ${sql.table(`${noun}_text`)} where ${sql.ref(key)} = ${id}`.execute(t.db.read);
  return { facets: facets.rows.length, words: words.rows.length };
}

for (const [database, open] of Object.entries(databases))
  describe(`the trash on ${database}`, () => {
    const t = useRegistry(open);
    const trash = () => walk<{ kind: string; model: string; number: number | null }>(t.get, '/trash', 3);
    const entriesOf = async (model: string) => (await trash()).filter((entry) => entry.model === model);

    describe('a model', () => {
      it('goes there with a reason, answers 404 with where it is, and comes back as it was', async () => {
        t.clock.set('2026-03-01T10:00:00.000Z');
        const { model: name } = await make.version(t, { status: 'staging', aliases: ['a'], description: 'v' });
        const before = (await t.get(`/models/${name}`)).json;
        const gone = await t.ask('DELETE', `/models/${name}?reason=${encodeURIComponent('no longer used')}`, {
          actor: 'ada',
        });
        expect(gone.status).toBe(200);
        const deregistered = {
          at: '2026-03-01T10:00:00.000Z',
          by: 'ada',
          reason: 'no longer used',
          purge_after: '2026-03-31T10:00:00.000Z',
        };
        expect(gone.json).toEqual({ ...before, deregistered, etag: before.etag + 1 });
        const told = expectProblem(await t.get(`/models/${name}`), 404, 'model-not-found');
        expect(told).toMatchObject({ model: name, deregistered });
        expect(told.detail).toContain('/restore');
        expectProblem(await t.get(`/models/${name}/versions/1`), 404, 'model-not-found');
        expectProblem(await t.post(`/models/${name}/versions`, {}), 404, 'model-not-found');
        const filter = encodeURIComponent(`name = '${name}'`);
        for (const list of [`/models?filter=${filter}`, `/versions?filter=${filter}`, `/models?q=${name}`])
          expect((await t.get(list)).json.items).toEqual([]);
        expect(await entriesOf(name)).toEqual([
          { kind: 'model', model: name, number: null, digest: null, deregistered },
        ]);
        const back = await t.post(`/models/${name}/restore`);
        expect(back.json).toEqual({ ...before, etag: before.etag + 2 });
        expect((await t.get(`/models/${name}/versions/@a`)).json).toMatchObject({
          status: 'staging',
          description: 'v',
        });
        expect(await entriesOf(name)).toEqual([]);
        t.clock.run();
      });

      it('needs a reason, and force while a version is in production', async () => {
        const { model: name } = await make.version(t, { status: 'production' });
        expectProblem(await t.del(`/models/${name}`), 400, 'query-invalid');
        expectProblem(await t.del(`/models/${name}?reason=`), 400, 'query-invalid');
        expectProblem(await t.del(`/models/${name}?reason=${'r'.repeat(4_097)}`), 400, 'query-invalid');
        expectProblem(await t.del(`/models/${name}?reason=r&force=maybe`), 400, 'query-invalid');
        const told = expectProblem(await t.del(`/models/${name}?reason=r`), 409, 'in-production');
        expect(told).toMatchObject({ model: name, versions: [1] });
        expectProblem(await t.del(`/models/${name}?reason=r&force=false`), 409, 'in-production');
        expect((await t.del(`/models/${name}?reason=r&force=true`)).status).toBe(200);
        expectProblem(await t.del(`/models/${name}?reason=r&force=true`), 404, 'model-not-found');
      });

      it('frees its name; restored it cannot be while the name is taken', async () => {
        const { name } = await make.model(t, { description: 'first' });
        await t.del(`/models/${name}?reason=r`);
        await make.model(t, { name, description: 'second' });
        expectProblem(await t.post(`/models/${name}/restore`), 409, 'name-taken');
        expectProblem(
          await t.post(`/models/${name}/purge`).then(() => t.post(`/models/${name}/purge`)),
          409,
          'not-in-trash',
        );
        expect((await t.get(`/models/${name}`)).json.description).toBe('second');
      });

      it('C1 cannot be restored beside a name that differs only in Unicode form or encoding', async () => {
        const name = `${aName()} é`;
        await make.model(t, { name });
        await t.del(`/models/${encodeURIComponent(name)}?reason=r`);
        await make.model(t, { name: name.normalize('NFD').replace(' ', '%20') });
        expectProblem(await t.post(`/models/${encodeURIComponent(name)}/restore`), 409, 'name-taken');
      });

      it('of several with one name the one deregistered last comes back', async () => {
        const [name, other] = [aName(), aName()];
        await make.model(t, { name: other, description: 'older, but deregistered last' });
        await make.model(t, { name });
        t.clock.set(Date.now());
        await t.del(`/models/${name}?reason=r`);
        await t.post(`/models/${other}/rename`, { name });
        t.clock.tick(1);
        await t.del(`/models/${name}?reason=r`);
        expect((await t.post(`/models/${name}/restore`)).json.description).toBe('older, but deregistered last');
        t.clock.run();
      });

      it('that is not there cannot be restored or purged: 409 alive, 404 unknown', async () => {
        const { name } = await make.model(t);
        for (const what of ['restore', 'purge']) {
          expectProblem(await t.post(`/models/${name}/${what}`), 409, 'not-in-trash');
          expectProblem(await t.post(`/models/${aName()}/${what}`), 404, 'model-not-found');
          expectProblem(await t.post(`/models/${name}/${what}`, { force: true }), 422, 'invalid');
        }
      });
    });

    describe('a purged model', () => {
      const withWords = { description: 'secretword', tags: { secretkey: 'secretvalue' }, card: 'secretcard' };

      it('leaves the tombstone only: nothing of it can be found, restored or purged again', async () => {
        const { name } = await make.model(t, { ...withWords, owner: 'secretowner', properties: { p: 1 } });
        const { number, digest } = await make.version(t, {
          model: name,
          ...withWords,
          framework: 'x',
          sealed: true,
          aliases: ['a'],
        });
        await make.version(t, { model: name, ...withWords });
        const row = await t.db.read.selectFrom('model').select('id').where('name', '=', name).executeTakeFirstOrThrow();
        await t.del(`/models/${name}?reason=obsolete`);
        const answer = await t.post(`/models/${name}/purge`);
        expect(answer.status).toBe(200);
        expect(answer.json).toMatchObject({
          name,
          description: null,
          owner: null,
          tags: {},
          properties: {},
          card: null,
          aliases: {},
        });
        expect(answer.json.deregistered.reason).toBe('obsolete');
        expect(await indexed(t, 'model', row.id)).toEqual({ facets: 0, words: 0 });
        const versions = await t.db.read
          .selectFrom('version')
          .selectAll()
          .where('model_id', '=', row.id)
          .orderBy('number')
          .execute();
        expect(versions).toHaveLength(2);
        expect(versions[0]).toMatchObject({
          number,
          digest,
          description: null,
          tags: '{}',
          card: null,
          framework: null,
        });
        for (const version of versions) {
          expect(await indexed(t, 'version', version.id)).toEqual({ facets: 0, words: 0 });
          expect(JSON.stringify(version)).not.toContain('secret');
          const artifacts = t.db.read.selectFrom('artifact').selectAll().where('version_id', '=', version.id);
          expect(await artifacts.execute()).toEqual([]);
        }
        expect(expectProblem(await t.get(`/models/${name}`), 404, 'model-not-found').detail).toContain('purged');
        for (const what of ['restore', 'purge'])
          expectProblem(await t.post(`/models/${name}/${what}`), 404, 'model-not-found');
        expect(await entriesOf(name)).toEqual([]);
        expect((await t.get('/events?page_size=1')).json.items[0]).toMatchObject({
          type: 'model.purged',
          subject: name,
        });
      });

      it('that had no metadata is purged all the same', async () => {
        const { name } = await make.model(t);
        await t.del(`/models/${name}?reason=r`);
        expect((await t.post(`/models/${name}/purge`)).status).toBe(200);
        expectProblem(await t.post(`/models/${name}/restore`), 404, 'model-not-found');
        expectProblem(await t.post(`/models/${name}/purge`), 404, 'model-not-found');
        expect(await entriesOf(name)).toEqual([]);
      });
    });

    describe('a version', () => {
      it('goes there with a reason, loses its aliases, and comes back; live ones come back archived', async () => {
        const { model, digest } = await make.version(t, {
          status: 'production',
          aliases: ['champion'],
          description: 'd',
        });
        expectProblem(await t.del(`/models/${model}/versions/1?reason=r`), 409, 'in-production');
        expectProblem(await t.del(`/models/${model}/versions/1`), 400, 'query-invalid');
        const gone = await t.del(`/models/${model}/versions/@champion?reason=leaks&force=true`);
        expect(gone.json).toMatchObject({ number: 1, aliases: [], deregistered: { reason: 'leaks', by: 'anonymous' } });
        expect((await t.get(`/models/${model}`)).json).toMatchObject({
          aliases: {},
          live: { production: [], staging: [] },
          latest_version: null,
          version_count: 0,
        });
        const told = expectProblem(await t.get(`/models/${model}/versions/1`), 404, 'version-not-found');
        expect(told).toMatchObject({ model, ref: '1', digest, deregistered: { reason: 'leaks' } });
        for (const [method, path] of [
          ['GET', 'manifest'],
          ['GET', 'artifacts'],
          ['GET', 'artifacts/model.bin'],
          ['GET', 'archive.tar'],
          ['GET', 'archive.zip'],
          ['POST', 'seal'],
        ] as const)
          expectProblem(await t.ask(method, `/models/${model}/versions/1/${path}`), 404, 'version-not-found');
        expect((await t.get(`/models/${model}/versions`)).json.items).toEqual([]);
        expect(await entriesOf(model)).toMatchObject([{ kind: 'version', number: 1, digest }]);
        const back = await t.post(`/models/${model}/versions/1/restore`);
        expect(back.json).toMatchObject({ status: 'archived', digest, description: 'd', deregistered: null });
        expect((await t.get(`/models/${model}/versions/1/artifacts/model.bin`)).status).toBe(200);
        expect((await t.get(`/models/${model}`)).json).toMatchObject({ latest_version: 1, version_count: 1 });
        expectProblem(await t.post(`/models/${model}/versions/1/restore`), 409, 'not-in-trash');
        expectProblem(await t.post(`/models/${model}/versions/latest/restore`), 409, 'not-in-trash');
        expectProblem(await t.post(`/models/${model}/versions/2/restore`), 404, 'version-not-found');
      });

      it('is purged to its tombstone: number, digest and reason', async () => {
        const { model, digest } = await make.version(t, {
          sealed: true,
          description: 'secretword',
          tags: { a: 'secretvalue' },
          framework: 'x',
        });
        const row = await t.db.read
          .selectFrom('version')
          .select('id')
          .where('digest', '=', digest)
          .executeTakeFirstOrThrow();
        expectProblem(await t.post(`/models/${model}/versions/1/purge`), 409, 'not-in-trash');
        await t.del(`/models/${model}/versions/1?reason=obsolete`);
        const answer = await t.post(`/models/${model}/versions/1/purge`);
        expect(answer.json).toMatchObject({
          number: 1,
          digest,
          description: null,
          tags: {},
          deregistered: { reason: 'obsolete' },
        });
        expect(await indexed(t, 'version', row.id)).toEqual({ facets: 0, words: 0 });
        const told = expectProblem(await t.get(`/models/${model}/versions/1`), 404, 'version-not-found');
        expect(told).toMatchObject({ digest, deregistered: { reason: 'obsolete' } });
        expect(told.detail).toContain('purged');
        expectProblem(await t.post(`/models/${model}/versions/1/restore`), 404, 'version-not-found');
        expectProblem(await t.post(`/models/${model}/versions/1/purge`), 404, 'version-not-found');
        await t.post(`/models/${model}/rename`, { name: `${model}-x` });
        expect(await indexed(t, 'version', row.id)).toEqual({ facets: 0, words: 0 });
      });

      it('that is bare is purged all the same', async () => {
        const { model } = await make.version(t);
        await t.del(`/models/${model}/versions/1?reason=r`);
        expect((await t.post(`/models/${model}/versions/1/purge`)).status).toBe(200);
        expectProblem(await t.post(`/models/${model}/versions/1/restore`), 404, 'version-not-found');
      });

      it('A version is for ever: purging it touches no other version with the same bytes', async () => {
        const bytes = Buffer.from('shared by two');
        const { model } = await make.version(t, { artifacts: { 'a.bin': bytes }, sealed: true });
        const other = await make.version(t, { artifacts: { 'b.bin': bytes }, sealed: true });
        await t.del(`/models/${model}?reason=r`);
        await t.post(`/models/${model}/purge`);
        expect((await t.get(`/models/${other.model}/versions/1/artifacts/b.bin`)).bytes).toEqual(bytes);
      });
    });

    it('is walked in pages, models first, the first to be purged first', async () => {
      const stem = aName('walk');
      t.clock.set('2020-01-01T00:00:00Z');
      const names = Array.from({ length: 5 }, (_, i) => `${stem}-${i}`);
      for (const name of names) await make.model(t, { name });
      const { name: host } = await make.model(t, { name: `${stem}-host` });
      for (let i = 0; i < 5; i += 1) await make.version(t, { model: host });
      for (const name of [...names].reverse()) {
        t.clock.tick(1);
        await t.del(`/models/${name}?reason=r`);
      }
      for (const number of [3, 1, 5]) {
        t.clock.tick(1);
        await t.del(`/models/${host}/versions/${number}?reason=r`);
      }
      const mine = (entries: { model: string; number: number | null }[]) =>
        entries.filter((entry) => entry.model.startsWith(stem)).map((entry) => entry.number ?? entry.model);
      const expected = [...[...names].reverse(), 3, 1, 5];
      for (const size of [1, 2, 4, 5, 6, 1_000])
        expect(mine(await walk(t.get, '/trash', size)), `${size}`).toEqual(expected);
      t.clock.run();
    });

    it('is emptied when the time is over, by the actor system, not before', async () => {
      t.clock.set('2021-01-01T00:00:00Z');
      const { name } = await make.model(t, { description: 'd' });
      const { model } = await make.version(t, { description: 'v' });
      const restored = await make.model(t);
      const together = await make.version(t);
      await t.del(`/models/${together.model}/versions/1?reason=r`);
      await t.del(`/models/${together.model}?reason=r`);
      await t.del(`/models/${name}?reason=r`);
      await t.del(`/models/${model}/versions/1?reason=r`);
      await t.del(`/models/${restored.name}?reason=r`);
      await t.post(`/models/${restored.name}/restore`);
      t.clock.tick(30 * DAY_MS - 1);
      await t.registry.trash.purgeExpired();
      expect((await entriesOf(name)).length + (await entriesOf(model)).length).toBe(2);
      t.clock.tick(1);
      expect(await t.registry.trash.purgeExpired(AbortSignal.abort())).toBe(0);
      expect(await t.registry.trash.purgeExpired()).toBeGreaterThanOrEqual(3);
      expect(await t.registry.trash.purgeExpired()).toBe(0);
      expect((await entriesOf(name)).length + (await entriesOf(model)).length).toBe(0);
      expectProblem(await t.post(`/models/${name}/restore`), 404, 'model-not-found');
      expect((await t.get(`/models/${restored.name}`)).status).toBe(200);
      const { items } = (await t.get(`/events?type=model.purged&actor=system`)).json;
      expect(items.map((event: { subject: string }) => event.subject)).toEqual(
        expect.arrayContaining([name, together.model]),
      );
      for (const event of items) expect(event).toMatchObject({ actor: 'system', verified: true });
      t.clock.run();
    });
  });
