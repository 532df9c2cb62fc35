import type { Dice } from './dice.ts';
import { filter } from './filters.ts';
import type { Known, Operation } from './known.ts';
import { FIELDS } from './mlflow-fields.ts';
import { encoded } from './texts.ts';

/** Every route of the MLflow API: method, address below `/mlflow/`, and the fields that it reads. */
const ROUTES = `
POST registered-models/create name tags description
GET registered-models/get name
POST registered-models/rename name new_name
PATCH registered-models/update name description
DELETE registered-models/delete name
GET registered-models/search filter max_results order_by page_token
POST registered-models/get-latest-versions name stages
GET registered-models/get-latest-versions name stages
POST registered-models/set-tag name key value
DELETE registered-models/delete-tag name key
POST registered-models/alias name alias version
GET registered-models/alias name alias
DELETE registered-models/alias name alias
POST model-versions/create name source run_id run_link description tags model_id
GET model-versions/get name version
PATCH model-versions/update name version description
POST model-versions/transition-stage name version stage archive_existing_versions
DELETE model-versions/delete name version
GET model-versions/search filter max_results order_by page_token
GET model-versions/get-download-uri name version
POST model-versions/set-tag name version key value
DELETE model-versions/delete-tag name version key
POST experiments/create name artifact_location tags
GET experiments/get experiment_id
GET experiments/get-by-name experiment_name
POST experiments/update experiment_id new_name
POST experiments/delete experiment_id
POST experiments/restore experiment_id
POST experiments/set-experiment-tag experiment_id key value
POST experiments/delete-experiment-tag experiment_id key
POST experiments/search filter max_results order_by page_token view_type
GET experiments/search filter max_results order_by page_token view_type
POST runs/create experiment_id user_id run_name start_time tags
GET runs/get run_id run_uuid
POST runs/update run_id status end_time run_name
POST runs/delete run_id
POST runs/restore run_id
POST runs/log-parameter run_id key value
POST runs/log-metric run_id key value timestamp step model_id dataset_name dataset_digest
POST runs/set-tag run_id key value
POST runs/delete-tag run_id key
POST runs/log-batch run_id metrics params tags
POST runs/log-inputs run_id datasets models
POST runs/outputs run_id models
POST runs/log-model run_id model_json
POST runs/search experiment_ids filter run_view_type max_results order_by page_token
GET metrics/get-history run_id metric_key max_results page_token
GET metrics/get-history-bulk run_id metric_key max_results
GET metrics/get-history-bulk-interval run_ids metric_key max_results start_step end_step
POST logged-models experiment_id name model_type source_run_id params tags
GET logged-models/{model_id} allow_deleted
PATCH logged-models/{model_id} status
DELETE logged-models/{model_id}
POST logged-models/{model_id}/params params
PATCH logged-models/{model_id}/tags tags
DELETE logged-models/{model_id}/tags/{path}
GET logged-models/{model_id}/artifacts/directories artifact_directory_path
POST logged-models/search experiment_ids filter max_results lm_order_by page_token lm_datasets
GET artifacts/list run_id path page_token
POST artifacts/presigned-upload-url run_id model_id path
POST artifacts/presigned-download-url run_id path
`;

/** Beside them: files, pages of MLflow's own, and what is answered with 501. */
const OTHERS = `
PUT /api/2.0/mlflow-artifacts/artifacts/0/{path}
PUT /api/2.0/mlflow-artifacts/artifacts/{path}
GET /api/2.0/mlflow-artifacts/artifacts/0/{path}
HEAD /api/2.0/mlflow-artifacts/artifacts/0/{path}
DELETE /api/2.0/mlflow-artifacts/artifacts/0/{path}
GET /api/2.0/mlflow-artifacts/artifacts path
POST /api/2.0/mlflow-artifacts/mpu/create/{path} path num_parts
POST /api/2.0/mlflow-artifacts/mpu/complete/{path} path upload_id parts
POST /api/2.0/mlflow-artifacts/mpu/abort/{path} path upload_id
PUT /api/2.0/mlflow-artifacts/mpu/part/{path}/1 expires signature
GET /api/2.0/mlflow-artifacts/presigned/{path}
GET /ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files artifact_file_path
GET /get-artifact run_id path
GET /model-versions/get-artifact name version path
GET /api/3.0/mlflow/server-info
GET /api/2.0/mlflow/nowhere
POST /api/3.0/mlflow/traces/search filter
GET /api/2.0/mlflow/webhooks max_results
POST /graphql query
`;

const linesOf = (text: string) => text.trim().split('\n');
const REFUSED = /\/(?:presigned|traces|webhooks|graphql)(?:[/?]|$)/;

/** Each under both prefixes. */
export function mlflowOperations(): Operation[] {
  const below = linesOf(ROUTES).map((line) => line.replace(' ', ' /api/2.0/mlflow/'));
  const twins = [...below, ...linesOf(OTHERS)].flatMap((line) => {
    const ajax = line.replace(' /api/', ' /ajax-api/');
    return ajax === line ? [line] : [line, ajax];
  });
  return twins.map((line) => {
    const [method = '', path = '', ...fields] = line.split(' ');
    return { id: `mlflow ${fields.join(' ')}`, method, path, mlflow: true, refuses: REFUSED.test(path) };
  });
}

/** The fields of an operation with their values, most of them there. */
function fieldsOf(dice: Dice, { id }: Pick<Operation, 'id'>, known: Known): [string, unknown][] {
  const names = id.split(' ').slice(1).filter(Boolean);
  return names
    .filter(() => dice.chance(0.8))
    .map((name) => {
      const value = name === 'filter' ? filterOf(dice) : FIELDS[name]!(dice, known);
      return [name.replace(/^lm_/, ''), value];
    });
}

function filterOf(dice: Dice): string {
  if (dice.odd(0.3)) return filter(dice);
  const key = dice.one([
    'name',
    'run_id',
    'metrics.loss',
    'tags.a',
    'params.`a b`',
    'attributes.status',
    'datasets.name',
  ]);
  const value = dice.one(["'churn'", '1', "'%a%'", "('a','b')", '"x"', 'NULL', '1e400', "''", "'\u0000'"]);
  const one = `${key} ${dice.one(['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN', '>', '<=', 'IS', '=='])} ${value}`;
  return Array(dice.one([1, 1, 2, 40]))
    .fill(one)
    .join(dice.one([' AND ', ' and ', ' OR ', ' ; ', ' ']));
}

/** A body, now and then with a field in both spellings, or in the other one. */
export function mlflowBody(dice: Dice, operation: Pick<Operation, 'id'>, known: Known): object {
  const fields = Object.fromEntries(fieldsOf(dice, operation, known));
  const [name, value] = dice.one([...Object.entries(fields), ['max_results', '9'.repeat(25)]]);
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (dice.odd(0.1)) return { ...fields, [camel]: value };
  if (dice.odd(0.1)) return { ...fields, [name]: undefined, [camel]: value };
  return fields;
}

/** A query: lists as repeated keys, now and then what is no list as well. */
export function mlflowQuery(dice: Dice, operation: Operation, known: Known): string {
  const pairs = fieldsOf(dice, operation, known).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : [value];
    return (dice.odd(0.05) ? [...values, ...values] : values).map((one) => [name, one] as const);
  });
  const told = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return pairs.map(([name, value]) => `${name}=${encoded(dice, told(value), 0.05)}`).join('&');
}
