import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import type { NewPolicy } from '../../src/contract/policy.ts';
import type { Writer } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { type Ahead, policiesAhead, takeBearer, takeModel, takeUse, withAhead } from '../../src/registry/ahead.ts';
import { lookAhead } from '../../src/registry/look-ahead.ts';
import { Refused } from '../../src/registry/refusals.ts';
import { collect } from '../support/blob-contract.ts';
import { databases, postgresSchema } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { ada, type Opened, openRegistry } from '../support/open-registry.ts';

const NAMES = [
  'churn',
  'fraud',
  'caf%C3%A9',
  'cafe\u0301',
  'caf\u00e9',
  'no\u0000ne',
  '\ud800',
  '\ufffd',
  'is not there',
];
/** Those that are there at first, with two versions. */
const THERE = ['churn', 'fraud'];
const REFS = ['1', '2', '3', 'latest', '@champion', '@best', 'draft', 'staging'];

const POLICIES: NewPolicy[] = [
  {},
  { aliases: { champion: { approvals: 1 } } },
  { statuses: { staging: { checks: [{ check: 'sealed' }], force: false } } },
];

const name = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...THERE) }, fc.constantFrom(...NAMES));
const ref = fc.constantFrom(...REFS);
const alias = fc.constantFrom('champion', 'best');
const text = fc.constantFrom('a', 'b', null);
/** `run`: no model of one is that of another. */
type Step = (at: Opened, run: number) => Promise<unknown>;

const of = (name: string, run: number) => `${name}-${run}`;

/** A change of any kind, of one of few models: most meet others in what they change. */
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ name }).map(
    ({ name }): Step =>
      (at, run) =>
        at.registry.models.register(ada, { name: of(name, run) }),
  ),
  fc.record({ name, text }).map(
    ({ name, text }): Step =>
      (at, run) =>
        at.registry.models.describe(ada, of(name, run), { description: text }),
  ),
  fc.record({ name, text }).map(
    ({ name, text }): Step =>
      (at, run) =>
        at.registry.models.tag(ada, of(name, run), 'team', text),
  ),
  fc.record({ name, to: name }).map(
    ({ name, to }): Step =>
      (at, run) =>
        at.registry.models.rename(ada, of(name, run), of(to, run)),
  ),
  fc.record({ name }).map(
    ({ name }): Step =>
      (at, run) =>
        at.registry.models.deregister(ada, of(name, run), { reason: 'not wanted', force: true }),
  ),
  fc.record({ name, alias, ref }).map(
    ({ name, alias, ref }): Step =>
      (at, run) =>
        at.registry.models.setAlias(ada, of(name, run), alias, ref),
  ),
  fc.record({ name, alias }).map(
    ({ name, alias }): Step =>
      (at, run) =>
        at.registry.models.removeAlias(ada, of(name, run), alias),
  ),
  fc.record({ name }).map(
    ({ name }): Step =>
      (at, run) =>
        at.registry.versions.create(ada, of(name, run), {}),
  ),
  fc.record({ name, ref, text }).map(
    ({ name, ref, text }): Step =>
      (at, run) =>
        at.registry.versions.tag(ada, of(name, run), ref, 'team', text),
  ),
  fc.record({ name, ref, text }).map(
    ({ name, ref, text }): Step =>
      (at, run) =>
        at.registry.versions.describe(ada, of(name, run), ref, { description: text }),
  ),
  {
    weight: 4,
    arbitrary: fc.record({ name: fc.option(name, { freq: 1 }), rules: fc.constantFrom(...POLICIES) }).map(
      ({ name, rules }): Step =>
        (at, run) =>
          at.registry.policies.change(ada, name && of(name, run), rules),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record({ name, ref }).map(
      ({ name, ref }): Step =>
        (at, run) =>
          at.registry.versions.promote(ada, of(name, run), ref, {
            to: 'staging',
            force: true,
            reason: 'made so by a test',
          }),
    ),
  },
);

