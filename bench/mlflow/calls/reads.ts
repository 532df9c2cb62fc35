import { get, type MlflowCall, modelOf, post, versionOf } from './request.ts';

/** One subject each. */
export const READS: readonly MlflowCall[] = [
  {
    name: 'get-registered-model',
    row: 'get model',
    atLeast: 70,
    request: ({ shape }, i) => get('/registered-models/get', { name: modelOf(shape, i) }),
  },
  {
    name: 'get-model-version',
    row: 'get version',
    atLeast: 80,
    request: ({ shape }, i) => get('/model-versions/get', { name: modelOf(shape, i), version: versionOf(shape, i) }),
  },
  {
    name: 'get-model-version-by-alias',
    row: 'get by alias',
    atLeast: 60,
    request: ({ shape }, i) => get('/registered-models/alias', { name: modelOf(shape, i), alias: 'champion' }),
  },
  {
    name: 'get-latest-versions',
    row: 'get latest versions',
    atLeast: 50,
    request: ({ shape }, i) => post('/registered-models/get-latest-versions', { name: modelOf(shape, i) }),
  },
  {
    name: 'get-download-uri',
    row: 'get download URI',
    atLeast: 60,
    request: ({ shape }, i) =>
      get('/model-versions/get-download-uri', { name: modelOf(shape, i), version: versionOf(shape, i) }),
  },
  { name: 'health', row: 'health', request: () => ({ method: 'GET', path: '/health' }) },
];
