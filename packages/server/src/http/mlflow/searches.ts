import type { Registry } from '../../registry/registry.ts';
import type { AddRoute } from './door.ts';
import type { Fields } from './fields.ts';
import { refuseParameter } from './refused.ts';
import { toExperiment, toRun } from './translate-runs.ts';

/** As protobuf names and numbers them (`mlflow/protos/service.proto`, ViewType). */
const VIEWS = new Map<unknown, readonly ('active' | 'deleted')[]>(
  (
    [
      ['ACTIVE_ONLY', ['active']],
      ['DELETED_ONLY', ['deleted']],
      ['ALL', ['active', 'deleted']],
    ] as const
  ).flatMap(([name, stages], i) => [
    [name, stages],
    [i + 1, stages],
    [String(i + 1), stages],
  ]),
);

const MOST = 50_000;

/** Searches of what is tracked (`mlflow/server/handlers.py`: `_search_runs`, `_search_experiments`). */
export function searchRoutes(route: AddRoute, registry: Registry): void {
  const { tracking } = registry;

  route('POST', '/runs/search', async (fields) => {
    const { items, next_page_token } = await tracking.searchRuns({
      experiment_ids: experimentIds(fields),
      stages: stagesOf(fields, 'run_view_type'),
      order_by: fields.texts('order_by'),
      ...pageOf(fields, sizeOf(fields, 1_000, MOST)),
    });
    return answer('runs', items.map(toRun), next_page_token);
  });

  route(['GET', 'POST'], '/experiments/search', async (fields) => {
    const { items, next_page_token } = await tracking.searchExperiments({
      stages: stagesOf(fields, 'view_type'),
      order_by: fields.texts('order_by'),
      // MLflow reads one that is left out as 0.
      ...pageOf(fields, sizeOf(fields, 0, MOST)),
    });
    return answer('experiments', items.map(toExperiment), next_page_token);
  });
}

function answer<T>(name: string, items: T[], next_page_token: string | null) {
  return { ...(items.length > 0 && { [name]: items }), ...(next_page_token !== null && { next_page_token }) };
}

function pageOf(fields: Fields, page_size: number) {
  return { filter: fields.text('filter'), page_token: fields.text('page_token') || undefined, page_size };
}

function sizeOf(fields: Fields, usual: number, most: number): number {
  const size = fields.integer('max_results') ?? usual;
  if (size < 1 || size > most)
    refuseParameter(
      `Invalid value ${size} for parameter 'max_results' supplied: It must be at least 1 and at most ${most}.`,
    );
  return size;
}

function stagesOf(fields: Fields, name: string): readonly ('active' | 'deleted')[] {
  const view = fields.raw(name) ?? 'ACTIVE_ONLY';
  const stages = VIEWS.get(view);
  if (stages) return stages;
  const shown = JSON.stringify(view).slice(0, 100);
  return refuseParameter(
    `Invalid value ${shown} for parameter '${name}' supplied: It must be ACTIVE_ONLY, DELETED_ONLY or ALL.`,
  );
}

function experimentIds(fields: Fields): number[] {
  return fields.texts('experiment_ids').map((id) => {
    if (!/^\d{1,15}$/.test(id)) refuseParameter(`Invalid experiment ID: '${id.slice(0, 100)}'. It must be an integer.`);
    return Number(id);
  });
}
