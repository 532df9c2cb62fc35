import { passOf } from '../../calls/call.ts';
import { get, type MlflowCall, modelOf, post, versionOf } from './request.ts';

interface Model {
  registered_model: { name: string };
}
interface Version {
  model_version: { name: string; version: string };
}
type Tags = { model_version: { tags: { key: string; value: string }[] } };

const STAGES = ['Staging', 'Archived', 'None'] as const;
const MOVED = '5';

/** Every one of these changes something, however often it is called. */
export const CHANGES: readonly MlflowCall[] = [
  {
    name: 'create-registered-model',
    row: 'create model',
    atLeast: 25,
    request: (_ground, i) =>
      post('/registered-models/create', {
        name: `bench-${i}`,
        description: 'nightly experiment',
        tags: [{ key: 'team', value: 'risk' }],
      }),
    readBack: (document: Model) => {
      const { path } = get('/registered-models/get', { name: document.registered_model.name });
      return { path, document };
    },
  },
  {
    name: 'create-model-version',
    row: 'create version',
    atLeast: 25,
    request: ({ shape }, i) =>
      post('/model-versions/create', {
        name: modelOf(shape, i),
        source: `s3://models/bench/${i}`,
        run_id: i.toString(16).padStart(32, '0'),
        description: 'nightly candidate',
        tags: [{ key: 'team', value: 'risk' }],
      }),
    readBack: (document: Version) => {
      const { name, version } = document.model_version;
      return { path: get('/model-versions/get', { name, version }).path, document };
    },
  },
  {
    name: 'set-model-version-tag',
    row: 'set tag',
    atLeast: 40,
    request: ({ shape }, i) =>
      post('/model-versions/set-tag', {
        name: modelOf(shape, i),
        version: versionOf(shape, i),
        key: 'bench',
        value: `n${i}`,
      }),
    readBack: (_answer: object, { shape }, i) => ({
      path: get('/model-versions/get', { name: modelOf(shape, i), version: versionOf(shape, i) }).path,
      document: `n${i}`,
      part: ({ model_version }: Tags) => model_version.tags.find(({ key }) => key === 'bench')?.value,
    }),
  },
  {
    name: 'set-registered-model-alias',
    row: 'set alias',
    atLeast: 40,
    request: ({ shape }, i) =>
      post('/registered-models/alias', { name: modelOf(shape, i), alias: 'bench', version: versionOf(shape, i) }),
    readBack: (_answer: object, { shape }, i) => ({
      path: get('/registered-models/alias', { name: modelOf(shape, i), alias: 'bench' }).path,
      document: versionOf(shape, i),
      part: ({ model_version }: Version) => model_version.version,
    }),
  },
  {
    name: 'transition-model-version-stage',
    row: 'set stage',
    atLeast: 25,
    request: ({ shape }, i) =>
      post('/model-versions/transition-stage', {
        name: modelOf(shape, i),
        version: MOVED,
        stage: STAGES[passOf(shape, i) % STAGES.length],
        archive_existing_versions: false,
      }),
    readBack: (document: Version) => {
      const { name, version } = document.model_version;
      return { path: get('/model-versions/get', { name, version }).path, document };
    },
  },
];
