import { EACH, MANY } from '../seed/shape.ts';
import { type Call, modelAt, passOf, pathOf } from './call.ts';

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
];