/** What it came to: the answer, or the refusal. */
async function outcomeOf(running: Promise<unknown>): Promise<unknown> {
  try {
    // Numbers of promotions that a transaction gave out in vain are not given again.
    return { value: JSON.parse(JSON.stringify((await running) ?? null, (key, value) => (key === 'id' ? 0 : value))) };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.kind, message: error.message };
    return {
      failed: String(error)
        .split('\n')[0]
        ?.replace(/.*(0x00|NUL).*/i, 'NUL'),
    };
  }
}

/** Most of what is asked for at once shares a commit: begun in order, it is made in order. */
async function allAtOnce(at: Opened, steps: readonly Step[], run: number): Promise<unknown[]> {
  const outcomes = await Promise.all(steps.map((one) => outcomeOf(one(at, run))));
  await at.registry.idle();
  return outcomes;
}

const opened: Opened[] = [];
afterAll(() => Promise.all(opened.map(({ close }) => close())));

it('changes that share a commit come to what they come to one by one, whatever was read ahead of them', async () => {
  const [shared, single] = [await openRegistry(databases.postgres), await openRegistry(databases.postgres)];
  opened.push(shared, single);
  for (const { clock } of opened) clock.set('2026-01-01T00:00:00.000Z');
  let run = 0;
  const rounds = fc.array(fc.array(step, { minLength: 2, maxLength: 12 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(rounds, async (asked) => {
      run += 1;
      for (const at of [shared, single])
        for (const name of THERE) {
          await at.registry.models.register(ada, { name: of(name, run) });
          for (const _ of [1, 2]) await at.registry.versions.create(ada, of(name, run), {});
        }
      for (const steps of asked) {
        const outcomes = await allAtOnce(shared, steps, run);
        const expected: unknown[] = [];
        for (const one of steps) expected.push(...(await allAtOnce(single, [one], run)));
        expect(outcomes).toEqual(expected);
      }
    }),
    { numRuns: 100 },
  );
  expect(await collect(shared.registry.ledger.reconcile())).toEqual([]);
});

it('reads ahead of each model once, and of none after a change of which it is not known what it is about', async () => {
  const at = await openRegistry(databases.postgres);
  opened.push(at);
  await make.version(at, { model: (await at.registry.models.register(ada, { name: 'churn' })).name });
  await at.registry.models.register(ada, { name: 'fraud' });
  const places = (changes: Parameters<typeof lookAhead>[2]) =>
    at.db.write.transaction().execute(async (tx) => {
      const ahead = await lookAhead(at.db, tx, changes);
      return [...ahead].map(([place, { model, row }]) => [place, model?.name, row?.number]);
    });
  const churn = { name: 'churn', ref: '1' };
  const fraud = { name: 'fraud', ref: '1' };
  expect(await places([churn, fraud, churn, { name: 'gone' }, { name: 'a\u0000b' }])).toEqual([
    [0, 'churn', 1],
    [1, 'fraud', undefined],
  ]);
  expect(await places([churn, fraud, undefined, { name: 'fraud' }])).toHaveLength(2);
  expect(await places([undefined, churn, fraud])).toEqual([]);
  expect(await places([churn])).toEqual([]);
});

it('gives what was read ahead once, and to the change that it was read for', async () => {
  const tx = {} as Writer;
  const model = { id: 7, name: 'churn' };
  const bearer = { model_id: 7, number: 3 };
  const use = { holder_id: null };
  const ahead = { name: 'churn', id: 7, model, row: undefined, bearer, use, policies: [] } as unknown as Ahead;
  await withAhead(tx, ahead, async () => {
    expect(takeModel(tx, 'fraud')).toBeUndefined();
    expect(takeModel({} as Writer, 'churn')).toBeUndefined();
    expect(takeModel(tx, 'churn')).toEqual({ model, row: undefined });
    expect(takeModel(tx, 'churn')).toBeUndefined();
    expect(takeBearer(tx, 8, 3)).toBeUndefined();
    expect(takeBearer(tx, 7, 4)).toBeUndefined();
    expect(takeBearer(tx, 7, 3)).toBe(bearer);
    expect(takeBearer(tx, 7, 3)).toBeUndefined();
    expect(takeUse(tx, 'fraud')).toBeUndefined();
    expect(takeUse(tx, 'churn')).toBe(use);
    expect(takeUse(tx, 'churn')).toBeUndefined();
    expect(policiesAhead(tx, 8)).toBeUndefined();
    expect(policiesAhead(tx, 7)).toEqual([]);
  });
  expect(policiesAhead(tx, 7)).toBeUndefined();
  await expect(withAhead(tx, ahead, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(takeModel(tx, 'churn')).toBeUndefined();
});

it('the policies that are read ahead are those in force: of the model, or else by default', async () => {
  const at = await openRegistry(databases.postgres);
  opened.push(at);
  const { registry } = at;
  const names = ['by-default', 'with-its-own', 'by-default-too'];
  for (const name of names)
    await make.version(at, { model: (await registry.models.register(ada, { name })).name, sealed: true });
  const promoted = async (ref = '1') => {
    const asked = { to: 'staging', force: true, reason: 'to try' } as const;
    const outcomes = names.map((name) => outcomeOf(registry.versions.promote(ada, name, ref, asked)));
    return (await Promise.all(outcomes)).map((one) => (one as { refused?: string }).refused ?? 'made');
  };
  const good = { check: 'metric', metric: 'auc', comparator: '>=', value: 0.9 } as const;
  const rules = (force: boolean): NewPolicy => ({ statuses: { staging: { checks: [good], force } } });
  await registry.policies.change(ada, null, rules(false));
  await registry.policies.change(ada, 'with-its-own', rules(true));
  expect(await promoted()).toEqual(['check-failed', 'made', 'check-failed']);
  for (const name of names) await make.version(at, { model: name, sealed: true });
  await registry.policies.change(ada, null, rules(true));
  await registry.policies.change(ada, 'with-its-own', rules(false));
  expect(await promoted('2')).toEqual(['made', 'check-failed', 'made']);
});

it('reads nothing ahead that is long', async () => {
  const at = await openRegistry(databases.postgres);
  opened.push(at);
  const { registry } = at;
  const card = 'x'.repeat(64 * 1024);
  await registry.models.register(ada, { name: 'long', card });
  await registry.models.register(ada, { name: 'short' });
  for (const one of [{ card }, {}]) await registry.versions.create(ada, 'short', one);
  for (const ref of ['1', '2']) await registry.models.setAlias(ada, 'short', `of-${ref}`, ref);
  const ahead = (changes: Parameters<typeof lookAhead>[2]) =>
    at.db.write
      .transaction()
      .execute(async (tx) =>
        [...(await lookAhead(at.db, tx, changes)).values()].map(({ name, row, bearer }) => [
          name,
          row?.number,
          bearer?.number,
        ]),
      );
  const long = { name: 'long' };
  expect(await ahead([long, { name: 'short', ref: '1', alias: 'of-1' }])).toEqual([['short', undefined, undefined]]);
  expect(await ahead([long, { name: 'short', ref: '2', alias: 'of-2' }])).toEqual([['short', 2, 2]]);
});

it('needs no right to use the sequences of ids', async () => {
  const { url, schema, drop } = await postgresSchema();
  onTestFinished(drop);
  const owner = await openDatabase(url, { schema });
  onTestFinished(() => owner.close());
  await migrate(owner);
  const role = sql.id(`r_${schema}`);
  for (const statement of [
    sql`create role ${role} login password 'x'`,
    sql`grant usage on schema ${sql.id(schema)} to ${role}`,
    sql`grant select, insert, update, delete on all tables in schema ${sql.id(schema)} to ${role}`,
  ])
    await statement.execute(owner.write);
  onTestFinished(async () => {
    await sql`drop owned by ${role}`.execute(owner.write);
    await sql`drop role ${role}`.execute(owner.write);
  });
  const address = Object.assign(new URL(url), { username: `r_${schema}`, password: 'x' });
  const at = await openRegistry(() => openDatabase(address.href, { schema, connections: 4 }));
  opened.push(at);
  const names = ['one', 'two', 'three'];
  await Promise.all(names.map((name) => at.registry.models.register(ada, { name })));
  await Promise.all(names.map((name) => at.registry.versions.create(ada, name, {})));
  expect((await at.db.read.selectFrom('version').select('id').execute()).length).toBe(3);
});
