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
    await ask(`${model}/versions/1/seal`, 'POST');
    await ask(`${model}/versions/1/promotions`, 'POST', { to: 'production' });
    await ask(`${model}/aliases/champion`, 'PUT', { version: 2 });
  }
}

async function ask(url: string, method: string, body?: object): Promise<void> {
  const bytes = Buffer.isBuffer(body);
  const type = { 'content-type': bytes ? 'application/octet-stream' : 'application/json' };
  const sent = body && { headers: type, body: bytes ? new Uint8Array(body) : JSON.stringify(body) };
  const answer = await fetch(url, { method, ...sent });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
}
