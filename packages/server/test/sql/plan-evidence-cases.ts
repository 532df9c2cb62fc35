import { MANY, nameOf } from '../../../../bench/seed/shape.ts';
import { newestEvaluationIds, newestEvaluationOn } from '../../src/registry/evidence/evaluations-of.ts';
import { createNoteHold, noteEvaluations } from '../../src/registry/evidence/note-evaluations.ts';
import { differingEvidence } from '../../src/registry/reconcile-evidence.ts';
import { ada } from '../support/open-registry.ts';
import type { Case } from './plan-cases.ts';

const FEW = nameOf(12);
const OF_FEW = `/models/${FEW}/versions/1`;
const ON = { dataset: { name: 'holdout', digest: 'd' }, metrics: { auc: 0.9, accuracy: 0.9 }, n: 100 };

/** Writes, which no list or search shows. */
export const EVIDENCE_CHANGES: readonly [method: string, path: string, body?: unknown][] = [
  ['POST', `${OF_FEW}/metrics`, { metrics: [{ name: 'auc', value: 0.9 }] }],
  ['POST', `${OF_FEW}/metrics`, { metrics: [{ name: 'auc', value: 0.95, step: 1 }] }],
  ['POST', `${OF_FEW}/evaluations`, ON],
  ['POST', `${OF_FEW}/evaluations`, ON],
  ['PUT', '/metric-definitions/auc', { unit: 'points' }],
  ['POST', `/models/${FEW}/versions/2/metrics`, { metrics: [{ name: 'auc', value: 0.9 }] }],
  ['POST', `/models/${FEW}/versions/2/evaluations`, ON],
  ['DELETE', `/models/${FEW}/versions/2?reason=old`],
  ['POST', `/models/${FEW}/versions/2/purge`],
];

const get = (title: string, path: string): Case => ({ title: `evidence: ${title}`, get: path });
const next = (title: string, path: string): Case => ({
  title: `evidence: ${title}, the next page`,
  get: path,
  page: 'next',
});

export const EVIDENCE_CASES: readonly Case[] = [
  get('metrics of a version', `${OF_FEW}/metrics`),
  next('metrics of a version', `${OF_FEW}/metrics?page_size=1`),
  get('points of a metric', `${OF_FEW}/metrics/auc?page_size=1`),
  next('points of a metric', `${OF_FEW}/metrics/auc?page_size=1`),
  get('metric definitions', '/metric-definitions'),
  next('metric definitions', '/metric-definitions'),
  get('a metric definition', '/metric-definitions/auc'),
  get('evaluations of a version', `${OF_FEW}/evaluations`),
  next('evaluations of a version', `${OF_FEW}/evaluations?page_size=1`),
  get('evaluations', '/evaluations'),
  next('evaluations', '/evaluations'),
  get('evaluations of a model', `/evaluations?filter=model = '${MANY}' AND metrics.auc > 0.4`),
  get('evaluations on a data set', "/evaluations?filter=dataset = 'data 1' AND n > 3"),
  get('evaluations on a digest', "/evaluations?filter=dataset = 'data 0' AND digest = 'd8'"),
  get('evaluations with a metric that none has', '/evaluations?filter=metrics.auc > 0.6'),
  get('an evaluation', '/evaluations/23000'),
  get('data sets', '/datasets'),
  next('data sets', '/datasets'),
  get('a data set of many digests', '/datasets/data 0'),
  get('a leaderboard', '/datasets/data 1/leaderboard?metric=accuracy'),
  next('a leaderboard', '/datasets/data 1/leaderboard?metric=accuracy'),
  get('a leaderboard, the least first', '/datasets/data 1/leaderboard?metric=auc&direction=lower'),
  get('a leaderboard of a model', `/datasets/data 1/leaderboard?metric=accuracy&model=${MANY}`),
  get(
    'a leaderboard of a model, the least first',
    `/datasets/data 1/leaderboard?metric=auc&direction=lower&model=${MANY}`,
  ),
  get('events of a metric', '/events?subject=metric:auc'),
  {
    title: 'evidence: what a policy looks at',
    async work({ db, registry }) {
      const { id } = await registry.rows.version(FEW, '1');
      await newestEvaluationIds(db.read, id);
      await newestEvaluationOn(db.read, id, { name: 'holdout' });
      await newestEvaluationOn(db.read, id, { name: 'holdout', digest: 'd' }, 1_000);
    },
  },
  {
    title: 'evidence: which versions an evaluation by MLflow is of',
    async work({ db }) {
      const change = () => Promise.reject(new Error('there is none'));
      const hold = createNoteHold(change, { isPassing: () => false, onFailed: () => {} });
      const point = { key: 'auc', value: 1, timestamp: 1, step: 0, dataset_name: 'iris', dataset_digest: 'd' };
      await noteEvaluations({ read: db.read, change, hold }, ada, 'run7', [point, { ...point, model_id: 'm-7' }]);
    },
  },
  // What is the same in all of its steps is in the first.
  { title: 'evidence: held against the ledger', work: ({ db }) => differingEvidence(db.read).next() },
];
