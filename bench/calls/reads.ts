import { LOGGED } from '../seed/evidence.ts';
import { EACH, MANY, nameOf } from '../seed/shape.ts';
import { type Call, modelAt, passOf, pathOf, placeOf } from './call.ts';

const COMPARED = 20;

const get = (path: string) => ({ method: 'GET', path });

/** One subject each. */
export const READS: readonly Call[] = [
  { name: 'get-model', request: ({ shape }, i) => get(modelAt(shape, i)) },
  {
    name: 'get-version',
    request: ({ shape }, i) => get(`${modelAt(shape, i)}/versions/${(passOf(shape, i) % EACH) + 1}`),
  },
  { name: 'get-alias', request: ({ shape }, i) => get(`${modelAt(shape, i)}/versions/@champion`) },
  { name: 'get-model-of-many', needsMany: true, request: () => get(pathOf(MANY)) },
  {
    name: 'get-version-of-many',
    needsMany: true,
    request: ({ shape }, i) => get(`${pathOf(MANY)}/versions/${((i * 7_919) % shape.many) + 1}`),
  },
  {
    name: 'compare-20',
    request: ({ shape }, i) => {
      const names = Array.from({ length: COMPARED }, (_, k) => nameOf(placeOf(i * COMPARED + k, shape.models)));
      return get(`/api/v1/compare?${names.map((name) => `version=${name}/latest`).join('&')}`);
    },
  },
  {
    name: 'thinned-history',
    // What was looked through is kept for some numbers of points, which are fewer than these.
    request: (_ground, i) => {
      const { version, metric } = LOGGED;
      return get(`/api/v1/charts/metric-history.json?version=${version}&metric=${metric}&points=${300 + (i % 200)}`);
    },
  },
];
