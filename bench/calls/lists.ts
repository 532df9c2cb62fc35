import { TEAMS } from '../seed/documents.ts';
import { DATASET } from '../seed/evidence.ts';
import { MANY, nameOf } from '../seed/shape.ts';
import { type Call, pathOf } from './call.ts';

/** Rows of a page. */
export const PAGE = 50;

interface Query {
  q?: string;
  filter?: string;
  sort?: string;
  metric?: string;
  page_token?: string | undefined;
}

function list(path: string, query: Query) {
  const parts = Object.entries(query).map(([key, value]) => (value ? `&${key}=${encodeURIComponent(value)}` : ''));
  return { method: 'GET', path: `${path}?page_size=${PAGE}${parts.join('')}` };
}

const team = (i: number): string => TEAMS[i % TEAMS.length] as string;
const VERSIONS = '/api/v1/versions';

/** Pages of 50. */
export const LISTS: readonly Call[] = [
  { name: 'list-first', request: () => list(VERSIONS, {}) },
  {
    name: 'list-deep',
    needsWalk: true,
    request: ({ deepToken }) => list(VERSIONS, { page_token: deepToken }),
  },
  {
    name: 'list-filtered',
    request: (_ground, i) => list(VERSIONS, { filter: `tags.team = '${team(i)}' AND metrics.auc > 0.9` }),
  },
  {
    name: 'list-production',
    request: () => list(VERSIONS, { filter: "status = 'production' AND framework = 'pytorch'" }),
  },
  { name: 'list-live', request: () => list('/api/v1/live', {}) },
  { name: 'leaderboard', request: () => list(`/api/v1/datasets/${DATASET}/leaderboard`, { metric: 'accuracy' }) },
  { name: 'list-by-metric', request: () => list(VERSIONS, { sort: '-metrics.auc' }) },
  { name: 'search-text', request: () => list(VERSIONS, { q: 'baseline' }) },
  {
    name: 'search-name',
    request: ({ shape }, i) => list(VERSIONS, { q: nameOf((i * 7_919) % shape.models) }),
  },
  { name: 'list-models', request: (_ground, i) => list('/api/v1/models', { filter: `tags.team = '${team(i)}'` }) },
  { name: 'list-of-many', needsMany: true, request: () => list(`${pathOf(MANY)}/versions`, {}) },
];
