import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/contract/limits.ts';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { type Answer, useRegistry } from '../support/open-registry.ts';
import { expectProblem } from '../support/problems.ts';

/** A character that is one code point, two UTF-16 units and four bytes. */
const WIDE = '\u{1d4dc}';
const wide = (count: number) => WIDE.repeat(count);
const many = <T>(count: number, value: T): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));

describe('bounds of what is described', () => {
  const t = useRegistry(databases.sqlite);
  const model = (body: object) => t.post('/models', { name: aName(), ...body });
  let versioned: string | undefined;
  const version = async (body: object) => {
    versioned ??= (await make.model(t)).name;
    return t.post(`/models/${versioned}/versions`, body);
  };
  const tensors = (count: number) => Array.from({ length: count }, () => ({ type: 'float32' }));

  /** What is bounded, how much of it is taken, and a request with so much of it. */
  const FIELDS: [what: string, most: number, ask: (count: number) => Promise<Answer>][] = [
    ['a name', LIMITS.name, (n) => t.post('/models', { name: wide(n - 8) + aName('x').slice(-8).padStart(8, 'x') })],
    ['a description', LIMITS.description, (n) => model({ description: wide(n) })],
    ['an owner', LIMITS.owner, (n) => model({ owner: wide(n) })],
    ['a card', LIMITS.card, (n) => model({ card: 'a'.repeat(n) })],
    ['the key of a tag', LIMITS.tagKey, (n) => model({ tags: { [wide(n)]: '' } })],
    ['the value of a tag', LIMITS.tagValue, (n) => model({ tags: { a: wide(n) } })],
    ['tags', LIMITS.tags, (n) => model({ tags: many(n, 'v') })],
    ['properties', LIMITS.properties, (n) => model({ properties: many(n, 1) })],
    ['the key of a property', LIMITS.tagKey, (n) => model({ properties: { [wide(n)]: 1 } })],
    ['a framework', LIMITS.framework, (n) => version({ framework: wide(n) })],
    ['metrics', LIMITS.metrics, (n) => version({ metrics: many(n, 1) })],
    ['the name of a metric', LIMITS.metricName, (n) => version({ metrics: { [wide(n)]: 1 } })],
    [
      'data sets of a lineage',
      LIMITS.datasets,
      (n) => version({ lineage: { datasets: Array(n).fill({ name: 'd' }) } }),
    ],
    ['a text of a lineage', LIMITS.lineageText, (n) => version({ lineage: { run_id: wide(n) } })],
    ['tensors of a signature', LIMITS.tensors, (n) => version({ signature: { inputs: tensors(n) } })],
    [
      'dimensions of a tensor',
      LIMITS.dimensions,
      (n) => version({ signature: { inputs: [{ type: 't', shape: Array(n).fill(1) }] } }),
    ],
  ];

  it.each(FIELDS)('R1 %s: %d are taken, one more is a 422 that names the field', async (_what, most, ask) => {
    const taken = await ask(most);
    expect(taken.status, taken.text.slice(0, 500)).toBe(201);
    const { errors, detail } = expectProblem(await ask(most + 1), 422, 'invalid');
    expect((errors as { path: string }[])[0]?.path).toMatch(/^\/\w/);
    expect(String(detail).length).toBeLessThan(3_000);
  });

  it('R1 an alias and a reason', async () => {
    const { model: name } = await make.version(t);
    const alias = (n: number) => t.put(`/models/${name}/aliases/${'a'.repeat(n)}`, { version: 1 });
    expect((await alias(LIMITS.alias)).status).toBe(200);
    expectProblem(await alias(LIMITS.alias + 1), 422, 'invalid');
    expectProblem(await t.del(`/models/${name}?reason=${'r'.repeat(LIMITS.reason + 1)}`), 400, 'query-invalid');
    expect((await t.del(`/models/${name}?reason=${'r'.repeat(LIMITS.reason)}`)).status).toBe(200);
  });

  it('R1 a model has at most a thousand aliases', async () => {
    const { model: name } = await make.version(t);
    for (let i = 0; i < LIMITS.aliases; i += 1) await t.registry.models.setAlias(caller, name, `a${i}`, '1');
    const { errors } = expectProblem(await t.put(`/models/${name}/aliases/more`, { version: 1 }), 422, 'invalid');
    expect(JSON.stringify(errors)).toMatch(/1,?000/);
    expect((await t.put(`/models/${name}/aliases/a0`, { version: 1 })).status).toBe(200);
  });
  const caller = { actor: { name: 'ada', verified: false }, request_id: 'test' };
});

