import { Readable } from 'node:stream';
import type { Status } from '../../src/contract/version.ts';
import { Refused } from '../../src/registry/refusals.ts';
import { ada, DAY_MS, type Opened } from '../support/open-registry.ts';

const NAMES = ['churn', 'größe', 'a%41'];
const PATHS = ['model.pkl', 'deep/weights.bin', 'card.md'];
const STATUSES: Status[] = ['draft', 'staging', 'production', 'archived'];
const TAGS = ['team', '__proto__', 'a.b', 'ключ'];
const WORDS = ['', 'alpha', 'beta\nγ', '\u{1f600}', 'null'];

/** Numbers below `n`, the same for the same seed (mulberry32). */
export function randomOf(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
}

/** Does everything that the registry can do, in any order, while the clock steps forth and back. A refusal is as good as a change. */
export async function workAtRandom({ registry, clock }: Opened, seed: number, steps: number): Promise<void> {
  const random = randomOf(seed);
  const one = <T>(of: readonly T[]): T => of[random(of.length)] as T;
  const tags = () => ({ [one(TAGS)]: one(WORDS), [one(TAGS)]: one(WORDS) });
  const patch = () => ({ [one(TAGS)]: one([null, 'x', 'y']) });
  const properties = () => ({ rows: random(9), deep: { list: [1, null, { a: one(WORDS) }] }, [one(TAGS)]: true });
  const ref = () => one(['1', '2', '3', 'latest', 'latest', '@best', 'production', 'archived']);
  const slot = () => ({ model: one(NAMES), ref: ref(), path: one(PATHS) });
  const bytes = (text: string) => Readable.from([Buffer.from(text)]);
  const reason = 'as the dice fall';
  const { models, versions, artifacts, trash, policies, promotions } = registry;
  const other = () => ({ ...ada, actor: { name: one(['bob', 'cy']), verified: false } });
  const rule = () => ({
    approvals: random(3),
    force: true,
    ...one([{}, { expires_days: 1 }, { mode: 'warn' as const }]),
  });
  const policy = () => ({ statuses: { production: { ...rule(), single: true } }, aliases: { best: rule() } });
  const verbs: [weight: number, verb: () => Promise<unknown>][] = [
    [6, () => models.register(ada, { name: one(NAMES), tags: tags(), properties: properties(), owner: 'ada' })],
    [2, () => models.describe(ada, one(NAMES), { tags: patch(), properties: { rows: null, deep: { list: 1 } } })],
    [2, () => models.describe(ada, one(NAMES), { description: one([null, ...WORDS]), tags: one([null, patch()]) })],
    [1, () => models.rename(ada, one(NAMES), one([...NAMES, 'fresh', 'fresher']))],
    [1, () => models.rename(ada, one(['fresh', 'fresher']), one(NAMES))],
    [1, () => models.deregister(ada, one(NAMES), { reason, force: true })],
    [2, () => models.restore(ada, one(NAMES))],
    [1, () => models.purge(ada, one(NAMES))],
    [4, () => models.rollBack(ada, one(NAMES), { force: true, reason })],
    [4, () => models.setAlias(ada, one(NAMES), one(['best', 'next']), ref())],
    [2, () => models.removeAlias(ada, one(NAMES), one(['best', 'next']))],
    [6, () => versions.create(ada, one(NAMES), { metrics: { auc: random(9) / 8, loss: 'NaN', [one(TAGS)]: -0 } })],
    [6, () => versions.create(ada, one(NAMES), { tags: tags(), properties: properties(), framework: 'sklearn' })],
    [3, () => versions.describe(ada, one(NAMES), ref(), { tags: patch(), lineage: { run_id: one(['a', 'b']) } })],
    [3, () => versions.describe(ada, one(NAMES), ref(), { description: one([null, ...WORDS]), framework: null })],
    [12, () => versions.seal(ada, one(NAMES), ref())],
    [12, () => versions.promote(ada, one(NAMES), ref(), { to: one(STATUSES), force: true, reason })],
    [3, () => versions.deregister(ada, one(NAMES), ref(), { reason, force: true })],
    [3, () => versions.restore(ada, one(NAMES), one(['1', '2', '3', '4']))],
    [2, () => versions.purge(ada, one(NAMES), one(['1', '2', '3', '4']))],
    [6, () => artifacts.upload(ada, slot(), bytes(`format=${one(['text', 'pickle'])} ${random(5)}`), {})],
    [2, () => artifacts.upload(ada, slot(), bytes(`verdict=${one(['unsafe', 'unknown'])} ${random(5)}`), {})],
    [3, () => artifacts.detach(ada, slot())],
    [2, () => trash.purgeExpired()],
    [2, () => policies.change(ada, one([null, ...NAMES]), one([{}, policy()]))],
    [6, () => versions.promote(ada, one(NAMES), ref(), { to: 'production', archiveOthers: random(2) > 0 })],
    [8, () => promotions.approve(other(), 1 + random(30), one([{}, { reason }]))],
    [2, () => promotions.reject(other(), 1 + random(30), { reason })],
    [2, () => promotions.cancel(ada, 1 + random(30), {})],
    [1, () => promotions.expire()],
  ];
  const weighted = verbs.flatMap(([weight, verb]) => Array.from({ length: weight }, () => verb));
  for (let step = 0; step < steps; step += 1) {
    clock.tick(random(100) === 0 ? 20 * DAY_MS : one([0, 0, 1, 1_000, -700]));
    await Promise.all(Array.from({ length: 1 + random(3) }, () => refusing(one(weighted))));
  }
}

export async function refusing(verb: () => Promise<unknown>): Promise<void> {
  try {
    await verb();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}
