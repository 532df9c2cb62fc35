import { expect } from 'vitest';
import { MANY, nameOf } from '../../../../bench/seed/shape.ts';
import { DAY_MS, type Opened } from '../support/open-registry.ts';
import type { Case } from './plan-cases.ts';

const FEW = nameOf(6);
const OF_FEW = `/models/${FEW}`;
const dataset = { name: 'holdout' };
const RULE = {
  approvals: 1,
  checks: [
    { check: 'verdict', not_worse_than: 'suspicious' },
    { check: 'metric', metric: 'auc', comparator: '>=', value: 0 },
    { check: 'not_worse_than_live', metric: 'auc', tolerance: 100 },
    { check: 'not_worse_than_live', metric: 'auc', dataset },
    { check: 'signature_compatible' },
    { check: 'has', fields: ['metrics.auc'] },
    { check: 'evaluated_on', dataset, within_days: 30 },
  ],
};

/** What is written of policies and promotions. */
export const LIFECYCLE_CHANGES: readonly [method: string, path: string, body?: unknown][] = [
  ['PUT', '/policies/default', { statuses: { staging: { approvals: 1 } } }],
  [
    'PUT',
    `${OF_FEW}/policy`,
    { statuses: { production: { ...RULE, single: true } }, aliases: { champion: RULE, challenger: RULE } },
  ],
  [
    'POST',
    `${OF_FEW}/versions/production/evaluations`,
    { dataset: { ...dataset, digest: 'd' }, metrics: { auc: 0.9 } },
  ],
  ['POST', `${OF_FEW}/versions/2/evaluations`, { dataset: { ...dataset, digest: 'd' }, metrics: { auc: 0.9 } }],
  ['POST', `${OF_FEW}/versions/2/metrics`, { metrics: [{ name: 'auc', value: 0.9 }] }],
  ['POST', `${OF_FEW}/versions/2/check?to=production`],
  ['POST', `${OF_FEW}/versions/2/promotions`, { to: 'production' }],
  ['PUT', `${OF_FEW}/aliases/champion`, { version: 2 }],
];

/** Everything that waits for the model is decided: approved, rejected, cancelled. */
export async function decide({ ask, get }: Opened): Promise<void> {
  const { items } = (await get(`/promotions?model=${FEW}&state=waiting`)).json;
  expect(items).toHaveLength(2);
  const [alias, promotion] = items as { id: number }[];
  const approved = await ask('POST', `/promotions/${promotion!.id}/approve`, { actor: 'bob' });
  expect(approved.json, approved.text).toMatchObject({ state: 'executed' });
  expect((await ask('POST', `/promotions/${alias!.id}/reject`, { body: { reason: 'r' } })).status).toBe(200);
}

export const LIFECYCLE_CASES: readonly Case[] = [
  { title: 'the default policy', get: '/policies/default' },
  { title: 'the default policy of the past', get: '/policies/default?as_of=2025-01-01T01:00:00Z' },
  { title: 'the policy of a model', get: `${OF_FEW}/policy` },
  { title: 'the policy of a model of the past', get: `${OF_FEW}/policy?as_of=2025-02-01T01:00:00Z` },
  { title: 'versions of a policy', get: `${OF_FEW}/policy/versions?page_size=1` },
  { title: 'promotions', get: '/promotions' },
  { title: 'promotions, the next page', get: '/promotions', page: 'next' },
  { title: 'promotions of a model that has many', get: `/promotions?model=${MANY}` },
  {
    title: 'promotions of a model that has many, the next page',
    get: `/promotions?model=${MANY}&page_size=1`,
    page: 'next',
  },
  { title: 'promotions in a state', get: '/promotions?state=rejected' },
  { title: 'promotions that wait for somebody', get: '/promotions?for=bob' },
  { title: 'a promotion', get: '/promotions/1' },
  {
    title: 'what would become of an alias that names nothing',
    work: ({ registry }) => registry.versions.tryOut(FEW, '2', { alias: 'challenger' }),
  },
  {
    title: 'every hour: promotions that waited too long',
    async work({ registry, clock, ask }) {
      const asked = await ask('POST', `${OF_FEW}/versions/3/promotions`, { body: { to: 'staging' } });
      expect(asked.status, asked.text).toBe(202);
      clock.tick(20 * DAY_MS);
      expect(await registry.promotions.expire()).toBeGreaterThan(0);
      clock.run();
    },
  },
];
