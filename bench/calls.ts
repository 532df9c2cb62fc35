import { nameOf, type Shape } from './seed/shape.ts';

/** A request as the generator sends it. */
export interface Request {
  method: string;
  path: string;
  body?: unknown;
}

export interface Call {
  name: string;
  /** The request number `i` on a registry of this shape. No two of the same number of requests meet in one subject. */
  request(shape: Shape, i: number): Request;
  /** Where what was answered can be read again: of calls that write. */
  readBack?(answer: unknown): string;
}

/** Visits every place once before it comes to one again, far from the one before. */
const STRIDE = 7_919;
const placeOf = (i: number, count: number): number => (i * STRIDE) % count;
const model = (name: string): string => `/api/v1/models/${name}`;
const modelAt = (shape: Shape, i: number): string => model(nameOf(placeOf(i, shape.models)));

/** A version of a model of ten, and how often all of them were visited before. */
function versionAt(shape: Shape, i: number): string {
  return `${modelAt(shape, i)}/versions/${(Math.floor(i / shape.models) % 10) + 1}`;
}

interface Named {
  model: string;
  number: number;
}
const pathOfVersion = (answer: unknown): string => {
  const { model: name, number } = answer as Named;
  return `${model(name)}/versions/${number}`;
};

export const CALLS: readonly Call[] = [
  { name: 'get-model', request: (shape, i) => ({ method: 'GET', path: modelAt(shape, i) }) },
  { name: 'get-version', request: (shape, i) => ({ method: 'GET', path: versionAt(shape, i) }) },
  {
    name: 'get-alias',
    request: (shape, i) => ({ method: 'GET', path: `${modelAt(shape, i)}/versions/@champion` }),
  },
  {
    name: 'set-tag',
    request: (shape, i) => ({ method: 'PATCH', path: versionAt(shape, i), body: { tags: { bench: `n${i}` } } }),
    readBack: pathOfVersion,
  },
  {
    name: 'create-version',
    request: (shape, i) => ({
      method: 'POST',
      path: `${modelAt(shape, i)}/versions`,
      body: {
        description: 'nightly candidate',
        tags: { team: 'risk', run: `r${i}` },
        framework: 'sklearn',
        metrics: { auc: 0.5 + (i % 1_000) / 2_000 },
        lineage: { run_id: `run-${i}`, git_commit: '2f1e4c9' },
      },
    }),
    readBack: pathOfVersion,
  },
];

export const callOf = (name: string): Call | undefined => CALLS.find((call) => call.name === name);
