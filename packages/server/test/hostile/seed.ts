/** Models that hostile requests meet: each with three versions, of which one is sealed and live, one open and one aliased. */
export async function seed(server: string): Promise<void> {
  for (const name of ['churn', 'fraud', 'modèle 模']) {
    const model = `${server}/api/v1/models/${encodeURIComponent(name)}`;
    await ask(`${server}/api/v1/models`, 'POST', { name, tags: { team: 'growth' } });
    for (const number of [1, 2, 3]) {
      await ask(`${model}/versions`, 'POST', { metrics: { auc: 0.9 }, properties: { rows: number } });
      for (const path of ['model.bin', 'deep/data.json'])
        await ask(`${model}/versions/${number}/artifacts/${path}`, 'PUT', Buffer.from(`${path} of ${name} ${number}`));
    }
    for (const number of [1, 2]) {
      const metrics = [0, 1, 2].map((step) => ({ name: 'val/loss', value: step === 2 ? 'NaN' : 1 / number, step }));
      await ask(`${model}/versions/${number}/metrics`, 'POST', { metrics });
      const evaluated = { metrics: { accuracy: 0.9 / number }, n: 100 };
      for (const digest of ['d1', 'd2'])
        await ask(`${model}/versions/${number}/evaluations`, 'POST', { dataset: { name, digest }, ...evaluated });
    }
    await ask(`${model}/versions/1/seal`, 'POST');
    await ask(`${model}/versions/1/promotions`, 'POST', { to: 'production' });
    await ask(`${model}/aliases/champion`, 'PUT', { version: 2 });
  }
}

/** Runs and logged models, by their ids. */
export async function seedTraining(server: string): Promise<{ runs: string[]; loggedModels: string[] }> {
  const post = async (path: string, body: object) =>
    (await ask(`${server}/api/2.0/mlflow${path}`, 'POST', body)).json();
  const made = { runs: [] as string[], loggedModels: [] as string[] };
  for (const experiment_id of ['0', ((await post('/experiments/create', { name: 'fuzzed' })) as Made).experiment_id]) {
    const { run_id } = ((await post('/runs/create', { experiment_id })) as Made).run.info;
    const metrics = [1, 2, 3].map((step) => ({ key: 'loss', value: step, timestamp: step, step }));
    await post('/runs/log-batch', { run_id, metrics, params: [{ key: 'a', value: '1' }] });
    await ask(
      `${server}/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/m/a`,
      'PUT',
      Buffer.from('a'),
    );
    const logged = (await post('/logged-models', { experiment_id, name: 'm', source_run_id: run_id })) as Made;
    made.runs.push(run_id);
    made.loggedModels.push(logged.model.info.model_id);
  }
  return made;
}

interface Made {
  experiment_id: string;
  run: { info: { run_id: string } };
  model: { info: { model_id: string } };
}

async function ask(url: string, method: string, body?: object): Promise<Response> {
  const bytes = Buffer.isBuffer(body);
  const type = { 'content-type': bytes ? 'application/octet-stream' : 'application/json' };
  const sent = body && { headers: type, body: bytes ? new Uint8Array(body) : JSON.stringify(body) };
  const answer = await fetch(url, { method, ...sent });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}
