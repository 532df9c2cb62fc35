import type { Writer } from '../../db/database.ts';
import { refuse } from '../refusals.ts';
import type { Entry } from './documents.ts';
import { toParam, toRunTag, writeParams, writeTags } from './entries.ts';
import { requireActiveRun } from './find.ts';
import { refuseValue } from './keys.ts';
import { assertPoint, type NewPoint, writePoints } from './points.ts';

export interface LogBatch {
  metrics: NewPoint[];
  params: Entry[];
  tags: Entry[];
}

const MOST_METRICS = 1_000;
const MOST_ENTRIES = 100;
const MOST_TOGETHER = 1_000;

/** Logs what a run measured and was told, all of it or nothing (`mlflow/store/tracking/sqlalchemy_store.py`, `log_batch`). */
export async function logBatch(tx: Writer, run_id: string, asked: LogBatch): Promise<void> {
  assertRunId(run_id);
  const { metrics, params, tags } = checked(asked);
  await requireActiveRun(tx, run_id);
  await writeParams(tx, run_id, params);
  await writePoints(tx, run_id, metrics);
  await writeTags(tx, run_id, tags);
}

/** The bounds are those of MLflow (`mlflow/utils/validation.py`, `_validate_batch_log_limits`). */
function checked({ metrics, params, tags }: LogBatch): LogBatch {
  assertBound('metrics', metrics.length, MOST_METRICS);
  assertBound('params', params.length, MOST_ENTRIES);
  assertBound('tags', tags.length, MOST_ENTRIES);
  assertBound('metrics, params, and tags', metrics.length + params.length + tags.length, MOST_TOGETHER);
  for (const [i, metric] of metrics.entries()) assertPoint(metric, (member) => `metrics[${i}].${member}`);
  const kept = {
    metrics,
    params: params.map((param, i) => toParam(param, (member) => `params[${i}].${member}`)),
    tags: tags.map((tag, i) => toRunTag(tag, (member) => `tags[${i}].${member}`)),
  };
  assertKeysUnique(params);
  return kept;
}

/** Of a batch and of inputs MLflow looks at the form of the run's id before it looks for the run. */
export function assertRunId(run_id: string): void {
  if (!/^[a-zA-Z0-9][\w-]{0,255}$/.test(run_id)) refuseValue('run_id', run_id, 'It is not the id of a run.');
}

function assertBound(what: string, length: number, most: number): void {
  if (length > most)
    refuse(
      'invalid',
      `A batch logging request can contain at most ${most} ${what}. Got ${length} ${what}. Please split up ${what} across multiple requests and try again.`,
      { errors: [{ path: '', message: `holds more than ${most} ${what}` }] },
    );
}

function assertKeysUnique(params: readonly Entry[]): void {
  const seen = new Set<string>();
  const twice = params.filter(({ key }) => seen.size === seen.add(key).size).map(({ key }) => key);
  if (twice.length > 0)
    refuse(
      'invalid',
      `Duplicate parameter keys have been submitted: ${JSON.stringify(twice).slice(0, 1_000)}. Please ensure the request contains only one param value per param key.`,
      { errors: [{ path: '/params', message: 'holds a key twice' }] },
    );
}