describe('bounds of what is asked', () => {
  const t = useRegistry(databases.sqlite);
  const text = (n: number) => encodeURIComponent(`name != '${'a'.repeat(n - 10)}'`);

  const SORTED = ['number', '-created_at', 'updated_at', 'size_bytes', 'verdict', 'framework'];
  const sortOf = (length: number) =>
    [0, 1, 2, 3, 4]
      .map((i) => `metrics.${i}`.padEnd(180, 'x'))
      .join(',')
      .padEnd(length, 'y');

  const QUERIES: [what: string, most: number, ask: (count: number) => string, kind: string][] = [
    ['a filter', LIMITS.filter, (n) => `/models?filter=${text(n)}`, 'query-invalid'],
    ['q', LIMITS.q, (n) => `/models?q=${'a'.repeat(n)}`, 'query-invalid'],
    ['words of q', 16, (n) => `/models?q=${Array(n).fill('a').join('+')}`, 'query-invalid'],
    ['a sort', LIMITS.sort, (n) => `/versions?sort=${sortOf(n)}`, 'query-invalid'],
    ['keys of a sort', 5, (n) => `/versions?sort=${SORTED.slice(0, n).join(',')}`, 'sort-invalid'],
    [
      'comparisons of a filter',
      100,
      (n) => `/models?filter=${encodeURIComponent(Array(n).fill("name='a'").join(' OR '))}`,
      'filter-invalid',
    ],
    [
      'levels of a filter',
      32,
      (n) => `/models?filter=${'('.repeat(n)}name='a'${')'.repeat(n)}`.replaceAll("'", '%27'),
      'filter-invalid',
    ],
    ['a list of IN', 1_000, (n) => `/versions?filter=number+IN+(${Array(n).fill('1').join(',')})`, 'filter-invalid'],
    ['% of a LIKE', 20, (n) => `/models?filter=name+LIKE+%27${'%25a'.repeat(n)}%27`, 'filter-invalid'],
    ['a LIKE', 1_000, (n) => `/models?filter=name+LIKE+%27${'a'.repeat(n)}%27`, 'filter-invalid'],
    ['a page', 1_000, (n) => `/models?page_size=${n}`, 'query-invalid'],
    ['the actor of events', LIMITS.actor, (n) => `/events?actor=${'a'.repeat(n)}`, 'query-invalid'],
  ];

  it.each(QUERIES)('R1 %s: %d are taken, one more is a 400', async (_what, most, ask, kind) => {
    const taken = await t.get(ask(most));
    expect(taken.status, taken.text.slice(0, 500)).toBe(200);
    expectProblem(await t.get(ask(most + 1)), 400, kind);
  });

  it('R1 a page token, an actor, an Idempotency-Key and an artifact path', async () => {
    expectProblem(await t.get(`/models?page_token=${'A'.repeat(LIMITS.pageToken)}`), 400, 'page-token-invalid');
    expectProblem(await t.get(`/models?page_token=${'A'.repeat(LIMITS.pageToken + 1)}`), 400, 'query-invalid');
    const by = (n: number) => t.ask('POST', '/models', { body: { name: aName() }, actor: 'a'.repeat(n) });
    expect((await by(LIMITS.actor)).status).toBe(201);
    expectProblem(await by(LIMITS.actor + 1), 400, 'actor-invalid');
    const keyed = (n: number) => t.post('/models', { name: aName() }, { 'idempotency-key': 'k'.repeat(n) });
    expect((await keyed(255)).status).toBe(201);
    expectProblem(await keyed(256), 400, 'idempotency-key-invalid');
    const { model } = await make.version(t);
    const put = (path: string) => t.put(`/models/${model}/versions/1/artifacts/${path}`, Buffer.from('x'));
    expect((await put('a'.repeat(LIMITS.segmentBytes))).status).toBe(201);
    expectProblem(await put('a'.repeat(LIMITS.segmentBytes + 1)), 400, 'path-invalid');
    const path = (n: number) =>
      'b'
        .repeat(200)
        .concat('/')
        .repeat(6)
        .slice(0, n - 1)
        .concat('c');
    expect((await put(path(LIMITS.pathBytes))).status).toBe(201);
    expectProblem(await put(path(LIMITS.pathBytes + 1)), 400, 'path-invalid');
  });

  it('R1 a form has at most a hundred fields besides its files', async () => {
    const { model } = await make.version(t);
    const form = (fields: number) => {
      const field = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nv\r\n';
      const file = '--b\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\nv\r\n';
      return t.ask('POST', `/models/${model}/versions/1/artifacts`, {
        body: Buffer.from(`${field.repeat(fields)}${file}--b--\r\n`),
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
      });
    };
    expect((await form(100)).status).toBe(201);
    expectProblem(await form(101), 413, 'too-large');
  });
});

it('R1 every bound is documented', async () => {
  const page = await readFile(new URL('../../../../docs/api-design.md', import.meta.url), 'utf8');
  const [, limits = ''] = /^## Limits\n([\s\S]*?)^## /m.exec(page) ?? [];
  const told = { metadataBytes: '1 MiB', liveListed: '100', keyBytes: undefined, sort: '1,000' } as Record<
    string,
    string | undefined
  >;
  for (const [name, most] of Object.entries(LIMITS)) {
    const words = name in told ? told[name] : most.toLocaleString('en');
    if (words !== undefined) expect(limits, `${name} ${words}`).toMatch(new RegExp(`\\b${words}\\b`));
  }
});
