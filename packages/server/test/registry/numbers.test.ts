import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/contract/event.ts';
import { keyOf } from '../../src/registry/names.ts';
import { databases } from '../support/databases.ts';
import { ada, type Opened, openRegistry } from '../support/open-registry.ts';
import { randomOf, refusing } from './workload.ts';

const NAMES = ['a', 'b', 'é', 'é'.normalize('NFD')];
const reason = 'as the dice fall';

/** Names go from model to model, and versions are made meanwhile. */
async function passNames({ registry: { models, versions } }: Opened, seed: number, steps: number): Promise<void> {
  const random = randomOf(seed);
  const name = () => NAMES[random(NAMES.length)] as string;
  const verbs: (() => Promise<unknown>)[] = [
    () => models.register(ada, { name: name() }),
    () => models.register(ada, { name: name() }),
    () => models.rename(ada, name(), name()),
    () => models.deregister(ada, name(), { reason }),
    () => models.restore(ada, name()),
    () => models.restore(ada, name()),
    () => models.purge(ada, name()),
    () => versions.create(ada, name(), {}),
    () => versions.create(ada, name(), {}),
    () => versions.deregister(ada, name(), 'latest', { reason }),
    () => versions.purge(ada, name(), String(1 + random(9))),
  ];
  for (let step = 0; step < steps; step += 1)
    await Promise.all(Array.from({ length: 1 + random(3) }, () => refusing(verbs[random(verbs.length)]!)));
}

/** Each version that the ledger tells of, and as which it had to come by all that was told before. */
async function versionsOf(t: Opened): Promise<{ is: string; ought: string }[]> {
  const rows = await t.db.read.selectFrom('event').select('line').orderBy('seq').execute();
  const highest = new Map<string | number, number>();
  const versions = [];
  for (const { line } of rows) {
    const { type, subject, changes } = JSON.parse(line) as Event;
    const { model_id, number } = changes[0]!;
    const name = number === 0 ? subject : subject.slice(0, subject.lastIndexOf('/'));
    const [inModel = 0, underName = 0] = [highest.get(model_id), highest.get(keyOf(name))];
    if (type === 'version.created') {
      versions.push({ is: subject, ought: `${name}/${Math.max(inModel, underName) + 1}` });
      highest.set(model_id, number).set(keyOf(name), number);
    } else if (number === 0) highest.set(keyOf(name), Math.max(inModel, underName));
  }
  return versions;
}

describe.each(Object.keys(databases) as (keyof typeof databases)[])('numbers on %s', (database) => {
  it('follow the highest given in the model or by whomever bore its name, and the doctor finds them right', async () => {
    let versions = 0;
    for (const seed of database === 'sqlite' ? [1, 2, 3, 4, 5] : [6, 7]) {
      const t = await openRegistry(databases[database]);
      await passNames(t, seed, 300);
      const made = await versionsOf(t);
      expect(
        made.map(({ is }) => is),
        `seed ${seed}`,
      ).toEqual(made.map(({ ought }) => ought));
      versions += made.length;
      const differences = [];
      for await (const difference of t.registry.ledger.reconcile()) differences.push(difference);
      expect(differences, `seed ${seed}`).toEqual([]);
      await t.close();
    }
    expect(versions).toBeGreaterThan(100);
  });
});
