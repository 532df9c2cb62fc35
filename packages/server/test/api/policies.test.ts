import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { NewPolicy } from '../../src/contract/policy.ts';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { useRegistry } from '../support/open-registry.ts';
import { expectProblem, walk } from '../support/problems.ts';

const STRICT: NewPolicy = {
  statuses: {
    production: {
      single: true,
      approvals: 1,
      checks: [{ check: 'metric', metric: 'auc', comparator: '>=', value: 0.9 }],
    },
  },
  aliases: { champion: { checks: [{ check: 'has', fields: ['card'] }] } },
};

for (const [database, open] of Object.entries(databases)) {
  describe(`the default policy on ${database}`, () => {
    const t = useRegistry(open);
    const path = '/policies/default';

    it('is nothing until somebody sets it, and each edit is a version and an event', async () => {
      t.clock.set('2026-03-01T10:00:00.000Z');
      const none = await t.get(path);
      expect(none.json).toEqual({ model: null, version: 0, updated_at: null, updated_by: null, etag: 0 });
      expect(none.headers.etag).toBe('"0"');
      const first = await t.ask('PUT', path, { body: STRICT, actor: 'ada' });
      expect(first.status).toBe(200);
      expect(first.json).toEqual({
        model: null,
        version: 1,
        ...STRICT,
        updated_at: '2026-03-01T10:00:00.000Z',
        updated_by: 'ada',
        etag: 1,
      });
      expect((await t.get(path)).json).toEqual(first.json);
      const [event] = (await t.get('/events?page_size=1')).json.items;
      expect(event).toMatchObject({
        type: 'policy.changed',
        subject: 'policy:default',
        actor: 'ada',
        details: { policy: { version: 1, ...STRICT } },
        changes: [],
      });
      t.clock.run();
    });

    it('the same again changes nothing', async () => {
      const size = await t.registry.ledger.size();
      expect((await t.put(path, STRICT)).json).toMatchObject({ version: 1, updated_by: 'ada' });
      expect(await t.registry.ledger.size()).toBe(size);
    });

    it('honours If-Match', async () => {
      expectProblem(await t.put(path, {}, { 'if-match': '"0"' }), 412, 'stale-write');
      expect((await t.put(path, {}, { 'if-match': '"1"' })).json).toMatchObject({ version: 2, etag: 2 });
      expect((await t.get(path)).json).not.toHaveProperty('statuses');
    });

    it('tells of every version, the newest first, and of any moment', async () => {
      const before = new Date().toISOString();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await t.put(path, { aliases: {} });
      const versions = await walk<{ version: number }>(t.get, `${path}/versions`, 2);
      expect(versions.map(({ version }) => version)).toEqual([3, 2, 1]);
      expect((await t.get(`${path}?as_of=${before}`)).json.version).toBe(2);
      expect((await t.get(`${path}?as_of=2026-03-01T10:00:00.000Z`)).json).toMatchObject({ version: 1, ...STRICT });
      expect((await t.get(`${path}?as_of=2020-01-01T00:00:00.000Z`)).json.version).toBe(0);
    });
  });

  describe(`the policy of a model on ${database}`, () => {
    const t = useRegistry(open);
    const of = (model: string) => `/models/${encodeURIComponent(model)}/policy`;

    it('is its own, listed among its events, and kept when it is renamed', async () => {
      const { name } = await make.model(t);
      expect((await t.get(of(name))).json).toMatchObject({ model: name, version: 0 });
      expect((await t.put(of(name), STRICT)).json).toMatchObject({ model: name, version: 1, ...STRICT });
      const [event] = (await t.get(`/events?subject=${name}&page_size=1`)).json.items;
      expect(event).toMatchObject({ type: 'policy.changed', subject: name });
      expect((await t.get(`/models/${name}`)).json.etag).toBe(1);
      const to = aName('renamed');
      await t.post(`/models/${name}/rename`, { name: to });
      expect((await t.get(of(to))).json).toMatchObject({ model: to, version: 1 });
      expectProblem(await t.get(of(name)), 404, 'model-not-found');
    });

    it('taken away is an empty one, so that the default holds', async () => {
      const { name } = await make.model(t);
      await t.put(of(name), STRICT);
      const { json } = await t.del(of(name), { 'if-match': '"1"' });
      expect(json).toMatchObject({ model: name, version: 2 });
      expect(json).not.toHaveProperty('statuses');
      expect((await t.del(of(name))).json.version).toBe(2);
    });

    it('as of a moment goes by the name of then', async () => {
      t.clock.set('2026-01-01T00:00:00.000Z');
      const { name } = await make.model(t);
      t.clock.set('2026-01-02T00:00:00.000Z');
      await t.put(of(name), STRICT);
      t.clock.set('2026-01-03T00:00:00.000Z');
      const to = aName('renamed');
      await t.post(`/models/${name}/rename`, { name: to });
      await t.put(of(to), {});
      t.clock.run();
      const at = async (model: string, day: number) =>
        (await t.get(`${of(model)}?as_of=2026-01-0${day}T12:00:00.000Z`)).json;
      expect(await at(name, 1)).toMatchObject({ version: 0 });
      expect(await at(name, 2)).toMatchObject({ model: name, version: 1, ...STRICT });
      expect(await at(to, 3)).toMatchObject({ version: 2 });
    });

    it('refuses what is no policy, and names each field', async () => {
      const { name } = await make.model(t);
      const errors = async (body: object) =>
        (expectProblem(await t.put(of(name), body), 422, 'invalid').errors as { path: string }[]).map(
          ({ path }) => path,
        );
      expect(await errors({ aliases: { latest: {}, v1: {}, ok: {} } })).toEqual(['/aliases/latest', '/aliases/v1']);
      expect(await errors({ statuses: { archived: { single: true, rollback: 'free' } } })).toEqual([
        '/statuses/archived/single',
        '/statuses/archived/rollback',
      ]);
      expect(await errors({ statuses: { live: {} } })).toEqual(['/statuses/live']);
      expect(await errors({ statuses: { production: { approvals: -1 } } })).toEqual(['/statuses/production/approvals']);
      expect(await errors({ statuses: { production: { checks: [{ check: 'magic' }] } } })).toEqual([
        '/statuses/production/checks/0/check',
      ]);
      expect(
        await errors({ statuses: { production: { checks: [{ check: 'metric', metric: 'auc', comparator: '~' }] } } }),
      ).toEqual(['/statuses/production/checks/0/value', '/statuses/production/checks/0/comparator']);
      expect((await t.get(of(name))).json.version).toBe(0);
    });
  });
}

describe('the schema of a policy', () => {
  const t = useRegistry(databases.sqlite);

  it('is JSON Schema 2020-12, and takes what the API takes', async () => {
    const answer = await t.get('/policies/schema');
    expect(answer.headers['content-type']).toMatch(/^application\/schema\+json/);
    const schema = JSON.parse(answer.text);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(STRICT)).toBe(true);
    expect(validate({ statuses: { live: {} } })).toBe(false);
    expect(validate({ statuses: { production: { checks: [{ check: 'metric', metric: 'auc' }] } } })).toBe(false);
  });
});
