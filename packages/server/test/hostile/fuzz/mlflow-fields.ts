import type { Dice } from './dice.ts';
import type { Known } from './known.ts';
import { NAMES, PATHS, text } from './texts.ts';

const SOURCES = [
  ...['runs:/x/model', 'models:/churn/1', 'models:/churn@champion', 'mlflow-artifacts:/0/x', 'dummy-source'],
  ...['file:///etc/passwd', '/etc/passwd', 'http://169.254.169.254/', 's3://bucket/../x', 'models:/', '..%2f..%2fetc'],
];
const NUMBERS = [
  0,
  1,
  -1,
  5,
  1.5,
  1e308,
  -1e308,
  2 ** 53,
  9.3e18,
  1e19,
  '1',
  '-7',
  '99999999999999999999',
  'NaN',
  '-Infinity',
  '1e5',
];

type Maker = (dice: Dice, known: Known) => unknown;
const number: Maker = (dice) => (dice.sober ? dice.one([0, 1, 5, 1_000]) : dice.one(NUMBERS));
const words =
  (...good: string[]): Maker =>
  (dice) =>
    text(dice, good);
const name: Maker = (dice) => text(dice, NAMES, 0.1);
const run: Maker = (dice, { runs }) => text(dice, [...runs, '0'.repeat(32)], 0.1);
const model: Maker = (dice, { loggedModels }) => text(dice, [...loggedModels, `m-${'0'.repeat(32)}`], 0.1);
const key: Maker = (dice) => text(dice, ['a', 'loss', 'a/b', 'mlflow.runName', 'mlflow.prompt.is_prompt', 'a b']);
const value: Maker = (dice) => text(dice, ['1', 'true', 'long '.repeat(100)]);
const path: Maker = (dice) => text(dice, PATHS, 0.3);

function list(one: Maker): Maker {
  return (dice, known) => Array.from({ length: dice.one([0, 1, 1, 2, 5]) }, () => one(dice, known));
}

/** One of these, or something that is no object where objects are asked for. */
function object(members: Record<string, Maker>): Maker {
  return (dice, known) => {
    if (dice.odd(0.05)) return dice.one<unknown>([null, 1, 'x', [], [[]], {}]);
    const made = Object.entries(members).filter(() => !dice.odd(0.1));
    return Object.fromEntries(made.map(([member, make]) => [member, make(dice, known)]));
  };
}

const entries = list(object({ key, value }));
const point = { key, value: number, timestamp: number, step: number, model_id: model, dataset_name: name };

/** What stands in each field. */
export const FIELDS: Record<string, Maker> = {
  ...{ name, new_name: name, experiment_name: name, run_name: name, dataset_name: name },
  ...{ run_id: run, run_uuid: run, source_run_id: run, run_ids: list(run), model_id: model },
  ...{ key, value, metric_key: key, path, artifact_directory_path: path, artifact_file_path: path },
  ...{ tags: entries, params: entries, metrics: list(object(point)) },
  ...{ max_results: number, start_time: number, end_time: number, timestamp: number, step: number },
  ...{ start_step: number, end_step: number, num_parts: number, expires: number },
  ...{ signature: words('x'), upload_id: words('0'.repeat(32)), query: words('{ x }') },
  description: words('one'),
  alias: words('champion', 'best', 'latest', 'v1'),
  version: words('1', '2', '3', '01', '9'),
  stage: words('Staging', 'production', 'None', 'Archived'),
  stages: list(words('Staging', 'None')),
  archive_existing_versions: (dice) => dice.one([true, false, 'true', 1]),
  allow_deleted: words('true', 'false'),
  source: (dice) => text(dice, SOURCES, 0.2),
  artifact_location: (dice) => text(dice, SOURCES, 0.2),
  run_link: (dice) => text(dice, SOURCES, 0.2),
  user_id: words('ada'),
  model_type: words('llm'),
  dataset_digest: words('d1'),
  experiment_id: words('0', '1', '2', '99'),
  experiment_ids: list(words('0', '1', '2')),
  status: words('FINISHED', 'RUNNING', 'LOGGED_MODEL_READY', 'BOGUS', '3'),
  view_type: words('ACTIVE_ONLY', 'ALL', 'DELETED_ONLY', '2'),
  run_view_type: words('ACTIVE_ONLY', 'ALL', 'BOGUS'),
  order_by: list(
    words('name ASC', 'start_time DESC', 'metrics.loss', 'tags.`a b` ASC', 'x y z', 'attributes.end_time'),
  ),
  page_token: (dice, { tokens }) => text(dice, [...tokens, 'AA', 'eyJvZmZzZXQiOjF9'], 0.3),
  datasets: list(
    object({
      dataset: object({ name, digest: words('d1'), source_type: words('local'), source: path, profile: value }),
      tags: entries,
    }),
  ),
  models: list(object({ model_id: model, step: number })),
  model_json: words('{}', '{"artifact_path":"m","flavors":{},"run_id":"x","utc_time_created":"now"}', '[', '[]'),
  lm_order_by: list(object({ field_name: words('name', 'metrics.loss'), ascending: (dice) => dice.one([true, 'no']) })),
  lm_datasets: list(object({ dataset_name: name, dataset_digest: words('d1') })),
  parts: list(object({ part_number: number, etag: words('x') })),
};
