import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const at = (name: string) => `/models/${encodeURIComponent(name)}`;

for (const [database, open] of Object.entries(databases))
  describe(`models on ${database}`, () => {
    const t = useRegistry(open);

    it('is registered with all its metadata, and read back as it was answered', async () => {
      t.clock.set('2026-03-01T10:00:00.123Z');
      const name = aName('churn');
      const asked = {
        name,
        description: 'Who leaves',
        owner: 'growth',
        tags: { team: 'growth', 'odd key / “x”\n': '', constructor: 'c', toString: 's' },
        properties: { training: { rows: 120_000, ok: true }, ratio: 0.25, list: [1, 'a', null], 'line\nbreak': 'kept' },
        card: '---\nlicense: mit\n---\n# Card',
      };
      const answer = await t.ask('POST', '/models', { body: asked, actor: 'ada' });
      expect(answer.status).toBe(201);
      expect(answer.headers.location).toBe(`/api/v1${at(name)}`);
      expect(answer.headers.etag).toBe('"1"');
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      expect(answer.json).toEqual({
        ...asked,
        aliases: {},
        latest_version: null,
        version_count: 0,
        live: { production: [], staging: [] },
        created_at: '2026-03-01T10:00:00.123Z',
        created_by: 'ada',
        updated_at: '2026-03-01T10:00:00.123Z',
        etag: 1,
        deregistered: null,
      });
      expect((await t.get(at(name))).json).toEqual(answer.json);
      const [listed] = (await t.get(`/models?filter=${encodeURIComponent(`name = '${name}'`)}`)).json.items;
      expect(listed).toEqual(answer.json);
      t.clock.run();
    });

    it('a property that is null is one that is absent, as in a merge patch', async () => {
      const { json } = await t.post('/models', {
        name: aName(),
        properties: { max_depth: null, a: { b: null, c: 1 } },
      });
      expect(json.properties).toEqual({ a: { c: 1 } });
    });

    it('R5 a page that is full of long texts ends early, and the walk still sees every model once', async () => {
      const owner = aName();
      const names = Array.from({ length: 60 }, () => aName());
      for (const name of names) await t.post('/models', { name, owner, card: 'c'.repeat(500_000) });
      const filter = encodeURIComponent(`owner = '${owner}'`);
      const first = (await t.get(`/models?page_size=1000&filter=${filter}`)).json;
      expect(first.items.length).toBe(50);
      const rest = (await t.get(`/models?page_size=1000&filter=${filter}&page_token=${first.next_page_token}`)).json;
      expect(rest.next_page_token).toBeNull();
      const seen = [...first.items, ...rest.items].map((model: { name: string }) => model.name);
      expect(seen.sort()).toEqual(names.sort());
    });

    it('R1 no number of patches makes a model larger than its bound', async () => {
      const { name } = await make.model(t);
      const answers = [];
      for (let i = 0; i < 12; i += 1)
        answers.push(await t.patch(`/models/${name}`, { tags: { [`t${i}`]: 'v'.repeat(100_000) } }));
      expect(answers.slice(0, 10).every((answer) => answer.status === 200)).toBe(true);
      expectProblem(answers[11]!, 422, 'invalid');
    });

    it('has everything but the name left out, and null means the same', async () => {
      const bare = await t.post('/models', { name: aName() });
      const nulls = await t.post('/models', { name: aName(), description: null, owner: null, card: null });
      for (const { json } of [bare, nulls])
        expect(json).toMatchObject({ description: null, owner: null, card: null, tags: {}, properties: {} });
    });

    describe('what is refused', () => {
      it('names every field that is unknown, missing or of the wrong type, all at once', async () => {
        const answer = await t.post('/models', {
          nam: 'x',
          tags: { a: 1, b: null },
          properties: [],
          description: 7,
          card: {},
        });
        const { errors, detail } = expectProblem(answer, 422, 'invalid');
        const paths = (errors as { path: string }[]).map((error) => error.path);
        for (const path of ['/nam', '/name', '/tags/a', '/tags/b', '/properties', '/description', '/card'])
          expect(paths).toContain(path);
        expect(errors).toContainEqual({ path: '/nam', message: 'is not a field here' });
        expect(errors).toContainEqual({ path: '/name', message: 'is missing' });
        expect(detail).toContain('nam is not a field here');
      });

      it.each([
        [
          'tags that are too many',
          { tags: Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`t${i}`, ''])) },
          '/tags',
        ],
        ['a tag key that is too long', { tags: { ['k'.repeat(251)]: 'v' } }, `/tags/${'k'.repeat(251)}`],
        ['an empty tag key', { tags: { '': 'v' } }, '/tags/'],
        ['a number under a key with a line break', { tags: { 'a\nb': 1 } }, '/tags/a\nb'],
        ['a tag value that is too long', { tags: { a: 'v'.repeat(100_001) } }, '/tags/a'],
        [
          'properties that are too many',
          { properties: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`p${i}`, 1])) },
          '/properties',
        ],
        ['a description that is too long', { description: 'd'.repeat(10_001) }, '/description'],
        ['an owner that is too long', { owner: 'o'.repeat(257) }, '/owner'],
        ['an empty owner', { owner: '' }, '/owner'],
        ['a card that is too long', { card: 'c'.repeat(500_001) }, '/card'],
      ])('R1 %s is 422 and says where', async (_what, fields, path) => {
        const name = aName();
        const { errors } = expectProblem(await t.post('/models', { name, ...fields }), 422, 'invalid');
        expect((errors as { path: string }[]).map((error) => error.path)).toContain(path);
        expectProblem(await t.get(at(name)), 404, 'model-not-found');
      });

      it('R1 what is just within the bounds is taken', async () => {
        const name = aName();
        const emoji = '🌊';
        const answer = await t.post('/models', {
          name,
          tags: { [emoji.repeat(250)]: emoji.repeat(100_000), k: '' },
          owner: emoji.repeat(256),
          description: emoji.repeat(10_000),
        });
        expect(answer.status, answer.text.slice(0, 200)).toBe(201);
        expect((await t.get(at(name))).json).toEqual(answer.json);
        expect((await t.post('/models', { name: aName(), card: 'c'.repeat(500_000) })).status).toBe(201);
      });

      it('a body that is not an object is 422', async () => {
        for (const body of [[], 'text', 1, true]) expectProblem(await t.post('/models', body), 422, 'invalid');
        expectProblem(
          await t.ask('POST', '/models', { headers: { 'content-type': 'application/json' } }),
          422,
          'invalid',
        );
      });

      it('query parameters that there are not are 400, by name', async () => {
        const name = (await make.model(t)).name;
        for (const [method, path] of [
          ['GET', `${at(name)}?x_unknown=1`],
          ['GET', '/models?x_unknown=1'],
          ['PATCH', `${at(name)}?x_unknown=1`],
          ['POST', '/models?x_unknown=1'],
          ['DELETE', `${at(name)}?reason=r&x_unknown=1`],
        ] as const) {
          const body = { PATCH: {}, POST: { name: aName() } }[method as string];
          const told = expectProblem(await t.ask(method, path, { body }), 400, 'query-invalid');
          expect(told.errors).toContainEqual({ path: '/x_unknown', message: 'is not a field here' });
        }
      });
    });

    describe('C1 a name is taken once', () => {
      it('answers 409 with the model that has it', async () => {
        const { name } = await make.model(t);
        expect(expectProblem(await t.post('/models', { name }), 409, 'name-taken').model).toBe(name);
      });
    });

    describe('a merge patch (RFC 7396)', () => {
      it('changes what it names and nothing else, and bumps etag and time', async () => {
        const { name } = await make.model(t, { description: 'a', owner: 'o', tags: { a: '1', b: '2' }, card: 'c' });
        const answer = await t.patch(at(name), { description: 'b', tags: { b: null, c: '3' }, card: null });
        expect(answer.status).toBe(200);
        expect(answer.headers.etag).toBe('"2"');
        expect(answer.json).toMatchObject({
          description: 'b',
          owner: 'o',
          tags: { a: '1', c: '3' },
          card: null,
          etag: 2,
        });
        expect((await t.get(at(name))).json).toEqual(answer.json);
      });

      it('goes into properties in depth', async () => {
        const { name } = await make.model(t, { properties: { a: { b: 1, c: { d: 2 } }, list: [1, 2] } });
        const { json } = await t.patch(at(name), {
          properties: { a: { b: null, c: { e: 3 } }, list: [3], n: { m: { x: null } } },
        });
        expect(json.properties).toEqual({ a: { c: { d: 2, e: 3 } }, list: [3], n: { m: {} } });
      });

      it('takes null for a whole map', async () => {
        const { name } = await make.model(t, { tags: { a: '1' }, properties: { a: 1 } });
        const { json } = await t.patch(at(name), { tags: null, properties: null });
        expect(json).toMatchObject({ tags: {}, properties: {} });
      });

      it('that changes nothing records nothing', async () => {
        const { name } = await make.model(t, { tags: { a: '1' }, properties: { a: { x: 1, y: 2 } } });
        const size = await t.registry.ledger.size();
        for (const patch of [
          {},
          { tags: { a: '1', z: null } },
          { properties: { a: { y: 2, x: 1 } } },
          { owner: null },
        ]) {
          const answer = await t.patch(at(name), patch);
          expect(answer.status).toBe(200);
          expect(answer.json.etag).toBe(1);
        }
        expect(await t.registry.ledger.size()).toBe(size);
      });

      it('is read as application/merge-patch+json and application/json', async () => {
        const { name } = await make.model(t);
        const headers = { 'content-type': 'application/merge-patch+json' };
        expect((await t.patch(at(name), { owner: 'x' }, headers)).json.owner).toBe('x');
        for (const type of [
          'text/plain',
          'application/xml',
          'application/octet-stream',
          'application/x-www-form-urlencoded',
        ])
          expectProblem(
            await t.patch(at(name), { owner: 'y' }, { 'content-type': type }),
            415,
            'unsupported-media-type',
          );
      });

      it('keeps to the bounds of what comes out', async () => {
        const tags = (from: number) => Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`t${from + i}`, 'v']));
        const { name } = await make.model(t, { tags: tags(0) });
        const { errors } = expectProblem(await t.patch(at(name), { tags: tags(600) }), 422, 'invalid');
        expect(errors).toEqual([{ path: '/tags', message: expect.stringContaining('1000') }]);
        expect((await t.get(at(name))).json.etag).toBe(1);
      });

      it('cannot change what is not metadata', async () => {
        const { name } = await make.model(t);
        for (const field of ['name', 'etag', 'aliases', 'live', 'created_at', 'deregistered', 'version_count'])
          expect(expectProblem(await t.patch(at(name), { [field]: null }), 422, 'invalid').errors).toEqual([
            { path: `/${field}`, message: 'is not a field here' },
          ]);
      });
    });

    describe('ETag', () => {
      it('If-Match lets a write through on the state that was read, and refuses any other with 412', async () => {
        const { name } = await make.model(t);
        expect((await t.patch(at(name), { owner: 'a' }, { 'if-match': '"1"' })).status).toBe(200);
        const told = expectProblem(await t.patch(at(name), { owner: 'b' }, { 'if-match': '"1"' }), 412, 'stale-write');
        expect(told).toMatchObject({ expected: '1', actual: 2 });
        expectProblem(await t.del(`${at(name)}?reason=r`, { 'if-match': '"1"' }), 412, 'stale-write');
        for (const etags of ['"7", "2"', '"a,b","2"', '*', ' "2" '])
          expect((await t.patch(at(name), {}, { 'if-match': etags })).status).toBe(200);
        for (const etags of ['W/"2"', '"other"', '"2x"', '"1,2"', '"99999999999999999999"'])
          expectProblem(await t.patch(at(name), { owner: 'b' }, { 'if-match': etags }), 412, 'stale-write');
        for (const etags of ['2', '"2', 'x, y', '"2" "3"', '"2",'])
          expectProblem(await t.patch(at(name), { owner: 'b' }, { 'if-match': etags }), 400, 'if-match-invalid');
        expect((await t.get(at(name))).json.owner).toBe('a');
      });

      it('If-None-Match answers 304 where the client has it', async () => {
        const { name } = await make.model(t);
        for (const etags of ['"1"', 'W/"1"', '"0", "1"', '*']) {
          const answer = await t.get(at(name), { 'if-none-match': etags });
          expect(answer.status).toBe(304);
          expect(answer.text).toBe('');
          expect(answer.headers.etag).toBe('"1"');
        }
        expect((await t.get(at(name), { 'if-none-match': '"2"' })).status).toBe(200);
      });
    });

    describe('rename', () => {
      it('moves the model; the old name answers 404 with renamed_to, also after a second rename', async () => {
        const [a, b, c] = [aName('old'), aName('new'), aName('newer')];
        await make.version(t, { model: (await make.model(t, { name: a })).name });
        const answer = await t.post(`${at(a)}/rename`, { name: b });
        expect(answer.status).toBe(200);
        expect(answer.json.name).toBe(b);
        expect(answer.headers.location).toBe(`/api/v1${at(b)}`);
        expect(expectProblem(await t.get(at(a)), 404, 'model-not-found').renamed_to).toBe(b);
        expect(expectProblem(await t.get(`${at(a)}/versions/1`), 404, 'model-not-found').renamed_to).toBe(b);
        await t.post(`${at(b)}/rename`, { name: c });
        for (const old of [a, b]) {
          expect(expectProblem(await t.get(at(old)), 404, 'model-not-found').renamed_to).toBe(c);
          expect(expectProblem(await t.patch(at(old), {}), 404, 'model-not-found').renamed_to).toBe(c);
        }
        expect((await t.get(`${at(c)}/versions/1`)).json.model).toBe(c);
      });

      it('says where a model went although an earlier one of that name lies in the trash', async () => {
        const [a, b] = [aName('a'), aName('b')];
        await make.model(t, { name: a });
        await t.del(`${at(a)}?reason=first`);
        await make.model(t, { name: a });
        await t.post(`${at(a)}/rename`, { name: b });
        expect(expectProblem(await t.get(at(a)), 404, 'model-not-found').renamed_to).toBe(b);
      });

      it('to its own name changes nothing; to another model’s name is 409; to no name at all 422', async () => {
        const [one, two] = [await make.model(t), await make.model(t)];
        const size = await t.registry.ledger.size();
        expect((await t.post(`${at(one.name)}/rename`, { name: one.name })).json.etag).toBe(1);
        expectProblem(await t.post(`${at(one.name)}/rename`, { name: two.name }), 409, 'name-taken');
        expectProblem(await t.post(`${at(one.name)}/rename`, { name: 'a/b' }), 422, 'invalid');
        expectProblem(await t.post(`${at(one.name)}/rename`, {}), 422, 'invalid');
        expect(await t.registry.ledger.size()).toBe(size);
      });

      it('may change the Unicode form or encoding of its own name', async () => {
        const name = aName('é');
        await make.model(t, { name });
        expect((await t.post(`${at(name)}/rename`, { name: name.normalize('NFD') })).status).toBe(200);
        expect((await t.get(at(name.normalize('NFD')))).status).toBe(200);
        expectProblem(await t.get(at(name)), 404, 'model-not-found');
      });

      it('A version is for ever: a name under which another model gave out numbers cannot be taken over', async () => {
        const [a, b] = [aName('a'), aName('b')];
        await make.version(t, { model: (await make.model(t, { name: a })).name });
        await t.del(`${at(a)}?reason=gone`);
        await make.model(t, { name: b });
        expect(expectProblem(await t.post(`${at(b)}/rename`, { name: a }), 409, 'name-retired')).toMatchObject({
          model: a,
          last_number: 1,
        });
      });
    });

    it('404 says what there is to do', async () => {
      for (const [method, path, body] of [
        ['GET', '/models/nobody'],
        ['PATCH', '/models/nobody', {}],
        ['DELETE', '/models/nobody?reason=r'],
        ['POST', '/models/nobody/rename', { name: 'x' }],
        ['POST', '/models/nobody/restore'],
        ['POST', '/models/nobody/purge'],
        ['POST', '/models/nobody/rollback', { reason: 'r' }],
        ['POST', '/models/nobody/versions', {}],
        ['GET', '/models/nobody/versions'],
        ['GET', '/models/nobody/versions/1'],
        ['PUT', '/models/nobody/aliases/champion', { version: 1 }],
        ['DELETE', '/models/nobody/aliases/champion'],
      ] as const) {
        const told = expectProblem(await t.ask(method, path, { body }), 404, 'model-not-found');
        expect(told.model).toBe('nobody');
        expect(told.detail).toContain('POST /models');
      }
    });
  });
