import type { Registry } from '../../registry/registry.ts';
import type { RunPoint } from '../../registry/runs/history.ts';
import type { AddRoute } from './door.ts';
import type { Fields } from './fields.ts';
import { refuseParameter } from './refused.ts';
import { runIdOf } from './run-fields.ts';
import { toMetric } from './translate-runs.ts';

const MOST_RUNS = 100;
/** Of a page of a history; who asks for no page gets as many as one answer may hold. */
const MOST_ASKED = 50_000;
const MOST_AT_ONCE = 200_000;
const MOST_IN_BULK = 25_000;
const MOST_SAMPLED = 2_500;

/** Histories of metrics (`mlflow/server/handlers.py`, `_get_metric_history` and on). */
export function metricRoutes(route: AddRoute, { tracking }: Registry): void {
  route('GET', '/metrics/get-history', async (fields) => {
    const asked = {
      run_id: runIdOf(fields),
      key: fields.required('metric_key'),
      page_size: mostOf(fields, MOST_ASKED) ?? MOST_AT_ONCE,
      page_token: fields.text('page_token') || undefined,
    };
    const { items, next_page_token } = await tracking.metrics.history(asked);
    return {
      ...(items.length > 0 && { metrics: items.map(toMetric) }),
      ...(next_page_token !== null && { next_page_token }),
    };
  });

  route('GET', '/metrics/get-history-bulk', async (fields) => {
    const run_ids = runIdsOf(fields, 'run_id', 'GetMetricHistoryBulk');
    if (!fields.has('metric_key')) refuseParameter('GetMetricHistoryBulk request must specify a metric_key.');
    const most = mostOf(fields, MOST_IN_BULK) ?? MOST_IN_BULK;
    return {
      metrics: (await tracking.metrics.historyOf(run_ids, fields.text('metric_key') ?? '', most)).map(toRunMetric),
    };
  });

  route('GET', '/metrics/get-history-bulk-interval', async (fields) => {
    const asked = {
      run_ids: runIdsOf(fields, 'run_ids', 'GetMetricHistoryBulkInterval'),
      key: fields.required('metric_key'),
      most: sampledOf(fields),
      steps: stepsOf(fields),
    };
    const points = await tracking.metrics.sample(asked);
    return points.length > 0 ? { metrics: points.map(toRunMetric) } : {};
  });
}

function toRunMetric(point: RunPoint) {
  return { ...toMetric(point), run_id: point.run_id };
}

/** `max_results`; more than `most` is as much as that. */
function mostOf(fields: Fields, most: number): number | undefined {
  const asked = fields.integer('max_results');
  if (asked !== undefined && asked <= 0)
    refuseParameter(`Invalid value ${asked} for parameter 'max_results' supplied. It must be a positive integer.`);
  return asked === undefined ? undefined : Math.min(asked, most);
}

function sampledOf(fields: Fields): number {
  const asked = fields.integer('max_results') ?? MOST_SAMPLED;
  if (asked < 1 || asked > MOST_SAMPLED) refuseParameter(`max_results must be between 1 and ${MOST_SAMPLED}.`);
  return asked;
}

function runIdsOf(fields: Fields, name: string, request: string): string[] {
  const run_ids = fields.texts(name);
  if (run_ids.length === 0) refuseParameter(`${request} request must specify at least one run_id.`);
  if (run_ids.length > MOST_RUNS)
    refuseParameter(
      `${request} request cannot specify more than ${MOST_RUNS} run_ids. Received ${run_ids.length} run_ids.`,
    );
  return run_ids;
}

function stepsOf(fields: Fields): { from: number; to: number } | undefined {
  const from = fields.integer('start_step');
  const to = fields.integer('end_step');
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined)
    refuseParameter('If either start step or end step are specified, both must be specified.');
  if (from > to)
    refuseParameter(`end_step must be greater than start_step. Found start_step=${from} and end_step=${to}.`);
  return { from, to };
}
