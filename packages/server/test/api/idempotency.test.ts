import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { DAY_MS, useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

const form = (files: Record<string, string>) => {
  const parts = Object.entries(files).map(
    ([path, content]) =>
      `--edge\r\nContent-Disposition: form-data; name="file"; filename="${path}"\r\nContent-Type: application/octet-stream\r\n\r\n${content}\r\n`,
  );
  return Buffer.from(`${parts.join('')}--edge--\r\n`);
};
const FORM = { 'content-type': 'multipart/form-data; boundary=edge' };

for (const [database, open] of Object.entries(databases))
  describe(`Idempotency-Key on ${database}`, () => {
    const t = useRegistry(open);
    let keys = 0;
    const newKey = () => {
      keys += 1;
      return { 'idempotency-key': `key-${keys}` };
    };

    it('D9 the same key and body give the first answer: one effect, the same status, body and headers', async () => {
      const key = newKey();
      const body = { name: aName(), tags: { a: 'b' } };
      const first = await t.post('/models', body, key);
      await t.patch(`/models/${body.name}`, { description: 'changed since' });
      const again = await t.post('/models', body, key);
      expect(again.status).toBe(201);
      expect(again.json).toEqual(first.json);
      expect(again.headers).toMatchObject({ location: first.headers.location, etag: first.headers.etag });
      expect((await t.get(`/models/${body.name}`)).json.etag).toBe(2);
    });

    it('the same key with another body, address or method of asking is a 422', async () => {
      const key = newKey();
      const name = aName();
      await t.post('/models', { name }, key);
      for (const [path, body] of [
        ['/models', { name: aName() }],
        ['/models', { name, description: 'x' }],
        [`/models/${name}/versions`, {}],
      ] as const)
        expectProblem(await t.post(path, body, key), 422, 'idempotency-key-reused');
      expect((await t.get(`/models/${name}`)).json.version_count).toBe(0);
    });

    it('a refused first try does not use the key up', async () => {
      const key = newKey();
      const { name } = await make.model(t);
      const ask = () => t.post(`/models/${name}/versions/1/promotions`, { to: 'staging' }, key);
      expectProblem(await ask(), 404, 'version-not-found');
      await make.version(t, { model: name });
      expectProblem(await ask(), 422, 'check-failed');
      await t.post(`/models/${name}/versions/1/seal`);
      expect((await ask()).status).toBe(200);
      expect((await ask()).json.from).toBe('draft');
    });

    it('a first try that changed nothing is remembered too', async () => {
      const key = newKey();
      const { model } = await make.version(t, { status: 'staging' });
      const ask = (to: string) => t.post(`/models/${model}/versions/1/promotions`, { to }, key);
      const first = await ask('staging');
      await t.post(`/models/${model}/versions/1/promotions`, { to: 'archived' });
      expect((await ask('staging')).json).toEqual(first.json);
      expectProblem(await ask('production'), 422, 'idempotency-key-reused');
      expect((await t.get(`/models/${model}/versions/1`)).json.status).toBe('archived');
    });

    it('D9 many at once with one key have one effect and one answer', async () => {
      const key = newKey();
      const { name } = await make.model(t);
      const answers = await Promise.all(Array.from({ length: 20 }, () => t.post(`/models/${name}/versions`, {}, key)));
      for (const answer of answers) expect([answer.status, answer.json]).toEqual([201, answers[0]?.json]);
      expect((await t.get(`/models/${name}`)).json.version_count).toBe(1);
    });

    it('works for every POST', async () => {
      const { model } = await make.version(t, { status: 'production' });
      await make.version(t, { model, status: 'production' });
      await make.version(t, { model });
      const to = aName();
      const steps: [string, unknown][] = [
        [`/models/${model}/versions`, {}],
        [`/models/${model}/versions/3/seal`, undefined],
        [`/models/${model}/versions/3/promotions`, { to: 'staging' }],
        [`/models/${model}/rollback`, { reason: 'worse' }],
        [`/models/${model}/rename`, { name: to }],
      ];
      for (const [path, body] of steps) {
        const key = newKey();
        const size = await t.registry.ledger.size();
        const first = await t.post(path, body, key);
        expect(first.status, path).toBeLessThan(300);
        const again = await t.post(path, body, key);
        expect([again.status, again.json], path).toEqual([first.status, first.json]);
        expect(await t.registry.ledger.size(), path).toBe(size + 1);
      }
      await t.del(`/models/${to}/versions/4?reason=r`);
      await t.del(`/models/${to}/versions/3?reason=r`);
      for (const path of [`/models/${to}/versions/4/restore`, `/models/${to}/versions/3/purge`]) {
        const key = newKey();
        const first = await t.post(path, undefined, key);
        expect(first.status, first.text).toBe(200);
        expect((await t.post(path, undefined, key)).json).toEqual(first.json);
      }
      await t.del(`/models/${to}?reason=r&force=true`);
      for (const what of ['restore', 'purge']) {
        if (what === 'purge') await t.del(`/models/${to}?reason=r&force=true`);
        const key = newKey();
        const first = await t.post(`/models/${to}/${what}`, undefined, key);
        expect(first.status, first.text).toBe(200);
        expect((await t.post(`/models/${to}/${what}`, undefined, key)).json).toEqual(first.json);
      }
    });

    it('a form of several files attaches each of them, once', async () => {
      const { model } = await make.version(t);
      const path = `/models/${model}/versions/1/artifacts`;
      const key = newKey();
      const send = (files: Record<string, string>) =>
        t.ask('POST', path, { body: form(files), headers: { ...FORM, ...key } });
      const first = await send({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
      expect(first.status, first.text).toBe(201);
      expect(first.json.items.map((item: { path: string }) => item.path)).toEqual(['a.txt', 'b.txt', 'c.txt']);
      const again = await send({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
      expect([again.status, again.json]).toEqual([201, first.json]);
      await t.post(`/models/${model}/versions/1/seal`);
      expect((await send({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' })).status).toBe(201);
      expectProblem(await send({ 'a.txt': 'other' }), 422, 'idempotency-key-reused');
      expect((await t.get(path)).json.items).toHaveLength(3);
    });

    it('belongs to its actor', async () => {
      const key = newKey();
      const [a, b] = [aName(), aName()];
      expect((await t.ask('POST', '/models', { body: { name: a }, headers: key, actor: 'ada' })).status).toBe(201);
      expect((await t.ask('POST', '/models', { body: { name: b }, headers: key, actor: 'bo' })).status).toBe(201);
      expectProblem(
        await t.ask('POST', '/models', { body: { name: b }, headers: key, actor: 'ada' }),
        422,
        'idempotency-key-reused',
      );
    });

    it('is kept for 24 hours', async () => {
      const key = newKey();
      const name = aName();
      t.clock.set(Date.now());
      await t.post('/models', { name }, key);
      t.clock.tick(DAY_MS - 1);
      expect((await t.post('/models', { name }, key)).status).toBe(201);
      t.clock.tick(1);
      expectProblem(await t.post('/models', { name }, key), 409, 'name-taken');
      const other = aName();
      expect((await t.post('/models', { name: other }, key)).status).toBe(201);
      expect((await t.post('/models', { name: other }, key)).status).toBe(201);
      t.clock.run();
    });

    it('of another form than 1 to 255 visible characters is a 400', async () => {
      for (const key of ['', ' ', 'a b', 'k'.repeat(256), 'é'])
        expectProblem(
          await t.post('/models', { name: aName() }, { 'idempotency-key': key }),
          400,
          'idempotency-key-invalid',
        );
      expect((await t.post('/models', { name: aName() }, { 'idempotency-key': 'k'.repeat(255) })).status).toBe(201);
    });

    it('is not asked for by PATCH, PUT and DELETE, which may be repeated anyway', async () => {
      const { name } = await make.model(t);
      const key = newKey();
      expect((await t.patch(`/models/${name}`, { owner: 'a' }, key)).json.owner).toBe('a');
      expect((await t.patch(`/models/${name}`, { owner: 'b' }, key)).json.owner).toBe('b');
    });
  });
