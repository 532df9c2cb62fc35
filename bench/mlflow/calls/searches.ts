import { passOf, placeOf } from '../../calls/call.ts';
import { newVersion, TEAMS } from '../../seed/documents.ts';
import { EACH, type Shape, SUBJECTS } from '../../seed/shape.ts';
import { get, type MlflowCall, modelOf } from './request.ts';

/** What the client asks for where its caller says nothing. */
const CLIENT_MODELS = 100;
const CLIENT_VERSIONS = 10_000;

const models = (filter: string) =>
  get('/registered-models/search', { ...(filter && { filter }), max_results: CLIENT_MODELS });
const versions = (filter: string, max_results = CLIENT_VERSIONS) =>
  get('/model-versions/search', { ...(filter && { filter }), max_results });

/** The run that the version of request `i` came from. */
function runOf(shape: Shape, i: number): string {
  const { lineage } = newVersion(placeOf(i, shape.models), (passOf(shape, i) % EACH) + 1);
  return lineage?.run_id as string;
}

export const SEARCHES: readonly MlflowCall[] = [
  { name: 'search-registered-models', row: 'search models, first 100', atLeast: 30, request: () => models('') },
  {
    name: 'search-registered-models-like',
    row: 'search models by name LIKE',
    atLeast: 30,
    request: (_ground, i) => models(`name LIKE '${SUBJECTS[i % SUBJECTS.length]}-%'`),
  },
  {
    name: 'search-registered-models-by-tag',
    row: 'search models by tag',
    atLeast: 30,
    request: (_ground, i) => models(`tags.team = '${TEAMS[i % TEAMS.length]}'`),
  },
  {
    name: 'search-model-versions-by-name',
    row: 'search versions by name',
    atLeast: 60,
    request: ({ shape }, i) => versions(`name = '${modelOf(shape, i)}'`),
  },
  {
    name: 'search-model-versions-by-run',
    row: 'search versions by run',
    atLeast: 150,
    request: ({ shape }, i) => versions(`run_id = '${runOf(shape, i)}'`),
  },
  {
    name: 'search-model-versions-page',
    row: 'search versions, page of 100',
    atLeast: 50,
    byTime: true,
    request: () => versions('', 100),
  },
  {
    name: 'search-model-versions',
    row: 'search versions, default page',
    atLeast: 12,
    byTime: true,
    request: () => versions(''),
  },
];
