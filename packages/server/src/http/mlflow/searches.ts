import type { Registry } from '../../registry/registry.ts';
import type { AddRoute } from './door.ts';
import type { Fields } from './fields.ts';
import { refuseParameter } from './refused.ts';
import { toMlflowLoggedModel } from './translate-logged-models.ts';
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

/** Searches of what is tracked (`mlflow/server/handlers.py`: `_search_runs`, `_search_experiments`, `_search_logged_models`). */
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

  route('POST', '/logged-models/search', async (fields) => {
    const experiment_ids = experimentIds(fields);
    if (experiment_ids.length === 0) refuseParameter("Missing value for required parameter 'experiment_ids'.");
    const { items, next_page_token } = await tracking.searchLoggedModels({
      experiment_ids,
      datasets: datasetsOf(fields),
      order_by: fields.objects('order_by').map((key) => ({
        field_name: key.required('field_name'),
        ascending: key.flag('ascending') ?? true,
        dataset_name: key.text('dataset_name') || undefined,
        dataset_digest: key.text('dataset_digest') || undefined,
      })),
      // 0 is none told, as MLflow has it.
      ...pageOf(fields, sizeOf(fields, 100, MOST, 0) || 100),
    });
    return answer('models', items.map(toMlflowLoggedModel), next_page_token);
  });
}

function answer<T>(name: string, items: T[], next_page_token: string | null) {
  return { ...(items.length > 0 && { [name]: items }), ...(next_page_token !== null && { next_page_token }) };
}

function pageOf(fields: Fields, page_size: number) {
  return { filter: fields.text('filter'), page_token: fields.text('page_token') || undefined, page_size };
}

function sizeOf(fields: Fields, usual: number, most: number, least = 1): number {
  const size = fields.integer('max_results') ?? usual;
  if (size < least || size > most)
    refuseParameter(
      `Invalid value ${size} for parameter 'max_results' supplied: It must be at least 1 and at most ${most}.`,
    );
  return size;
}

/** What is no view is none told, as MLflow reads unknown words. */
function stagesOf(fields: Fields, name: string): readonly ('active' | 'deleted')[] {
  return VIEWS.get(fields.raw(name)) ?? ['active'];
}

const MOST_DATASETS = 100;

function datasetsOf(fields: Fields) {
  const datasets = fields.objects('datasets');
  if (datasets.length > MOST_DATASETS) refuseParameter(`'datasets' may name at most ${MOST_DATASETS}.`);
  return datasets.map((one) => ({
    name: one.required('dataset_name'),
    digest: one.text('dataset_digest') || undefined,
  }));
}

const MOST_EXPERIMENTS = 10_000;

function experimentIds(fields: Fields): number[] {
  const ids = fields.texts('experiment_ids');
  if (ids.length > MOST_EXPERIMENTS)
    refuseParameter(`'experiment_ids' may name at most ${MOST_EXPERIMENTS} experiments, but got ${ids.length}.`);
  return ids.map((id) => {
    if (!/^\d{1,15}$/.test(id)) refuseParameter(`Invalid experiment ID: '${id.slice(0, 100)}'. It must be an integer.`);
    return Number(id);
  });
}
