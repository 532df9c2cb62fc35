import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import type { AddRoute } from './door.ts';
import { entriesOf, entryOf, pointOf, runIdOf } from './run-fields.ts';
import { inputRoutes } from './run-inputs.ts';
import { toRun, toRunInfo } from './translate-runs.ts';

/** What a batch may hold comes to this where JSON escapes each of its characters: 100 params of 6,000, 100 tags of 8,000, and points. */
const BATCH_BYTES = 12 * 2 ** 20;

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;

/** Runs and what is logged of them (`mlflow/server/handlers.py`, `_create_run` and on). Their search is in searches.ts. */
export function runRoutes(route: AddRoute, registry: Registry): void {
  const { tracking } = registry;
  route('POST', '/runs/create', async (fields) => {
    const asked = {
      // MLflow answers an error of its database where there is none.
      experiment_id: fields.text('experiment_id') || '0',
      user_id: fields.text('user_id') ?? '',
      run_name: fields.text('run_name') ?? '',
      start_time: fields.integer('start_time') ?? 0,
      tags: entriesOf(fields, 'tags'),
    };
    return { run: toRun(await tracking.runs.create(asked)) };
  });
  route('GET', '/runs/get', async (fields) => ({ run: toRun(await tracking.runs.get(runIdOf(fields))) }));
  route('POST', '/runs/update', async (fields) => {
    const status = fields.text('status');
    const patch = {
      // What is no status is taken for none, as by protobuf.
      status: STATUSES.find((known) => known === status),
      end_time: fields.integer('end_time'),
      run_name: fields.text('run_name'),
    };
    const run_id = runIdOf(fields);
    const run_info = toRunInfo(await tracking.runs.update(run_id, patch));
    await registry.evidence.evaluations.flush(run_id);
    return { run_info };
  });
  route('POST', '/runs/delete', async (fields) => {
    await tracking.runs.delete(fields.required('run_id'));
    return {};
  });
  route('POST', '/runs/restore', async (fields) => {
    await tracking.runs.restore(fields.required('run_id'));
    return {};
  });
  route('POST', '/runs/log-parameter', async (fields) => {
    await tracking.runs.logParam(runIdOf(fields), entryOf(fields));
    return {};
  });
  route('POST', '/runs/log-metric', async (fields, request) => {
    const [run_id, point] = [runIdOf(fields), pointOf(fields)];
    await tracking.runs.logMetric(run_id, point);
    await registry.evidence.evaluations.note(callerOf(request), run_id, [point]);
    return {};
  });
  route('POST', '/runs/set-tag', async (fields) => {
    await tracking.runs.setTag(runIdOf(fields), entryOf(fields));
    return {};
  });
  route('POST', '/runs/delete-tag', async (fields) => {
    await tracking.runs.deleteTag(fields.required('run_id'), fields.required('key'));
    return {};
  });
  route(
    'POST',
    '/runs/log-batch',
    async (fields, request) => {
      const batch = {
        metrics: fields.objects('metrics').map(pointOf),
        params: entriesOf(fields, 'params'),
        tags: entriesOf(fields, 'tags'),
      };
      const run_id = fields.required('run_id');
      await tracking.runs.logBatch(run_id, batch);
      await registry.evidence.evaluations.note(callerOf(request), run_id, batch.metrics);
      return {};
    },
    { bodyLimit: BATCH_BYTES },
  );
  inputRoutes(route, registry);
}
