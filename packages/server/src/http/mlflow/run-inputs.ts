import type { Registry } from '../../registry/registry.ts';
import type { DatasetInput } from '../../registry/runs/documents.ts';
import { parseJson } from '../json.ts';
import type { AddRoute } from './door.ts';
import type { Fields } from './fields.ts';
import { refuseParameter } from './refused.ts';
import { entriesOf } from './run-fields.ts';

/** A data set may carry a profile of 16 MiB. */
const INPUTS_BYTES = 20 * 2 ** 20;

/** What went into a run, and came out of it (`mlflow/server/handlers.py`, `_log_inputs`, `_log_outputs`, `_log_model`). */
export function inputRoutes(route: AddRoute, { tracking }: Registry): void {
  route(
    'POST',
    '/runs/log-inputs',
    async (fields) => {
      const inputs = {
        datasets: fields.objects('datasets').map(datasetOf),
        models: fields.objects('models').map((model) => model.required('model_id')),
      };
      await tracking.runs.logInputs(fields.required('run_id'), inputs);
      return {};
    },
    { bodyLimit: INPUTS_BYTES },
  );
  route('POST', '/runs/outputs', async (fields) => {
    const outputs = fields.needed('models', fields.objects('models')).map((model) => ({
      model_id: model.required('model_id'),
      step: model.integer('step') ?? 0,
    }));
    await tracking.runs.logOutputs(fields.required('run_id'), outputs);
    return {};
  });
  route('POST', '/runs/log-model', async (fields) => {
    const run_id = fields.required('run_id');
    await tracking.runs.noteModel(run_id, modelIn(fields.required('model_json')));
    return {};
  });
}

function datasetOf(input: Fields): DatasetInput {
  const dataset = input.needed('dataset', input.object('dataset'));
  return {
    dataset: {
      name: dataset.required('name'),
      digest: dataset.required('digest'),
      source_type: dataset.text('source_type') ?? '',
      source: dataset.text('source') ?? '',
      schema: dataset.text('schema') ?? null,
      profile: dataset.text('profile') ?? null,
    },
    tags: entriesOf(input, 'tags'),
  };
}

const MANDATORY = ['artifact_path', 'flavors', 'run_id', 'utc_time_created'];

function modelIn(text: string): Record<string, unknown> {
  let model: unknown;
  try {
    model = parseJson(Buffer.from(text));
  } catch {
    refuseParameter('Malformed model info: model_json is not valid JSON.');
  }
  if (typeof model !== 'object' || model === null || Array.isArray(model))
    refuseParameter('Malformed model info: model_json is not a JSON object.');
  const missing = MANDATORY.filter((field) => !Object.hasOwn(model, field));
  if (missing.length > 0) refuseParameter(`Model json is missing mandatory fields: ${missing.join(', ')}`);
  return model as Record<string, unknown>;
}
