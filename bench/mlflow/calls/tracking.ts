import type { Ground } from '../../calls/call.ts';
import { get, type MlflowCall, post } from './request.ts';

interface Run {
  run: { info: { run_id: string } };
}
interface History {
  metrics: { key: string; value: number; timestamp: number; step: number }[];
}

const START = Date.UTC(2026, 0, 1);
const runOf = ({ runs = [] }: Ground, i: number): string => runs[i % runs.length] as string;
/** A point of a metric; `of` keeps those of different calls apart. */
const point = (of: string, key: number, step: number) => ({
  key: `${of}/metric_${key}`,
  value: key + step / 1_000,
  timestamp: START + step,
  step,
});

/** The batch of request `i`: so many keys, each with the next steps of it, which no request before had. */
function batch(of: string, i: number, keys: number, steps: number) {
  return Array.from({ length: keys * steps }, (_, n) => point(of, n % keys, i * steps + Math.floor(n / keys)));
}

function inHistory(ground: Ground, i: number, expected: ReturnType<typeof point>) {
  return {
    path: get('/metrics/get-history', { run_id: runOf(ground, i), metric_key: expected.key }).path,
    document: expected,
    part: ({ metrics = [] }: History) => metrics.find(({ step }) => step === expected.step),
  };
}

const logBatch = (call: Pick<MlflowCall, 'name' | 'row' | 'atLeast'>, keys: number, steps: number): MlflowCall => ({
  ...call,
  request: (ground, i) =>
    post('/runs/log-batch', { run_id: runOf(ground, i), metrics: batch(call.name, i, keys, steps) }),
  readBack: (_answer: object, ground, i) =>
    inHistory(ground, i, batch(call.name, i, keys, steps).at(-1) as ReturnType<typeof point>),
});

export const TRACKING: readonly MlflowCall[] = [
  {
    name: 'create-run',
    row: 'create run',
    atLeast: 40,
    request: (_ground, i) =>
      post('/runs/create', {
        experiment_id: '0',
        user_id: 'ada',
        run_name: `nightly-${i}`,
        start_time: START + i,
        tags: [
          { key: 'mlflow.user', value: 'ada' },
          { key: 'mlflow.source.name', value: 'train.py' },
          { key: 'mlflow.source.type', value: 'LOCAL' },
        ],
      }),
    readBack: (document: Run) => ({
      path: get('/runs/get', { run_id: document.run.info.run_id }).path,
      document: document.run.info,
      part: ({ run }: Run) => run.info,
    }),
  },
  {
    name: 'log-metric',
    row: 'log metric',
    request: (ground, i) => post('/runs/log-metric', { run_id: runOf(ground, i), ...point('train', 0, i) }),
    readBack: (_answer: object, ground, i) => inHistory(ground, i, point('train', 0, i)),
  },
  logBatch({ name: 'log-batch-of-10', row: 'log-batch of 10 metrics', atLeast: 25 }, 10, 1),
  logBatch({ name: 'log-batch-of-500', row: 'log-batch of 500 metrics', atLeast: 25 }, 500, 1),
  logBatch({ name: 'log-batch-of-50-steps', row: 'log-batch of 50 steps of 10 metrics' }, 10, 50),
];
