import { nameOf } from '../../../../bench/seed/shape.ts';
import type { Case } from './plan-cases.ts';

const [ONE, OTHER] = [nameOf(7), nameOf(8)];
const dataset = { name: 'compared', digest: '1' };

/** What is compared. */
export const COMPARE_CHANGES: readonly [method: string, path: string, body?: unknown][] = [
  ['POST', `/models/${ONE}/versions/2/evaluations`, { dataset, metrics: { auc: 0.9 } }],
  ['POST', `/models/${OTHER}/versions/2/evaluations`, { dataset, metrics: { auc: 0.8 } }],
  ['POST', `/models/${OTHER}/versions/2/evaluations`, { dataset: { ...dataset, digest: '2' }, metrics: { auc: 0.8 } }],
];

const versions = `version=${ONE}/2&version=${OTHER}/2`;

export const COMPARE_CASES: readonly Case[] = [
  { title: 'versions compared', get: `/compare?${versions}` },
  { title: 'versions compared, of the past', get: `/compare?${versions}&as_of=2025-02-01T00:00:00Z` },
  { title: 'what is live', get: '/live' },
  { title: 'what is live, the next page', get: '/live', page: 'next' },
  { title: 'what was live', get: '/live?as_of=2025-02-01T00:00:00Z&page_size=2' },
  { title: 'what was live, the next page', get: '/live?as_of=2025-02-01T00:00:00Z&page_size=2', page: 'next' },
];
