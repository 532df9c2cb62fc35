import { expect } from 'vitest';
import { MANY, nameOf } from '../../../../bench/seed/shape.ts';
import { finishIndex } from '../../src/registry/backlog.ts';
import { createIngest } from '../../src/registry/ingest.ts';
import { scrub } from '../../src/registry/scrub.ts';
import { createStock } from '../../src/registry/stock.ts';
import { DAY_MS, type Opened } from '../support/open-registry.ts';
import { CHART_CASES, CHART_CHANGES } from './plan-chart-cases.ts';
import { COMPARE_CASES, COMPARE_CHANGES } from './plan-compare-cases.ts';
import { EVIDENCE_CASES, EVIDENCE_CHANGES } from './plan-evidence-cases.ts';
import { decide, LIFECYCLE_CASES, LIFECYCLE_CHANGES } from './plan-lifecycle-cases.ts';
import { REGISTRY_CASES } from './plan-registry-cases.ts';
import { TRACKED_CASES } from './plan-tracked-cases.ts';

/** A request of the native API or of MLflow's, or work that the server does by itself. */
export type Case =
  | { title: string; get: string; page?: 'next' }
  | { title: string; post: string; body: Record<string, unknown>; page?: 'next' }
  | { title: string; read: string; body: Record<string, unknown>; page?: 'next' }
  | { title: string; work(opened: Opened): Promise<unknown> };

export const CHANGED = 'changes of every kind';
export const COUNTS = 'every minute: counts';

const FEW = nameOf(0);
const RENAMED = nameOf(1);
const PURGED = nameOf(2);
const EARLY = '2025-01-01T01:00:00Z';
const OF_FEW = `/models/${FEW}`;

/** The paths follow `/api/v1`. */
const CHANGES: readonly [method: string, path: string, body?: unknown][] = [
  ['POST', `/models/${RENAMED}/rename`, { name: 'another-name' }],
  ['POST', '/models', { name: RENAMED, owner: 'ada', tags: { team: 'risk' }, card: 'The second of this name' }],
  ['PATCH', '/models/another-name', { description: 'The first of that name' }],
  ['POST', `/models/${RENAMED}/versions`, { properties: { region: 'north' }, metrics: { auc: 0.7 } }],
  ['PUT', `/models/${RENAMED}/versions/11/artifacts/a.txt`, Buffer.from('a')],
  ['PUT', `/models/${RENAMED}/versions/11/artifacts/b.txt`, Buffer.from('b')],
  ['DELETE', `/models/${RENAMED}/versions/11/artifacts/b.txt`],
  ['PATCH', `/models/${RENAMED}/versions/11`, { tags: { team: 'risk' } }],
  ['POST', `/models/${RENAMED}/versions/11/seal`],
  ['POST', `/models/${RENAMED}/versions/11/promotions`, { to: 'production' }],
  ['PUT', `/models/${RENAMED}/aliases/best`, { version: 11 }],
  ['DELETE', `/models/${RENAMED}/aliases/best`],
  ['DELETE', `${OF_FEW}/versions/2?reason=old`],
  ['POST', `${OF_FEW}/versions/2/restore`],
  ['DELETE', `${OF_FEW}/versions/3?reason=old`],
  ['POST', `${OF_FEW}/versions/3/purge`],
  ['DELETE', `${OF_FEW}/versions/4?reason=old`],
  ['DELETE', `/models/${PURGED}?reason=old&force=true`],
  ['POST', `/models/${PURGED}/purge`],
  ['DELETE', `/models/${nameOf(3)}?reason=old&force=true`],
  ['POST', `/models/${nameOf(3)}/restore`],
  ['DELETE', `/models/${nameOf(4)}?reason=old&force=true`],
  ...EVIDENCE_CHANGES,
];

/** One list with each of these queries, by what they ask. */
function lists(of: string, path: string, queries: Record<string, string>): Case[] {
  return Object.entries(queries).map(([what, query]) => ({ title: `${of} ${what}`, get: `${path}?${query}` }));
}

