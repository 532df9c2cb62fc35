import type { LoggedModelTable } from '../../db/tables.ts';
import type { Registry } from '../../registry/registry.ts';
import type { AddRoute } from './door.ts';
import type { Fields } from './fields.ts';
import { refuseParameter } from './refused.ts';
import { toMlflowLoggedModel } from './translate-logged-models.ts';

type Status = LoggedModelTable['status'];

/** `log_model` sends all params of its run along. */
const PARAMS_BYTES = 12 * 2 ** 20;

/** By number, as protobuf has them; 0 is that none was told, which is no status to have. */
const STATUSES: readonly (Status | undefined)[] = [
  undefined,
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
];

/** Logged models but for their search (`mlflow/server/handlers.py`, from `_create_logged_model`). */
export function loggedModelRoutes(route: AddRoute, registry: Registry): void {
  const { loggedModels } = registry.tracking;
  const one = '/logged-models/:model_id';

  route(
    'POST',
    '/logged-models',
    async (fields) => {
      const experimentId = fields.required('experiment_id');
      const model = await loggedModels.log(experimentId, {
        name: nameOf(fields),
        model_type: fields.text('model_type') ?? '',
        source_run_id: fields.text('source_run_id') ?? '',
        params: entriesOf(fields, 'params'),
        tags: entriesOf(fields, 'tags'),
      });
      return { model: toMlflowLoggedModel(model) };
    },
    { bodyLimit: PARAMS_BYTES },
  );

  route('GET', one, async (fields) => {
    const deletedToo = fields.text('allow_deleted')?.toLowerCase() === 'true';
    return { model: toMlflowLoggedModel(await loggedModels.get(fields.required('model_id'), deletedToo)) };
  });

  route('PATCH', one, async (fields) => {
    const id = fields.required('model_id');
    return { model: toMlflowLoggedModel(await loggedModels.finalize(id, statusOf(fields))) };
  });

  route('DELETE', one, async (fields) => {
    await loggedModels.delete(fields.required('model_id'));
    return {};
  });

  route(
    'POST',
    `${one}/params`,
    async (fields) => {
      await loggedModels.addParams(fields.required('model_id'), entriesOf(fields, 'params'));
      return {};
    },
    { bodyLimit: PARAMS_BYTES },
  );

  route('PATCH', `${one}/tags`, async (fields) => {
    await loggedModels.setTags(fields.required('model_id'), entriesOf(fields, 'tags'));
    return {};
  });

  // The key is the rest of the address, since the client does not encode the slashes in it.
  route('DELETE', `${one}/tags/*`, async (fields) => {
    await loggedModels.deleteTag(fields.required('model_id'), fields.required('*'));
    return {};
  });
}

/** Empty where one is to be invented (`mlflow/utils/validation.py`, `_validate_logged_model_name`). */
function nameOf(fields: Fields): string {
  const name = fields.text('name') ?? '';
  if (/[/:.%"']/.test(name))
    refuseParameter(
      `Invalid model name ('${name.slice(0, 200)}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    );
  return name;
}

function statusOf(fields: Fields): Status {
  const told = fields.raw('status');
  const asked = typeof told === 'string' || told === undefined ? fields.required('status') : told;
  const status = STATUSES.find((name, number) => name !== undefined && (asked === name || asked === number));
  return status ?? refuseParameter(`Unknown model status: ${JSON.stringify(asked).slice(0, 200)}`);
}

function entriesOf(fields: Fields, name: 'params' | 'tags') {
  return fields.objects(name).map((entry) => ({ key: entry.required('key'), value: entry.text('value') ?? '' }));
}
