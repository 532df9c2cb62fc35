import { MANY, nameOf } from '../../../../bench/seed/shape.ts';
import { isLonger, scan } from '../../src/registry/charts/scan.ts';
import type { Opened } from '../support/open-registry.ts';
import type { Case } from './plan-cases.ts';

const [ONE, OTHER] = [nameOf(7), nameOf(8)];
const metrics = Array.from({ length: 40 }, (_, step) => ({ name: 'charted', value: step % 7, step: step * 10 }));

/** What is drawn, besides what is compared. */
export const CHART_CHANGES: readonly [method: string, path: string, body?: unknown][] = [
  ['POST', `/models/${ONE}/versions/2/metrics`, { metrics }],
];

const versions = `version=${ONE}/2&version=${OTHER}/2`;

/** A history that is too long to be read one by one: the same queries, however long it is. */
async function scanned({ db }: Opened): Promise<void> {
  const { id } = await db.read
    .selectFrom('version')
    .innerJoin('model', 'model.id', 'version.model_id')
    .select('version.id')
    .where('model.name', '=', ONE)
    .where('number', '=', 2)
    .executeTakeFirstOrThrow();
  await scan(db.read, db.name, { of: 'version', owner: id, name: 'charted' }, 8);
}

async function scannedOfModel({ db }: Opened): Promise<void> {
  const place = { of: 'logged_model', owner: 'm-7', name: 'k1' } as const;
  await isLonger(db.read, place, 1);
  await scan(db.read, db.name, place, 8);
}

export const CHART_CASES: readonly Case[] = [
  { title: 'charts: the history of a metric', get: `/charts/metric-history.json?${versions}&metric=charted` },
  { title: 'charts: a metric over versions', get: `/models/${MANY}/charts/metric.json?metric=auc` },
  { title: 'charts: metrics of versions', get: `/compare/charts/metrics.json?${versions}` },
  { title: 'charts: params and metrics of versions', get: `/compare/charts/parallel.json?${versions}` },
  { title: 'charts: slices of an evaluation', get: `/models/${ONE}/versions/2/charts/slices.json` },
  { title: 'charts: curves of versions', get: `/compare/charts/roc.json?${versions}` },
  { title: 'charts: a long history', work: scanned },
  { title: 'charts: a long history of a logged model', work: scannedOfModel },
];
