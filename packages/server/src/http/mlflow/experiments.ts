import type { Registry } from '../../registry/registry.ts';
import type { AddRoute } from './door.ts';
import { entriesOf, entryOf } from './run-fields.ts';
import { toExperiment } from './translate-runs.ts';

/** Experiments (`mlflow/server/handlers.py`, `_create_experiment` and on). Their search is in searches.ts. */
export function experimentRoutes(route: AddRoute, { tracking }: Registry): void {
  route('POST', '/experiments/create', async (fields) => {
    const asked = {
      name: fields.required('name'),
      artifact_location: fields.text('artifact_location'),
      tags: entriesOf(fields, 'tags'),
    };
    return { experiment_id: String(await tracking.experiments.create(asked)) };
  });
  route('GET', '/experiments/get', async (fields) => ({
    experiment: toExperiment(await tracking.experiments.get(fields.required('experiment_id'))),
  }));
  route('GET', '/experiments/get-by-name', async (fields) => ({
    experiment: toExperiment(await tracking.experiments.getNamed(fields.required('experiment_name'))),
  }));
  route('POST', '/experiments/update', async (fields) => {
    await tracking.experiments.rename(fields.required('experiment_id'), fields.required('new_name'));
    return {};
  });
  route('POST', '/experiments/delete', async (fields) => {
    await tracking.experiments.delete(fields.required('experiment_id'));
    return {};
  });
  route('POST', '/experiments/restore', async (fields) => {
    await tracking.experiments.restore(fields.required('experiment_id'));
    return {};
  });
  route('POST', '/experiments/set-experiment-tag', async (fields) => {
    await tracking.experiments.setTag(fields.required('experiment_id'), entryOf(fields));
    return {};
  });
  route('POST', '/experiments/delete-experiment-tag', async (fields) => {
    await tracking.experiments.deleteTag(fields.required('experiment_id'), fields.required('key'));
    return {};
  });
}
