import { randomBytes, randomInt } from 'node:crypto';
import { ask, Gone, sha256Of } from './client.ts';

const METRICS = 12;

/** One batch: everything of it is there, or nothing. */
export interface Batch {
  nonce: string;
  acknowledged: boolean;
}

/** A file of a run: the bytes that were acknowledged last, and those that may have taken their place since. */
export interface FileKnown {
  kept?: string;
  tried?: string;
}

export interface RunKnown {
  run_id: string;
  batches: Batch[];
  tag?: string;
  /** By path below `model/`. */
  files: Map<string, FileKnown>;
  /** What the files were when a version was made of them, acknowledged or not. */
  pinned?: Map<string, string>;
  /** The number of that version, where it is known. */
  number?: string;
}

/** What the MLflow API said yes to for one model, and what it was asked since. */
export interface Trained {
  runs: RunKnown[];
  registered: boolean;
  /** The version that the alias was last set to, and the one that it may have been set to since. */
  alias?: string;
  tried?: string;
}

export const mlflowOf = (server: string) => `${server}/api/2.0/mlflow`;
export const fileOf = (server: string, run_id: string, path: string) =>
  `${server}/api/2.0/mlflow-artifacts/artifacts/0/${run_id}/artifacts/model/${path}`;
export const metricOf = (i: number, k: number) => ({ key: `loss ${i}`, value: k / 8, timestamp: 1_000 + k, step: k });
export const METRICS_OF_A_BATCH = METRICS;

/** One client that trains: creates runs, logs, makes versions of their files and overwrites these, until the server is gone. */
export async function train(server: string, model: string, own: Trained, onYes: () => void): Promise<void> {
  /** The answer, which must be a yes. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
  async function done(method: string, url: string, body: unknown): Promise<any> {
    const { status, bytes } = await ask(url, method, body);
    if (status !== 200) throw new Error(`${method} ${url}: ${status} ${bytes}`);
    onYes();
    return bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined;
  }
  const post = (path: string, body: object) => done('POST', mlflowOf(server) + path, body);

  async function put(run: RunKnown, path: string): Promise<void> {
    const bytes = randomBytes(randomInt(60) === 0 ? 1_200_000 : randomInt(12_000));
    const file = run.files.get(path) ?? {};
    run.files.set(path, file);
    file.tried = sha256Of(bytes);
    await done('PUT', fileOf(server, run.run_id, path), bytes);
    file.kept = file.tried;
  }

  async function logBatch(run: RunKnown): Promise<void> {
    const [i, batch] = [run.batches.length, { nonce: randomBytes(4).toString('hex'), acknowledged: false }];
    run.batches.push(batch);
    await post('/runs/log-batch', {
      run_id: run.run_id,
      metrics: Array.from({ length: METRICS }, (_, k) => metricOf(i, k)),
      params: [{ key: `param ${i}`, value: batch.nonce }],
      tags: [{ key: `tag ${i}`, value: batch.nonce }],
    });
    batch.acknowledged = true;
  }

  async function runOnce(): Promise<void> {
    const tags = [model, 'twice'].map((value, i) => ({ key: i === 0 ? 'of' : 'also', value }));
    const { run_id } = (await post('/runs/create', { experiment_id: '0', run_name: `of ${model}`, tags })).run.info;
    const run: RunKnown = { run_id, batches: [], files: new Map() };
    own.runs.push(run);
    await logBatch(run);
    for (const path of ['MLmodel', 'data/weights.bin']) await put(run, path);
    const tag = randomBytes(4).toString('hex');
    await post('/runs/set-tag', { run_id, key: 'by itself', value: tag });
    run.tag = tag;
    run.pinned = new Map([...run.files].map(([path, { kept = '' }]) => [path, kept]));
    const source = `runs:/${run_id}/model`;
    const { version } = (await post('/model-versions/create', { name: model, source, run_id })).model_version;
    run.number = version;
    own.tried = version;
    await post('/registered-models/alias', { name: model, alias: 'best', version });
    own.alias = version;
    await put(run, 'data/weights.bin');
    await logBatch(run);
  }

  try {
    if (!own.registered) {
      await post('/registered-models/create', { name: model }).catch((error: Error) => {
        if (!/RESOURCE_ALREADY_EXISTS/.test(error.message)) throw error;
      });
      own.registered = true;
    }
    for (;;) await runOnce();
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
  }
}
