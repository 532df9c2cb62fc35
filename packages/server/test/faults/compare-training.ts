import { expect } from 'vitest';
import { ask, getJson, sha256Of } from './client.ts';
import { fileOf, METRICS_OF_A_BATCH, metricOf, mlflowOf, type RunKnown, type Trained } from './training.ts';

/** The answer of the MLflow API, which must be a yes. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
async function asked(server: string, path: string, fields: object, method = 'GET'): Promise<any> {
  const query = method === 'GET' ? `?${new URLSearchParams(fields as Record<string, string>)}` : '';
  const { status, bytes } = await ask(mlflowOf(server) + path + query, method, method === 'GET' ? undefined : fields);
  expect(status, `${path} ${JSON.stringify(fields)}: ${bytes}`).toBe(200);
  return JSON.parse(bytes.toString());
}

/**
 * That a model's runs, files and versions are what was acknowledged of its newest runs (`newest` of them), and nothing
 * half-made besides: a batch whole or not at all, a file with the bytes of one upload, a version with every file that
 * its run had when it was made, whatever became of that run's files since.
 */
export async function compareTrained(server: string, model: string, own: Trained, newest: number): Promise<void> {
  const runs = own.runs.slice(-newest);
  for (const run of runs) {
    await compareRun(server, run);
    await compareFiles(server, run);
  }
  const filter = `tags.of = '${model}'`;
  const found = await asked(server, '/runs/search', { experiment_ids: ['0'], filter, max_results: 5 }, 'POST');
  for (const { data } of found.runs ?? [])
    expect(data.tags).toEqual(expect.arrayContaining([{ key: 'also', value: 'twice' }]));
  if (!own.registered) return;
  await compareVersions(server, model, own, newest);
  const { registered_model } = await asked(server, '/registered-models/get', { name: model });
  const [alias] = registered_model.aliases ?? [];
  expect([own.alias, own.tried]).toContain(alias?.version);
  if (alias) own.alias = alias.version; // the next round may try again before it is told of a yes
}

async function compareRun(server: string, { run_id, batches, tag }: RunKnown): Promise<void> {
  const { data } = (await asked(server, '/runs/get', { run_id })).run;
  const [params, tags] = [data.params ?? [], data.tags ?? []].map(
    (list: { key: string; value: string }[]) => new Map(list.map(({ key, value }) => [key, value])),
  );
  const latest = new Map((data.metrics ?? []).map((metric: { key: string }) => [metric.key, metric]));
  for (const [i, { nonce, acknowledged }] of batches.entries()) {
    const parts = [params?.get(`param ${i}`), tags?.get(`tag ${i}`)];
    const is = parts[0] !== undefined;
    if (acknowledged) expect(is, `batch ${i} of ${run_id}`).toBe(true);
    expect(parts).toEqual(is ? [nonce, nonce] : [undefined, undefined]);
    expect(latest.get(`loss ${i}`)).toEqual(is ? metricOf(i, METRICS_OF_A_BATCH - 1) : undefined);
    const history = await asked(server, '/metrics/get-history', { run_id, metric_key: `loss ${i}` });
    const points = Array.from({ length: METRICS_OF_A_BATCH }, (_, k) => metricOf(i, k));
    expect(history.metrics ?? []).toEqual(is ? points : []);
  }
  if (tag !== undefined) expect(tags?.get('by itself')).toBe(tag);
}

async function compareFiles(server: string, { run_id, files }: RunKnown): Promise<void> {
  for (const [path, { kept, tried }] of files) {
    const { status, bytes } = await ask(fileOf(server, run_id, path), 'GET');
    if (status === 404) expect(kept, `${path} of ${run_id} is gone`).toBeUndefined();
    else {
      expect(status, bytes.toString()).toBe(200);
      expect([kept, tried], `${path} of ${run_id}`).toContain(sha256Of(bytes));
    }
  }
}

async function compareVersions(server: string, model: string, own: Trained, newest: number): Promise<void> {
  const at = `/models/${encodeURIComponent(model)}/versions`;
  const acknowledged = own.runs.filter(({ number }) => number !== undefined);
  const { items } = await getJson(server, `${at}?page_size=${Math.min(newest, 100)}&sort=-number`);
  const [latest] = items;
  expect(latest?.number ?? 0).toBeGreaterThanOrEqual(acknowledged.length);
  const bySource = new Map(own.runs.map((run) => [`runs:/${run.run_id}/model`, run]));
  const seen = new Map<string, string>();
  for (const { number, state, digest, source, artifact_count } of items) {
    const run = bySource.get(source.uri);
    expect(run, `${model} ${number} of ${source.uri}`).toBeDefined();
    const { pinned = new Map(), number: told } = run as RunKnown;
    if (told !== undefined) expect(String(number)).toBe(told);
    expect(seen.has(source.uri)).toBe(false);
    seen.set(source.uri, String(number));
    expect({ state, artifact_count, digest }).toEqual({
      state: 'sealed',
      artifact_count: pinned.size,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    const place = { name: model, version: String(number) };
    expect((await asked(server, '/model-versions/get', place)).model_version.status).toBe('READY');
    const { artifact_uri } = await asked(server, '/model-versions/get-download-uri', place);
    const folder = artifact_uri.replace('mlflow-artifacts:/', `${server}/api/2.0/mlflow-artifacts/artifacts/`);
    for (const [path, sha256] of pinned) {
      const { status, bytes } = await ask(`${folder}/${path}`, 'GET');
      expect([status, sha256Of(bytes)], `${path} of ${model} ${number}`).toEqual([200, sha256]);
    }
  }
  for (const { run_id, number } of acknowledged.slice(-items.length))
    if (items.length < newest || Number(number) >= Number(items.at(-1).number))
      expect(seen.get(`runs:/${run_id}/model`), `${model} ${number}`).toBe(number);
}
