import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/contract/event.ts';
import type { Status } from '../../src/contract/version.ts';
import { liveNumbers } from '../../src/registry/versions/status-order.ts';
import { databases } from '../support/databases.ts';
import { ada, DAY_MS, type Opened, openRegistry } from '../support/open-registry.ts';
import { randomOf, refusing } from './workload.ts';

const NAMES = ['churn', 'fraud'];
const STATUSES: Status[] = ['draft', 'staging', 'production', 'archived'];
const reason = 'as the dice fall';

/** Versions are made and moved about, names are given up and taken over, and the clock steps forth and back. */
async function moveAbout({ registry: { models, versions }, clock }: Opened, seed: number, steps: number) {
  const random = randomOf(seed);
  const name = () => NAMES[random(NAMES.length)] as string;
  const number = () => String(1 + random(9));
  const status = () => STATUSES[random(2) * (1 + random(3))] as Status;
  const move = () => versions.promote(ada, name(), number(), { to: status(), force: true, reason });
  const verbs: [weight: number, verb: () => Promise<unknown>][] = [
    [4, () => models.register(ada, { name: name() })],
    [1, () => models.rename(ada, name(), name())],
    [1, () => models.deregister(ada, name(), { reason, force: true })],
    [2, () => models.restore(ada, name())],
    [8, () => versions.create(ada, name(), {})],
    [20, () => versions.seal(ada, name(), number())],
    [30, move],
    [1, () => versions.deregister(ada, name(), number(), { reason, force: true })],
    [2, () => versions.restore(ada, name(), number())],
  ];
  const dice = verbs.flatMap(([weight, verb]) => Array.from({ length: weight }, () => verb));
  for (let step = 0; step < steps; step += 1) {
    clock.set(Date.UTC(2026, 0, 1) + random(3) * DAY_MS);
    await Promise.all(Array.from({ length: 1 + random(3) }, () => refusing(dice[random(dice.length)]!)));
  }
}

/** The live versions of each model in each status, the last to come first, by the order of the events alone. */
async function orderToldBy(t: Opened): Promise<Map<string, number[]>> {
  const rows = await t.db.read.selectFrom('event').select('line').orderBy('seq').execute();
  const versions = new Map<
    string,
    { model_id: number; number: number; status: Status; came: number; isLive: boolean }
  >();
  for (const [seq, { line }] of rows.entries())
    for (const { model_id, number, before, after } of (JSON.parse(line) as Event).changes) {
      if (number === 0) continue;
      const key = `${model_id}/${number}`;
      const was = versions.get(key) ?? { model_id, number, status: 'draft' as Status, came: seq, isLive: true };
      const status = (after.status ?? was.status) as Status;
      const came = before === null || status !== was.status ? seq : was.came;
      const isLive = after.deregistered === undefined ? was.isLive : after.deregistered === null;
      versions.set(key, { ...was, status, came, isLive });
    }
  const order = new Map<string, number[]>();
  const live = [...versions.values()].filter(({ isLive }) => isLive).sort((a, b) => b.came - a.came);
  for (const { model_id, status, number } of live)
    order.set(`${model_id} ${status}`, [...(order.get(`${model_id} ${status}`) ?? []), number]);
  return order;
}

describe.each(Object.keys(databases) as (keyof typeof databases)[])('the order in a status on %s', (database) => {
  it('is that in which versions came into it, whatever the clock says', async () => {
    let cameBack = 0;
    for (const seed of database === 'sqlite' ? [1, 2, 3, 4, 5, 6] : [7, 8]) {
      const t = await openRegistry(databases[database]);
      await moveAbout(t, seed, 200);
      const told = await orderToldBy(t);
      const models = await t.db.read.selectFrom('model').select(['id', 'name', 'deregistered']).execute();
      for (const { id, name, deregistered } of models)
        for (const status of STATUSES) {
          const numbers = told.get(`${id} ${status}`) ?? [];
          const what = `seed ${seed}, ${status} of ${id}`;
          expect(await liveNumbers(t.db.read, id, status), what).toEqual(numbers);
          expect(await liveNumbers(t.db.read, id, status, 2), what).toEqual(numbers.slice(0, 2));
          if (deregistered === null && numbers.length > 0)
            expect((await t.registry.versions.get(name, status)).number, what).toBe(numbers[0]);
          if (status === 'draft') cameBack += numbers.filter((one, i) => one < (numbers[i + 1] ?? 0)).length;
        }
      await t.close();
    }
    expect(cameBack).toBeGreaterThan(4);
  });
});