export const CASES: readonly Case[] = [
  {
    title: CHANGED,
    async work(opened) {
      const { ask, registry } = opened;
      for (const [method, path, body] of [...CHANGES, ...COMPARE_CHANGES, ...CHART_CHANGES, ...LIFECYCLE_CHANGES]) {
        const answer = await ask(method, path, { body });
        expect([200, 201, 202, 204], `${method} ${path}: ${answer.text}`).toContain(answer.status);
        // What it left is done by now.
        await registry.idle();
      }
      await decide(opened);
    },
  },
  { title: 'models', get: '/models' },
  { title: 'models, the next page', get: '/models', page: 'next' },
  ...lists('models', '/models', {
    'in order of creation': 'sort=-created_at',
    'in order of their count of versions': 'sort=version_count',
    'in order of owner': 'sort=owner',
    'in order of a tag': 'sort=tags.team',
    'in order of a property and name': 'sort=-properties.tier,name',
    'with a tag': "filter=tags.team = 'risk'",
    'with a tag and a property': "filter=tags.team = 'risk' AND properties.tier = 2",
    'with one of two tags': "filter=tags.team = 'risk' OR tags.task = 'ranking'",
    'without a tag': "filter=NOT tags.team = 'risk'",
    'whose names begin so': "filter=name LIKE 'churn-0000%'",
    'that hold a text': "filter=description LIKE '%gradient%'",
    'with a word that few have': 'q=000120',
    'with a word that many have': 'q=weekly',
    'with a word, in order of name': 'q=weekly&sort=name',
    'with a word and a tag': "q=weekly&filter=tags.team = 'risk'",
    'of the past': `as_of=${EARLY}`,
    'of the past with a tag': `as_of=${EARLY}&filter=tags.team = 'risk'`,
  }),
  {
    title: 'models in order of their count of versions, the next page',
    get: '/models?sort=version_count',
    page: 'next',
  },
  { title: 'models of the past, the next page', get: `/models?as_of=${EARLY}`, page: 'next' },
  { title: 'a model', get: OF_FEW },
  { title: 'a model of the past', get: `${OF_FEW}?as_of=${EARLY}` },

  { title: 'versions of a model', get: `${OF_FEW}/versions` },
  ...lists('versions of a model', `${OF_FEW}/versions`, {
    'in order of a metric': 'sort=-metrics.auc',
    'in order of size': 'sort=-size_bytes',
    'in order of a property': 'sort=properties.params.depth',
    'in a status': "filter=status = 'draft'",
    'with a word': 'q=weekly',
    'of the past': `as_of=${EARLY}`,
  }),
  { title: 'versions of a model that has many', get: `/models/${MANY}/versions` },
  ...lists('versions of a model that has many', `/models/${MANY}/versions`, {
    'in order of a metric': 'sort=-metrics.auc',
    'in order of size': 'sort=-size_bytes',
    'in order of a tag': 'sort=tags.market',
    'in order of a property': 'sort=properties.params.depth',
    'in a status': "filter=status = 'production'",
    'with a metric': 'filter=metrics.auc > 0.9',
    'with a word': 'q=weekly',
    'of the past': `as_of=${EARLY}`,
  }),
  { title: 'versions', get: '/versions' },
  { title: 'versions, the next page', get: '/versions', page: 'next' },
  ...lists('versions', '/versions', {
    'in order of a metric': 'sort=-metrics.auc',
    'in order of model and number': 'sort=name,number',
    'in order of size': 'sort=-size_bytes',
    'in order of framework and a metric': 'sort=framework,-metrics.loss',
    'in order of their last change': 'sort=-updated_at',
    'of a name': `filter=name = '${FEW}'`,
    'in a status': "filter=status = 'production'",
    'in a status, in order of a metric': "filter=status = 'production'&sort=-metrics.auc",
    'with a metric that few have': 'filter=metrics.auc > 0.99',
    'with a metric that many have': 'filter=metrics.auc > 0.6',
    'with a digest': `filter=digest = '${'0'.repeat(64)}'`,
    'of a dataset': "filter=lineage.datasets = 'sales-7'",
    'with an alias': "filter=alias = 'champion'",
    'of some time': "filter=created_at < '2025-01-01T00:30:00Z'",
    'with a word that few have': 'q=000120',
    'with a word that many have': 'q=weekly',
    'with a word, in order of their last change': 'q=m7&sort=-updated_at',
    'of the past': `as_of=${EARLY}`,
  }),
  { title: 'versions in order of a metric, the next page', get: '/versions?sort=-metrics.auc', page: 'next' },
  { title: 'a version', get: `${OF_FEW}/versions/1` },
  { title: 'the version in a status', get: `/models/${RENAMED}/versions/production` },
  { title: 'a version by alias', get: `/models/${nameOf(5)}/versions/@champion` },
  { title: 'the newest draft', get: `${OF_FEW}/versions/draft` },
  { title: 'a version of the past', get: `${OF_FEW}/versions/1?as_of=2025-01-01T03:00:00Z` },
  { title: 'a manifest', get: `${OF_FEW}/versions/1/manifest` },
  { title: 'artifacts', get: `${OF_FEW}/versions/1/artifacts` },
  { title: 'an artifact', get: `/models/${RENAMED}/versions/11/artifacts/a.txt` },
  { title: 'a pack of evidence', get: `/models/${RENAMED}/versions/11/evidence.zip` },
  { title: 'the trash', get: '/trash' },

  { title: 'events', get: '/events' },
  { title: 'events, the next page', get: '/events', page: 'next' },
  ...lists('events', '/events', {
    'in the order in which they came': 'order=asc',
    'of a model': `subject=${FEW}`,
    'of a version': `subject=${FEW}/1`,
    'of a name that two models bore': `subject=${RENAMED}`,
    'of a name that two models bore, by an actor': `subject=${RENAMED}&actor=seed`,
    'by an actor': 'actor=seed',
    'of a type': 'type=version.promoted',
    'of a type, by an actor': 'type=version.promoted&actor=seed',
    'since some time': `from=${EARLY}`,
    'up to some time': `to=${EARLY}`,
  }),
  { title: 'the checkpoint', get: '/ledger/checkpoint' },
  { title: 'a proof of inclusion', get: '/ledger/proofs/inclusion?seq=5' },
  { title: 'a proof of consistency', get: '/ledger/proofs/consistency?from=5&to=7777' },
  { title: 'a part of the ledger', get: '/ledger/export?from=1&to=100' },

  ...COMPARE_CASES,
  ...CHART_CASES,
  ...LIFECYCLE_CASES,
  ...EVIDENCE_CASES,
  ...REGISTRY_CASES,
  ...TRACKED_CASES,
  { title: 'every minute: what changes left', work: ({ registry }) => registry.finish() },
  { title: 'every minute: a checkpoint', work: ({ db, ledger }) => createIngest(db)(ledger.keepCheckpoint) },
  {
    title: COUNTS,
    work: ({ db }) => createStock({ snapshot: (body) => body(db.read) }).count(new AbortController().signal),
  },
  {
    title: 'every hour: the trash',
    async work({ registry, clock }) {
      clock.tick(60 * DAY_MS);
      expect(await registry.trash.purgeExpired()).toBeGreaterThan(1);
      await registry.idle();
    },
  },
  { title: 'every day: the sweep', work: ({ registry }) => all(registry.trash.sweep({ graceMs: 1 })) },
  // What is the same in all of its steps is in the first.
  { title: 'a scrub', work: ({ db, blobFolder }) => scrub({ read: db.read, folder: blobFolder }).next() },
  {
    title: 'after an upgrade: the index written anew',
    async work({ db }) {
      const last = { model_id: 0, after: Number.MAX_SAFE_INTEGER };
      for (const kind of ['index models', 'index versions'] as const)
        await db.write
          .insertInto('backlog')
          .values({ kind, ...last })
          .execute();
      await finishIndex(db, () => {});
    },
  },
];

async function all(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}
